"""EXIF orientation: how stored pixels are turned upright."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FROM_LIBRAW = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
"""EXIF orientation of LibRaw's `flip` (bit 0 mirrors columns, bit 1 rows, bit 2 transposes)."""


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return stored pixels, shape (H, W, ...), as they are to be seen (EXIF 2.32, tag 274)."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    rows, columns = {
        2: (1, -1),
        3: (-1, -1),
        4: (-1, 1),
        6: (1, -1),
        7: (-1, -1),
        8: (-1, 1),
    }.get(orientation, (1, 1))
    return np.ascontiguousarray(pixels[::rows, ::columns])


def swaps_sides(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation >= 5
