"""Other programs' catalogs, read from a private copy, never written."""
