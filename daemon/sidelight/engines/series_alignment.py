"""Two photos laid over one another: how far the framing moved and how much the light changed.

Whole cells come from masked normalised cross-correlation (D. Padfield, "Masked object registration
in the Fourier domain", 2012), the rest from Lucas and Kanade's least squares with a free offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from sidelight.engines.series_member import Cells

Floats = NDArray[np.float64]

_LEAST_OVERLAP = 0.4
_LEAST_CELLS = 24
_PER_CELL = 0.02
_REFINEMENTS = 4
_CORRELATION = 0.7
_SPREAD_EV = 0.15


@dataclass(frozen=True, eq=False)
class Match:
    """What two photos have in common.

    Attributes:
        first, second: log2 camera RGB of the same places, shape (N, 3).
        change: Median of second - first for each channel, in EV.
        spread: How far single places deviate from that, in EV: 1.4826 times the median deviation.
        correlation: Of their tones, -1 to 1, whatever the change.
        overlap: Share of the first one's usable cells.
    """

    first: Cells
    second: Cells
    change: Floats
    spread: float
    correlation: float
    overlap: float

    @property
    def is_one_place(self) -> bool:
        """Whether both show the same, be it so plain that there is little to tell it by."""
        return self.correlation >= _CORRELATION or self.spread <= _SPREAD_EV


def align(first: Cells, second: Cells) -> Match | None:
    """Lay the second photo over the first; None where too little is in both.

    Args:
        first, second: `Member.cells` of one shape.
    """
    usable = np.asarray(~np.isnan(first).any(axis=-1))
    other = np.asarray(~np.isnan(second).any(axis=-1))
    if first.shape != second.shape or min(usable.sum(), other.sum()) < _LEAST_CELLS:
        return None
    a = np.where(usable, np.nan_to_num(first).mean(axis=-1), 0.0)
    b = np.where(other, np.nan_to_num(second).mean(axis=-1), 0.0)
    shift = _refined(a, usable, b, other, _whole_shift(a, usable, b, other))
    inside, sampled = _sample(shift, other, *np.moveaxis(np.nan_to_num(second), -1, 0))
    both = usable & inside
    if both.sum() < max(_LEAST_CELLS, _LEAST_OVERLAP * usable.sum()):
        return None
    mine, theirs = first[both], np.stack(sampled, axis=-1)[both]
    change = np.median(theirs - mine, axis=0)
    tones = mine.mean(axis=-1), theirs.mean(axis=-1)
    difference = tones[1] - tones[0]
    spread = 1.4826 * float(np.median(np.abs(difference - np.median(difference))))
    return Match(
        mine, theirs, change, spread, _correlation(*tones), float(both.sum() / usable.sum())
    )


def _whole_shift(
    a: Floats, usable: NDArray[np.bool_], b: Floats, other: NDArray[np.bool_]
) -> Floats:
    """Return (rows, columns) by which `a`'s places lie elsewhere in `b`."""
    rows, columns = a.shape
    size = (2 * rows, 2 * columns)
    one, two = usable.astype(np.float64), other.astype(np.float64)

    def along(x: Floats, y: Floats) -> Floats:
        spectrum = np.conj(np.fft.rfft2(x, size)) * np.fft.rfft2(y, size)
        return np.asarray(np.fft.irfft2(spectrum, size))

    n = np.maximum(along(one, two), 1e-9)
    mean_a, mean_b = along(a * one, two) / n, along(one, b * two) / n
    variance_a = along(a * a * one, two) / n - mean_a**2
    variance_b = along(one, b * b * two) / n - mean_b**2
    scale = np.sqrt(np.maximum(variance_a, 1e-4) * np.maximum(variance_b, 1e-4))
    score = (along(a * one, b * two) / n - mean_a * mean_b) / scale
    down = np.fft.fftfreq(size[0], 1.0 / size[0])[:, None]
    across = np.fft.fftfreq(size[1], 1.0 / size[1])[None, :]
    # Of shifts that fit as well the smaller is right: an even gradient fits anywhere.
    score = score - _PER_CELL * np.hypot(down, across)
    score[n < _LEAST_OVERLAP * usable.sum()] = -np.inf
    best = np.unravel_index(int(np.argmax(score)), score.shape)
    if not np.isfinite(score[best]):
        return np.zeros(2)
    return np.array([down[best[0], 0], across[0, best[1]]])


def _refined(
    a: Floats,
    usable: NDArray[np.bool_],
    b: Floats,
    other: NDArray[np.bool_],
    shift: Floats,
) -> Floats:
    filled = np.where(other, b, np.median(b[other]))
    down, across = np.gradient(filled)
    start = shift
    for _ in range(_REFINEMENTS):
        inside, (value, slope_down, slope_across) = _sample(shift, other, filled, down, across)
        both = usable & inside
        if both.sum() < _LEAST_CELLS:
            return start
        residual = (a - value)[both]
        residual = residual - np.median(residual)
        limit = 2.5 * 1.4826 * float(np.median(np.abs(residual))) + 1e-3
        weight = np.where(np.abs(residual) < limit, 1.0, limit / np.maximum(np.abs(residual), 1e-9))
        design = np.stack([slope_down[both], slope_across[both], np.ones(both.sum())], axis=-1)
        normal = (design * weight[:, None]).T @ design
        normal[[0, 1], [0, 1]] += _PER_CELL * both.sum() * 0.05
        step = np.linalg.solve(normal, (design * weight[:, None]).T @ residual)[:2]
        shift = shift + np.clip(step, -0.7, 0.7)
        if np.abs(shift - start).max() > 1.5:
            return start
    return shift


def _sample(
    shift: Floats, other: NDArray[np.bool_], *grids: Floats
) -> tuple[NDArray[np.bool_], list[Floats]]:
    """Return where the shifted places are usable, and each grid there."""
    rows, columns = other.shape
    where = np.mgrid[:rows, :columns] + shift[:, None, None]
    weight = map_coordinates(other.astype(np.float64), where, order=1, cval=0.0)
    values = [map_coordinates(grid, where, order=1, mode="nearest") for grid in grids]
    return weight > 0.999, values


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))
