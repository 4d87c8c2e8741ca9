"""The HDR twin as a duplicate of the photo: `IMG_1_01.CR3.xmp` beside `IMG_1.CR3.xmp`.

In the photo's own sidecar it would look almost black on screen and in every ordinary export.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sidelight.editors.base import Order, Outcome
from sidelight.editors.darktable.terms import HDR_NAME
from sidelight.editors.darktable.writing import sidecar_at, write_terms
from sidelight.editors.sidecar import editor_errors
from sidelight.errors import EditorError
from sidelight_xmp.darktable.stamp import version_name
from sidelight_xmp.sidecar import darktable_sidecar

MOST_DUPLICATES = 99


def duplicates(photo: Path) -> Iterator[tuple[int, Path, bool]]:
    """Yield each number a duplicate may have, with its sidecar and whether that is there.

    A number is left out where the sidecar would be that of another photo: `IMG_1_01.CR3.xmp` is
    the own sidecar of `IMG_1_01.CR3`, if there is one.
    """
    for number in range(1, MOST_DUPLICATES + 1):
        name = f"{photo.stem}_{number:02d}{photo.suffix}"
        if not os.path.lexists(photo.with_name(name)):
            path = photo.with_name(f"{name}.xmp")
            yield number, path, os.path.lexists(path)


def hdr_duplicate(photo: Path) -> Path:
    """Return the sidecar of the HDR twin: the one that is there, or that of the next free number.

    Raises:
        EditorError: Every number is taken, or the folder cannot be read.
    """
    free = None
    for number, path, exists in duplicates(photo):
        if exists and _is_hdr_twin(path):
            return path
        if not exists:
            free = free or number
    if free is None:
        raise EditorError(f"{photo.name} has no number left for a duplicate")
    with editor_errors():
        return darktable_sidecar(photo, free)


def write_duplicate(photo: Path, terms: Mapping[str, Any], order: Order) -> Outcome:
    """Write the HDR twin; a new duplicate takes over what the photo's own sidecar holds.

    Args:
        photo: The file.
        terms: The `hdr` of `Darktable.terms`.
        order: How to write.

    Raises:
        EditorError: The duplicate cannot be read or written; it is then as it was.
    """
    with editor_errors():
        own = darktable_sidecar(photo)
    return write_terms(hdr_duplicate(photo), terms, order, HDR_NAME, template=own)


def _is_hdr_twin(path: Path) -> bool:
    try:
        data = sidecar_at(path).read()
    except EditorError:
        return False  # a link, say: left alone, and its number is taken
    return data is not None and version_name(data) == HDR_NAME
