"""The photos that are in a place already when somebody begins to watch it."""

from __future__ import annotations

from pathlib import Path

from sidelight.catalogs.base import open_catalog
from sidelight.service.holders import is_here
from sidelight.state.roots import RootKind
from sidelight.workflows.photos import find_photos


def photos_there(path: Path, kind: RootKind) -> list[Path]:
    """Return the photos that are developed when somebody asks for what is there.

    Of a catalog, those that nobody edited yet and that are files of this computer.

    Raises:
        CatalogError: The catalog cannot be read.
    """
    if kind == "folder":
        return [photo.path for photo in find_photos([path]) if not photo.reason]
    photos = open_catalog(path).read()
    untouched = (photo.path for photo in photos if not (photo.edited or photo.virtual_copy))
    return [photo for photo in untouched if is_here(photo)]


def count_photos(path: Path, kind: RootKind) -> int:
    """Return how many photos a place holds, edited or not.

    Raises:
        CatalogError: The catalog cannot be read.
    """
    if kind == "folder":
        return len(photos_there(path, kind))
    return sum(1 for photo in open_catalog(path).read() if not photo.virtual_copy)
