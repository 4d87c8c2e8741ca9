"""From a sensor mosaic straight to a small linear picture: sums of whole blocks of the pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.clipping import SHARE, clipping_level
from sidelight.imaging.opcodes import GainMap

_BAND_ROWS = 128
_SAMPLED_BLOCKS = 16


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Sensor values of one frame.

    Attributes:
        values: uint16, shape (H, W).
        pattern: uint8, shape (p, p): color 0 red, 1 green, 2 blue of each position of the repeat.
        black: Black level, shape (p, p).
        white: Saturation claimed by the file.
    """

    values: NDArray[np.uint16]
    pattern: NDArray[np.uint8]
    black: NDArray[np.float64]
    white: float

    @property
    def period(self) -> int:
        """Rows and columns after which the pattern repeats."""
        return int(self.pattern.shape[0])

    def color_samples(self, color: int) -> NDArray[np.uint16]:
        """Return a sparse sample of one color's values, flat."""
        period = self.period
        step = period * max(1, min(_SAMPLED_BLOCKS, self.values.shape[0] // (period * 32)))
        found = [
            self.values[row::step, column::period].ravel()
            for row, column in np.argwhere(self.pattern == color)
        ]
        return np.concatenate(found)

    def color_black(self, color: int) -> float:
        """Return the mean black level of one color."""
        return float(self.black[self.pattern == color].mean())


def block_size(height: int, width: int, period: int, size_px: int) -> int:
    """Return how many repeats of the pattern, along a side, make one pixel of the proxy."""
    return max(1, -(-max(height, width) // (period * size_px)))


def clipping_levels(mosaic: Mosaic) -> tuple[float, float, float]:
    """Return the sensor value from which red, green and blue count as clipped."""
    red, green, blue = (
        clipping_level(mosaic.color_samples(color), mosaic.color_black(color), mosaic.white)
        for color in range(3)
    )
    return red, green, blue


def bin_mosaic(
    mosaic: Mosaic, blocks: int, levels: tuple[float, float, float], maps: list[GainMap]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    """Average a mosaic over squares of `blocks` repeats.

    Args:
        mosaic: The frame.
        blocks: Repeats of the pattern per proxy pixel, along a side.
        levels: Clipping level of each color.
        maps: Gain maps of the file.

    Returns:
        Camera RGB (h, w, 3) float32 with 0 at black and 1 at the white level before gain maps;
        clipped (h, w, 3); gain of the maps (h, w) for green, or of shape (1, 1) without maps.
    """
    sums, counts = _sum_blocks(mosaic, blocks, levels)
    height, width = sums.shape[2:]
    rgb = np.zeros((height, width, 3), np.float32)
    clipped = np.zeros((height, width, 3), np.bool_)
    green_gain: NDArray[np.float32] = np.ones((1, 1), np.float32)
    span_at = mosaic.white - mosaic.black
    side = mosaic.period * blocks
    rows, columns = (
        np.asarray((np.arange(n) + 0.5) * side, dtype=np.float64) for n in (height, width)
    )
    for color in range(3):
        places = np.argwhere(mosaic.pattern == color)
        total = np.zeros((height, width), np.float32)
        hits = np.zeros((height, width), np.uint32)
        gain: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        for row, column in places:
            share = np.float32(1.0 / (span_at[row, column] * blocks * blocks * len(places)))
            offset = np.float32(mosaic.black[row, column] * blocks * blocks)
            total += (sums[row, column].astype(np.float32) - offset) * share
            hits += counts[row, column]
            gain = gain + _gain(mosaic, maps, row, column, rows, columns)
        gain = gain / np.float32(len(places))
        total = _centred(total, places, side, mosaic.period)
        rgb[..., color] = total if gain.size == 1 else total * gain
        clipped[..., color] = hits >= SHARE * blocks * blocks * len(places)
        if color == 1:
            green_gain = gain
    return rgb, clipped, green_gain


def interpolate_mosaic(
    mosaic: Mosaic, levels: tuple[float, float, float], maps: list[GainMap]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    """Interpolate a small Bayer mosaic bilinearly at its full size.

    Binning would halve a frame that is no larger than the proxy. Arguments and results are those
    of `bin_mosaic`.
    """
    height, width = (length // 2 * 2 for length in mosaic.values.shape)
    values = mosaic.values[:height, :width]
    signal = np.zeros((height, width), np.float32)
    gains = np.ones((height, width) if maps else (1, 1), np.float32)
    for row, column in np.ndindex(2, 2):
        place = (slice(row, None, 2), slice(column, None, 2))
        span = np.float32(mosaic.white - mosaic.black[row, column])
        signal[place] = (values[place] - np.float32(mosaic.black[row, column])) / span
        if maps:
            rows, columns = (np.arange(s, n, 2) + 0.5 for s, n in ((row, height), (column, width)))
            gains[place] = _gain(mosaic, maps, row, column, rows, columns)
    signal *= gains
    rgb = np.empty((height, width, 3), np.float32)
    clipped = np.empty((height, width, 3), np.bool_)
    pattern = np.tile(mosaic.pattern, (height // 2, width // 2))
    for color in range(3):
        own = pattern == color
        weight = _spread(own.astype(np.float32))
        rgb[..., color] = np.where(own, signal, _spread(signal * own) / weight)
        hits = (own & (values >= levels[color])).astype(np.float32)
        clipped[..., color] = np.where(own, hits, _spread(hits) / weight) >= SHARE
    return rgb, clipped, gains


def _spread(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a plane convolved with the 3 x 3 kernel of bilinear interpolation, zero outside."""
    padded = np.pad(plane, 1)
    down = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return np.asarray(down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:], dtype=np.float32)


def _centred(
    plane: NDArray[np.float32], places: NDArray[np.intp], side: int, period: int
) -> NDArray[np.float32]:
    """Return a color's means moved from the centre of its samples to the centre of the block.

    Red and blue samples sit half a pixel off the centre of a Bayer block; left there, edges get
    colored fringes. Linear interpolation between neighbouring blocks.
    """
    for axis in (0, 1):
        offset = ((period - 1) / 2.0 - float(places[:, axis].mean())) / side
        if offset == 0.0 or plane.shape[axis] < 2:
            continue
        share = np.float32(abs(offset))
        head = (slice(None, -1), slice(None))[:: 1 if axis == 0 else -1]
        tail = (slice(1, None), slice(None))[:: 1 if axis == 0 else -1]
        moved = plane.copy()
        if offset > 0:
            moved[head] += share * (plane[tail] - plane[head])
        else:
            moved[tail] += share * (plane[head] - plane[tail])
        plane = moved
    return plane


def _sum_blocks(
    mosaic: Mosaic, blocks: int, levels: tuple[float, float, float]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return sums and counts of clipped samples, both (p, p, h, w)."""
    period = mosaic.period
    side = period * blocks
    height, width = (length // side for length in mosaic.values.shape)
    sums = np.zeros((period, period, height, width), np.uint32)
    counts = np.zeros((period, period, height, width), np.uint32)
    at_least = np.ceil(np.asarray(levels))[mosaic.pattern].clip(0, 65535).astype(np.uint16)
    threshold = np.tile(at_least, (1, blocks * width))
    for first in range(0, height, _BAND_ROWS):
        last = min(first + _BAND_ROWS, height)
        band = mosaic.values[first * side : last * side, : width * side]
        for row in range(period):
            added = np.zeros((last - first, width * side), np.uint32)
            above = np.zeros((last - first, width * side), np.uint16)
            for block in range(blocks):
                line = band[row + block * period :: side]
                added += line
                above += line >= threshold[row]
            any_above = above.any()
            for column in range(period):
                for block in range(blocks):
                    start = column + block * period
                    sums[row, column, first:last] += added[:, start::side]
                    if any_above:
                        counts[row, column, first:last] += above[:, start::side]
    return sums, counts


def _gain(
    mosaic: Mosaic,
    maps: list[GainMap],
    row: int,
    column: int,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the maps' gain of one pattern position at pixel rows x columns, (1, 1) without."""
    gain: NDArray[np.float32] = np.ones((1, 1), np.float32)
    for gain_map in maps:
        if gain_map.covers(row, column):
            height, width = mosaic.values.shape
            gain = np.multiply(gain, gain_map.at(rows, columns, height, width))
    return gain
