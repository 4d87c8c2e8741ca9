"""Adobe's develop settings (`crs:`): settings, curves, creative profiles, RGB tables."""
