"""Params of darktable 5.x read as those of 4.2.1, where nothing is lost by that.

5.x upgrades the operations of an older history when it reads it and writes the new versions back.
They are the old struct followed by new fields, which say nothing new right after the upgrade
(seen in sidecars of 5.4.1).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from sidelight_xmp.darktable.operations import OPERATIONS

_LATE_D65: Final = struct.pack("<i", 4)
"""White balance that is corrected again behind the input profile: another picture."""

_NEWER: Final[dict[tuple[str, int], tuple[int, Callable[[bytes], bool]]]] = {
    # Bytes added, and whether they leave the picture as the fields before them say.
    ("temperature", 4): (4, lambda preset: preset != _LATE_D65),
    ("exposure", 7): (4, lambda compensate_highlights: not any(compensate_highlights)),
    ("sigmoid", 3): (32, lambda primaries: not any(primaries)),
}


def as_known(operation: str, modversion: int, params: bytes) -> tuple[int, bytes]:
    """Return version and params in the layout of `OPERATIONS`; what has none, as it is."""
    known = OPERATIONS.get(operation)
    if known is None or (operation, modversion) not in _NEWER:
        return modversion, params
    added, is_neutral = _NEWER[operation, modversion]
    old, new = params[: known.size], params[known.size :]
    if len(new) != added or not is_neutral(new):
        return modversion, params
    return known.modversion, old
