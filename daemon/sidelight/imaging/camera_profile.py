"""What a DNG carries of a camera profile (DNG specification 1.6, "Camera profiles").

Only what is valid is kept: files come from anywhere, so counts are limited and numbers bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import D50_WHITE
from sidelight.imaging.tiff import Ifd

MAXIMUM_ENTRIES = 1 << 17
"""Entries of a table; Adobe's own largest have 36 x 8 x 16."""

MAXIMUM_CURVE_POINTS = 1 << 14
MAXIMUM_SCALE = 64.0
"""Largest factor of saturation or value in a table."""

_HUE_SAT_DIMS, _HUE_SAT_DATA, _HUE_SAT_ENCODING = 50937, (50938, 50939), 51107
_LOOK_DIMS, _LOOK_DATA, _LOOK_ENCODING = 50981, 50982, 51108
_TONE_CURVE = 50940
_FORWARD_MATRICES = (50964, 50965)
_SRGB_ENCODING = 1
_WHITE_TOLERANCE = 0.05


@dataclass(frozen=True, eq=False)
class HueSatMap:
    """A table of changes over hue, saturation and value of linear ProPhoto RGB.

    Attributes:
        entries: float64, shape (V, H, S, 3): hue shift in degrees, factor of saturation, factor
            of value; hue goes round, saturation and value end at 0 and 1.
        encoded: Whether value is sRGB-encoded for the table; false where V is 1.
    """

    entries: NDArray[np.float64]
    encoded: bool = False


@dataclass(frozen=True, eq=False)
class CameraProfile:
    """The parts of a camera profile in a DNG.

    Attributes:
        kelvins: Temperatures of the calibration lights of maps and matrices that come in pairs.
        hue_sat_maps: ProfileHueSatMapData: none, one, or one for each light.
        forward_matrices: ForwardMatrix, balanced camera RGB to XYZ (D50), (3, 3): none, one, or
            one for each light.
        look_table: ProfileLookTableData.
        tone_curve: ProfileToneCurve, shape (N, 2), rising from (0, 0) to (1, 1).
    """

    kelvins: tuple[float, ...] = ()
    hue_sat_maps: tuple[HueSatMap, ...] = ()
    forward_matrices: tuple[NDArray[np.float64], ...] = ()
    look_table: HueSatMap | None = None
    tone_curve: NDArray[np.float64] | None = None


def read_camera_profile(ifd: Ifd, kelvins: Sequence[float]) -> CameraProfile | None:
    """Return the profile in a DNG's main directory, None where it has no part of one.

    Args:
        ifd: The directory.
        kelvins: Temperatures of its two calibration lights; empty where they are not two.
    """
    maps = tuple(
        table
        for tag in _HUE_SAT_DATA
        if (table := _table(ifd, _HUE_SAT_DIMS, tag, _HUE_SAT_ENCODING)) is not None
    )
    matrices = tuple(
        matrix for tag in _FORWARD_MATRICES if (matrix := _forward_matrix(ifd, tag)) is not None
    )
    if len(kelvins) != 2:
        # Without lights to choose by, the first stands for both.
        kelvins, maps, matrices = (), maps[:1], matrices[:1]
    look = _table(ifd, _LOOK_DIMS, _LOOK_DATA, _LOOK_ENCODING)
    curve = _tone_curve(ifd)
    if not maps and not matrices and look is None and curve is None:
        return None
    return CameraProfile(tuple(kelvins), maps, matrices, look, curve)


def _table(ifd: Ifd, dims_tag: int, data_tag: int, encoding_tag: int) -> HueSatMap | None:
    dims = ifd.numbers(dims_tag)
    values = ifd.numbers(data_tag)
    if len(dims) not in (2, 3) or not all(float(side).is_integer() for side in dims):
        return None
    hues, saturations, *rest = map(int, dims)
    levels = rest[0] if rest else 1
    if min(hues, levels) < 1 or saturations < 2:
        return None
    if len(values) > 3 * MAXIMUM_ENTRIES or len(values) != 3 * hues * saturations * levels:
        return None
    entries = np.asarray(values, dtype=np.float64).reshape(levels, hues, saturations, 3)
    shift, scales = entries[..., 0], entries[..., 1:]
    if not (np.isfinite(entries).all() and np.abs(shift).max() <= 360.0):
        return None
    if scales.min() < 0.0 or scales.max() > MAXIMUM_SCALE:
        return None
    return HueSatMap(entries, levels > 1 and ifd.number(encoding_tag) == _SRGB_ENCODING)


def _forward_matrix(ifd: Ifd, tag: int) -> NDArray[np.float64] | None:
    values = ifd.numbers(tag)
    if len(values) != 9:
        return None
    matrix = np.asarray(values, dtype=np.float64).reshape(3, 3)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-6:
        return None
    white = matrix.sum(axis=1)
    if np.abs(white - D50_WHITE).max() > _WHITE_TOLERANCE:
        return None
    return matrix * (D50_WHITE / white)[:, None]


def _tone_curve(ifd: Ifd) -> NDArray[np.float64] | None:
    values = ifd.numbers(_TONE_CURVE)
    if len(values) < 4 or len(values) % 2 or len(values) > 2 * MAXIMUM_CURVE_POINTS:
        return None
    points = np.asarray(values, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(points).all() or (np.diff(points[:, 0]) <= 0).any():
        return None
    if points.min() < 0.0 or points.max() > 1.0 or (np.diff(points[:, 1]) < 0).any():
        return None
    return points if points[0, 0] == 0.0 and points[-1, 0] == 1.0 else None
