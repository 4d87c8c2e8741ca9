"""ICC profiles made of a matrix and curves: code values to linear Rec.2020, nothing clipped.

Layout after ICC.1:2010 (profile version 2 and 4), sections 7 and 10.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import D50_WHITE, D65_WHITE, XYZ_TO_REC2020, adaptation

_CURVE_STEPS = 4096


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """An RGB profile.

    Attributes:
        curves: float32, shape (3, 4096): linear light at equal steps of code value 0..1.
        to_working: (3, 3) from its linear RGB to linear Rec.2020.
    """

    curves: NDArray[np.float32]
    to_working: NDArray[np.float64]

    def decode(self, code: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return linear light, in the profile's primaries, of code values (..., 3) in 0..1."""
        axis = np.linspace(0.0, 1.0, self.curves.shape[1])
        channels = [np.interp(code[..., i], axis, self.curves[i]) for i in range(3)]
        return np.stack(channels, axis=-1).astype(np.float32)


def read_matrix_profile(data: bytes) -> MatrixProfile | None:
    """Return an RGB matrix profile, or None for any other kind or a broken one."""
    try:
        if len(data) < 132 or data[16:20] != b"RGB " or data[36:40] != b"acsp":
            return None
        (count,) = struct.unpack_from(">I", data, 128)
        tags = {}
        for index in range(min(count, 100)):
            name, offset, size = struct.unpack_from(">4sII", data, 132 + 12 * index)
            tags[name] = data[offset : offset + size]
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
    except (KeyError, struct.error, ValueError):
        return None
    matrix = np.stack(columns, axis=1)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-6:
        return None
    to_working = XYZ_TO_REC2020 @ adaptation(D50_WHITE, D65_WHITE) @ matrix
    return MatrixProfile(np.stack(curves).astype(np.float32), to_working)


def _xyz(tag: bytes) -> NDArray[np.float64]:
    return np.asarray(struct.unpack_from(">3i", tag, 8), dtype=np.float64) / 65536.0


def _curve(tag: bytes) -> NDArray[np.float64]:
    axis = np.linspace(0.0, 1.0, _CURVE_STEPS)
    if tag[:4] == b"para":
        return _parametric(tag, axis)
    if tag[:4] != b"curv":
        raise ValueError("unknown curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return axis
    values = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
    if count == 1:
        return np.asarray(axis ** (values[0] / 256.0), dtype=np.float64)
    return np.interp(axis, np.linspace(0.0, 1.0, count), values / 65535.0)


def _parametric(tag: bytes, axis: NDArray[np.float64]) -> NDArray[np.float64]:
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}[kind]
    values = np.asarray(struct.unpack_from(f">{count}i", tag, 12)) / 65536.0
    g = values[0]
    if kind == 0:
        return np.asarray(axis**g, dtype=np.float64)
    a, b = values[1], values[2]
    power = np.maximum(a * axis + b, 0.0) ** g
    if kind in (1, 2):
        shift = values[3] if kind == 2 else 0.0
        return np.asarray(np.where(axis >= -b / a, power + shift, shift), dtype=np.float64)
    c, d = values[3], values[4]
    e, f = (values[5], values[6]) if kind == 4 else (0.0, 0.0)
    return np.asarray(np.where(axis >= d, power + e, c * axis + f), dtype=np.float64)
