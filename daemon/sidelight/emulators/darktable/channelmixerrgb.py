"""darktable's color calibration: a 3x3 matrix, and chromatic adaptation by CAT16.

CAT16 after Li et al., "Comprehensive color solutions: CAM16, CAT16, and CAM16-UCS" (2017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.emulators.arrays import at_least, like, namespace
from sidelight.emulators.base import Array
from sidelight.emulators.darktable.profile import WORKING_TO_XYZ_D50, XYZ_D50_TO_WORKING

XYZ_TO_CAT16 = np.array(
    [
        [0.401288, 0.650173, -0.051461],
        [-0.250268, 1.204414, 0.045854],
        [-0.002079, 0.048952, 0.953127],
    ]
)
_D50_CAT16 = np.array([0.994535, 1.000997, 0.833036])


def apply(rgb: Array, rows: ArrayLike) -> Array:
    """Return `rows` times each pixel: the operation without adaptation; shape (..., 3)."""
    return _mixed(rgb, WORKING_TO_XYZ_D50 @ np.asarray(rows, dtype=np.float64))


def adapt(rgb: Array, x: float, y: float, rows: ArrayLike | None = None) -> Array:
    """Return pixels adapted from an illuminant to the working white.

    Args:
        rgb: Linear Rec.2020, shape (..., 3).
        x, y: CIE 1931 chromaticity of the illuminant, in the profile's D50-adapted XYZ.
        rows: (3, 3) mix of CAT16's cone responses, applied after the adaptation.
    """
    illuminant = XYZ_TO_CAT16 @ np.array([x / y, 1.0, (1.0 - x - y) / y])
    gains: NDArray[np.float64] = np.diag(_D50_CAT16 / illuminant)
    mixed = gains if rows is None else np.asarray(rows, dtype=np.float64) @ gains
    to_cat16 = XYZ_TO_CAT16 @ WORKING_TO_XYZ_D50
    return _mixed(rgb, np.linalg.solve(XYZ_TO_CAT16, mixed @ to_cat16))


def _mixed(rgb: Array, to_xyz: NDArray[np.float64]) -> Array:
    """Return pixels by way of XYZ: what is negative there is no light, without luminance black."""
    xyz = at_least(rgb @ like(to_xyz.T, rgb), 0.0)
    back = xyz @ like(XYZ_D50_TO_WORKING.T, rgb)
    return namespace(rgb).where(xyz[..., 1:2] > 0.0, back, 0.0 * back)
