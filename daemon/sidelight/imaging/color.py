"""Colour spaces: linear RGB of four primaries, XYZ, Lab and ICtCp.

The working space is linear Rec.2020 with white D65. Functions take arrays of shape (..., 3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.transfer import pq_encode
from sidelight.recipe.white_balance import WORKING_TO_XYZ

Floats = NDArray[Any]
Matrix = NDArray[np.float64]

D65_WHITE: Matrix = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
"""XYZ of D65 from x .3127, y .3290."""

D50_WHITE: Matrix = np.array([0.96422, 1.0, 0.82521])
"""XYZ of the ICC profile connection space."""


def _float64(values: ArrayLike) -> Matrix:
    return np.asarray(values, dtype=np.float64)


def _inverse(matrix: Matrix) -> Matrix:
    return _float64(np.linalg.inv(matrix))


def primaries_to_xyz(primaries: ArrayLike, white: ArrayLike = D65_WHITE) -> Matrix:
    """Return the (3, 3) matrix from linear RGB to XYZ.

    Args:
        primaries: (3, 2) chromaticities x, y of red, green, blue.
        white: XYZ of R = G = B = 1.
    """
    xy = np.asarray(primaries, dtype=np.float64)
    columns = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy.sum(axis=1)) / xy[:, 1]])
    return _float64(columns * np.linalg.solve(columns, np.asarray(white, dtype=np.float64)))


def adaptation(source: ArrayLike, target: ArrayLike) -> Matrix:
    """Return the (3, 3) Bradford adaptation of XYZ from one white to another."""
    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    gains = (bradford @ np.asarray(target)) / (bradford @ np.asarray(source))
    return _float64(np.linalg.solve(bradford, gains[:, None] * bradford))


REC2020_TO_XYZ: Matrix = WORKING_TO_XYZ
SRGB_TO_XYZ: Matrix = primaries_to_xyz([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
P3_TO_XYZ: Matrix = primaries_to_xyz([[0.68, 0.32], [0.265, 0.69], [0.15, 0.06]])
PROPHOTO_TO_XYZ: Matrix = adaptation(D50_WHITE, D65_WHITE) @ np.array(
    [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0.0, 0.0, 0.82521]]
)
"""Linear ProPhoto (white D50) to XYZ adapted to D65."""

XYZ_TO_REC2020: Matrix = _inverse(REC2020_TO_XYZ)
XYZ_TO_SRGB: Matrix = _inverse(SRGB_TO_XYZ)
REC2020_TO_SRGB: Matrix = XYZ_TO_SRGB @ REC2020_TO_XYZ
SRGB_TO_REC2020: Matrix = XYZ_TO_REC2020 @ SRGB_TO_XYZ
REC2020_TO_PROPHOTO: Matrix = _inverse(PROPHOTO_TO_XYZ) @ REC2020_TO_XYZ
PROPHOTO_TO_REC2020: Matrix = _inverse(REC2020_TO_PROPHOTO)

LUMINANCE: Matrix = REC2020_TO_XYZ[1]
"""(3,) weights of luminance in working RGB."""

_REC2020_TO_LMS: Matrix = (
    np.array([[1688.0, 2146.0, 262.0], [683.0, 2951.0, 462.0], [99.0, 309.0, 3688.0]]) / 4096.0
)
_LMS_TO_ICTCP: Matrix = (
    np.array([[2048.0, 2048.0, 0.0], [6610.0, -13613.0, 7003.0], [17933.0, -17390.0, -543.0]])
    / 4096.0
)


def apply_matrix(values: ArrayLike, matrix: Matrix) -> Floats:
    """Return each (..., 3) vector times a (3, 3) matrix, float32 staying float32."""
    array = np.asarray(values)
    kind = np.float32 if array.dtype == np.float32 else np.float64
    return array.astype(kind, copy=False) @ matrix.T.astype(kind)


def luminance(rgb: ArrayLike) -> Floats:
    """Return relative luminance Y of working RGB, shape (...)."""
    array = np.asarray(rgb)
    kind = np.float32 if array.dtype == np.float32 else np.float64
    return array.astype(kind, copy=False) @ LUMINANCE.astype(kind)


def xyz_to_lab(xyz: ArrayLike, white: ArrayLike = D65_WHITE) -> Floats:
    """Return CIE 1976 L*a*b* of XYZ with Y = 1 at white."""
    ratio = np.asarray(xyz) / np.asarray(white)
    delta = 6.0 / 29.0
    linear = ratio / (3 * delta**2) + 4.0 / 29.0
    f = np.where(ratio > delta**3, np.cbrt(np.maximum(ratio, 0.0)), linear)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def lab_to_xyz(lab: ArrayLike, white: ArrayLike = D65_WHITE) -> Floats:
    """Return XYZ, Y = 1 at white, of CIE 1976 L*a*b*."""
    values = np.asarray(lab, dtype=np.float64)
    y = (values[..., 0] + 16.0) / 116.0
    f = np.stack([y + values[..., 1] / 500.0, y, y - values[..., 2] / 200.0], axis=-1)
    delta = 6.0 / 29.0
    return np.where(f > delta, f**3, 3 * delta**2 * (f - 4.0 / 29.0)) * np.asarray(white)


def rgb_to_lab(rgb: ArrayLike) -> Floats:
    """Return L*a*b* (white D65) of display-linear working RGB, L* 100 at 1.0."""
    return xyz_to_lab(apply_matrix(rgb, REC2020_TO_XYZ))


def lab_to_rgb(lab: ArrayLike) -> Floats:
    """Return display-linear working RGB of L*a*b* (white D65)."""
    return apply_matrix(lab_to_xyz(lab), XYZ_TO_REC2020)


def rgb_to_ictcp(rgb: ArrayLike) -> Floats:
    """Return ICtCp (ITU-R BT.2100, PQ) of working RGB with 1.0 = 203 nits."""
    lms = np.maximum(apply_matrix(np.asarray(rgb, dtype=np.float64), _REC2020_TO_LMS), 0.0)
    return apply_matrix(pq_encode(lms), _LMS_TO_ICTCP)
