"""Other programs' catalogs, read from a private copy, never written."""

from __future__ import annotations

from sidelight.catalogs.base import (
    CATALOGS,
    Catalog,
    CatalogPhoto,
    OpenCatalog,
    catalog_kind,
    open_catalog,
)

__all__ = ["CATALOGS", "Catalog", "CatalogPhoto", "OpenCatalog", "catalog_kind", "open_catalog"]
