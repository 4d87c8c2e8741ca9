"""DNG opcode lists: the gain maps darktable and Lightroom apply and LibRaw does not.

Layout after the DNG specification 1.4, chapter 7; opcode lists are big-endian in every file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GAIN_MAP = 9
_MAXIMUM_POINTS = 1 << 20


@dataclass(frozen=True, eq=False)
class GainMap:
    """Gains for a lattice of sensor positions.

    Attributes:
        area: top, left, bottom, right of the active area it acts on, in pixels.
        pitch: Row and column step; (2, 2) picks one colour of a Bayer pattern.
        origin, spacing: Lattice position and step, rows then columns, relative to the area 0..1.
        gains: float32, shape (rows, columns).
    """

    area: tuple[int, int, int, int]
    pitch: tuple[int, int]
    origin: tuple[float, float]
    spacing: tuple[float, float]
    gains: NDArray[np.float32]

    def covers(self, row: int, column: int) -> bool:
        """Whether it acts on the sensor position in the first repeat of the pattern."""
        top, left, _, _ = self.area
        return (row - top) % self.pitch[0] == 0 and (column - left) % self.pitch[1] == 0

    def at(
        self, rows: NDArray[np.float64], columns: NDArray[np.float64], height: int, width: int
    ) -> NDArray[np.float32]:
        """Return gains, shape (len(rows), len(columns)), at pixel positions of an image.

        Gains are bilinear inside the lattice and constant beyond its edge.
        """
        down = _weights(rows / height, self.origin[0], self.spacing[0], self.gains.shape[0])
        across = _weights(columns / width, self.origin[1], self.spacing[1], self.gains.shape[1])
        return np.asarray(down @ self.gains @ across.T, dtype=np.float32)


def _weights(
    position: NDArray[np.float64], origin: float, spacing: float, count: int
) -> NDArray[np.float32]:
    """Return (len(position), count) interpolation weights."""
    at = np.clip((position - origin) / spacing if spacing > 0 else 0 * position, 0, count - 1)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(count))).astype(np.float32)


def read_gain_maps(opcodes: bytes) -> list[GainMap]:
    """Return the gain maps of an opcode list; other opcodes and broken ones are passed over."""
    if len(opcodes) < 4:
        return []
    maps: list[GainMap] = []
    at = 4
    for _ in range(min(struct.unpack_from(">I", opcodes)[0], 256)):
        if at + 16 > len(opcodes):
            break
        kind, _, _, length = struct.unpack_from(">4I", opcodes, at)
        body = opcodes[at + 16 : at + 16 + length]
        at += 16 + length
        if kind == _GAIN_MAP and len(body) >= 76:
            found = _read_gain_map(body)
            if found is not None:
                maps.append(found)
    return maps


def _read_gain_map(body: bytes) -> GainMap | None:
    top, left, bottom, right, _, _, step, step_across, rows, columns = struct.unpack_from(
        ">10I", body
    )
    spacing_v, spacing_h, origin_v, origin_h, planes = struct.unpack_from(">4dI", body, 40)
    count = rows * columns * planes
    if not (0 < count <= _MAXIMUM_POINTS and step and step_across and 76 + 4 * count <= len(body)):
        return None
    table = np.frombuffer(body, ">f4", count, 76).reshape(rows, columns, planes)[..., 0]
    gains = table.astype(np.float32)
    if not (np.isfinite(gains).all() and (gains > 0).all() and (gains < 64).all()):
        return None
    return GainMap(
        (top, left, bottom, right),
        (step, step_across),
        (origin_v, origin_h),
        (spacing_v, spacing_h),
        gains,
    )
