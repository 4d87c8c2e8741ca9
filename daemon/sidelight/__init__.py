"""Sidelight: HDR-aware edits for RAW photos, as sidecars that real editors honour."""

__version__ = "0.1.0"
