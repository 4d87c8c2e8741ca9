"""What every editor's catalog can be asked, and which catalogs there are.

`CATALOGS` is the list; adding one is a module, a line here and a name in `catalog_kind`.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from sidelight.errors import CatalogError

CATALOGS: dict[str, str] = {
    "lightroom": "sidelight.catalogs.lightroom:LightroomCatalog",
    "darktable": "sidelight.catalogs.darktable:DarktableCatalog",
}

LIGHTROOM_SUFFIX = ".lrcat"
DARKTABLE_NAME = "library.db"


@dataclass(frozen=True, slots=True)
class CatalogPhoto:
    """One photo as a catalog has it; a virtual copy or duplicate is a photo of its own.

    Attributes:
        path: The file, as the catalog spells it; it may be one of another computer.
        id: The catalog's own name for the photo, the one its scripting interface uses.
        edited: Whether its develop settings are somebody's work.
        edited_at: UTC time in ISO 8601 of the last change, as far as the catalog says; or empty.
        virtual_copy: Whether another photo of the catalog has the same file and came first.
        digest: Changes whenever the develop settings do; empty where there is no edit.
        companions: Files that the catalog treats as part of this photo, such as a camera's JPEG.
        row: Where the catalog keeps the photo.
    """

    path: Path
    id: str
    edited: bool = False
    edited_at: str = ""
    virtual_copy: bool = False
    digest: str = ""
    companions: tuple[Path, ...] = ()
    row: int = 0


class OpenCatalog(Protocol):
    """A private copy that is being read. All methods raise CatalogError."""

    def photos(self) -> Iterator[CatalogPhoto]:
        """Yield every photo, in no order; rows that name no file are left out."""
        ...

    def settings(self, photo: CatalogPhoto) -> dict[str, Any]:
        """Return the develop settings of one photo, empty where they cannot be told.

        They are in the catalog's own terms, plain JSON values: `crs` settings by name (Lightroom)
        or `{"operations": […]}` (darktable).
        """
        ...


class Catalog(Protocol):
    """One catalog file.

    Attributes:
        name: Its kind, which is also the editor's name.
        path: The file.
    """

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> Path: ...

    def open(
        self, folder: Path | None = None, *, stop: Callable[[], bool] = ...
    ) -> AbstractContextManager[OpenCatalog]:
        """Copy the catalog privately and read the copy, which ends with the block.

        Args:
            folder: Where copies go; a private one in the cache folder when None.
            stop: Asked again and again; True ends the reading with a CatalogError.

        Raises:
            CatalogError: It cannot be copied, or is no such catalog.
        """
        ...

    def read(self) -> list[CatalogPhoto]:
        """Return all photos.

        Raises:
            CatalogError: It cannot be read.
        """
        ...


def open_catalog(path: Path, kind: str | None = None) -> Catalog:
    """Return the catalog at a path, which is not touched yet.

    Args:
        path: The file.
        kind: One of `CATALOGS`; told from the name when None.

    Raises:
        CatalogError: The name is not that of a catalog.
    """
    name = kind or _kind_by_name(path)
    if name not in CATALOGS:
        raise CatalogError(f"{path.name} is neither a Lightroom catalog nor darktable's library.db")
    module, _, attribute = CATALOGS[name].partition(":")
    return cast("Catalog", getattr(import_module(module), attribute)(path))


def catalog_kind(path: Path) -> str | None:
    """Return which kind of catalog a file is, None for anything else.

    A Lightroom catalog is told by its ending. `library.db` is a name that others use as well, so
    such a file is looked into, by way of a private copy.
    """
    name = _kind_by_name(path)
    if name is None:
        return None
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        if name == "darktable":
            with open_catalog(path).open():
                return name
    except (OSError, ValueError, CatalogError):
        return None
    return name


def _kind_by_name(path: Path) -> str | None:
    if path.suffix.lower() == LIGHTROOM_SUFFIX:
        return "lightroom"
    return "darktable" if path.name.lower() == DARKTABLE_NAME else None
