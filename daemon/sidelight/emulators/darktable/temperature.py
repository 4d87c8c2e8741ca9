"""darktable's white balance: multipliers on camera RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sidelight.emulators.arrays import like
from sidelight.emulators.base import Array
from sidelight.recipe import WhiteBalance


def apply(rgb: Array, white_balance: WhiteBalance, multipliers: ArrayLike) -> Array:
    """Return working RGB as other multipliers would have made it.

    Args:
        rgb: Linear Rec.2020 at as-shot white balance, shape (..., 3).
        white_balance: The photo's.
        multipliers: (3,) camera multipliers, green = 1.
    """
    gains = np.asarray(multipliers, dtype=np.float64) / white_balance.multipliers()
    to_camera = np.asarray(white_balance.camera_from_working, dtype=np.float64)
    matrix = np.linalg.solve(to_camera, gains[:, None] * to_camera)
    return rgb @ like(matrix.T, rgb)
