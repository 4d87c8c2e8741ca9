"""Which names in a folder are photos to develop, judged without opening anything."""

from __future__ import annotations

import os.path
from collections.abc import Collection

from sidelight.imaging import RASTER_EXTENSIONS, RAW_EXTENSIONS
from sidelight.workflows.preview import SUFFIXES

BEGINNINGS = (".", "~")
ENDINGS = ("~", ".part", ".crdownload", ".tmp")
NAMES = frozenset(("@eadir", "__macosx", "thumbs.db", "desktop.ini"))
MIDDLE = ".sync-conflict-"
"""What marks names that synchronisers, file managers and downloads leave behind; lower case."""

_PHOTOS = RAW_EXTENSIONS | RASTER_EXTENSIONS


def is_ignored(name: str) -> bool:
    """Whether a file or folder is somebody's leftover rather than the photographer's."""
    name = name.lower()
    return name.startswith(BEGINNINGS) or name.endswith(ENDINGS) or name in NAMES or MIDDLE in name


def is_photo_name(name: str) -> bool:
    """Whether a file of this name may be a photo: a kind that we read and nobody's leftover."""
    return os.path.splitext(name)[1].lower() in _PHOTOS and not is_ignored(name)  # noqa: PTH122


def is_raster_name(name: str) -> bool:
    """Whether a file of this name holds a rendered picture, as a camera writes beside a raw."""
    return os.path.splitext(name)[1].lower() in RASTER_EXTENSIONS  # noqa: PTH122


def camera_copies(names: Collection[str]) -> set[str]:
    """Return the rendered files beside a raw file of the same name; the raw is developed."""
    stems = {name: os.path.splitext(name)[0] for name in names if is_raster_name(name)}  # noqa: PTH122
    if not stems:
        return set()
    raws = {
        stem
        for stem, extension in map(os.path.splitext, names)
        if extension.lower() in RAW_EXTENSIONS
    }
    return {name for name, stem in stems.items() if stem in raws}


def own_previews(names: Collection[str]) -> set[str]:
    """Return the JPEGs that `--preview` wrote: of such names, where all of a photo are there."""
    beside = names if isinstance(names, set | frozenset | dict) else frozenset(names)
    stems = {name[: -len(SUFFIXES[0])] for name in beside if name.endswith(SUFFIXES[0])}
    triples = [[stem + ending for ending in SUFFIXES] for stem in stems]
    return {name for triple in triples if all(each in beside for each in triple) for name in triple}
