"""The light of a series: measured between its photos, then parted into what is real and flicker.

Real light changes evenly, or at once and for good. What comes and goes from photo to photo is
flicker of lamps, or a shutter and an aperture that were not quite what they were said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.engines.series_alignment import align
from sidelight.engines.series_member import Member

Floats = NDArray[np.float64]

_REACH = (1, 2, 3, 8)
_PRIOR = 1e-3
_HALF = 3
_SIDE = 4
_LEAST_SLOPE = 4
_STEP_EV = np.array([0.2, 0.06, 0.06])
_CLEAR = 5.0


@dataclass(frozen=True, eq=False)
class Light:
    """The light of every photo of a series, in EV: green, red/green, blue/green; shape (N, 3).

    Attributes:
        recorded: What the raws hold of the same light, camera's exposure included; the first is 0.
        real: How the light itself changed, flicker and errors of exposure left out. Where a
            photo does not say how it was exposed, its brightness counts as constant.
    """

    recorded: Floats
    real: Floats


def measure(members: Sequence[Member]) -> Light:
    """Return the light of the photos of a series, given in order of time."""
    recorded = _recorded(members)
    exposures = [member.info.ev100 for member in members]
    light = recorded.copy()
    if None in exposures:
        light[:, 0] = 0.0
    else:
        light[:, 0] += np.asarray(exposures, dtype=np.float64)
    return Light(recorded, smooth(light))


def smooth(light: Floats) -> Floats:
    """Return light without flicker, shape (N, 3): lines through neighbours, up to jumps."""
    out = np.empty_like(light)
    for column in range(light.shape[1]):
        values, least = light[:, column], float(_STEP_EV[column])
        for low, high in _even_parts(values, 0, len(light), least):
            for i in range(low, high):
                first = max(min(i - _HALF, high - 1 - 2 * _HALF), low)
                last = min(first + 2 * _HALF + 1, high)
                out[i, column] = _line(values[first:last], i - first)[0]
    return out


def _even_parts(values: Floats, low: int, high: int, least: float) -> list[tuple[int, int]]:
    """Part values where they jump by much more than they scatter on both sides."""
    shortest = 1 if high - low <= 3 else 2
    best, at = 1.0, 0
    for cut in range(low + shortest, high - shortest + 1):
        before, after = values[max(cut - _SIDE, low) : cut], values[cut : min(cut + _SIDE, high)]
        left, error, freedom = _line(before, len(before) - 0.5, 3)
        right, other, more = _line(after, -0.5, 3)
        scatter = np.sqrt((error + other) / max(freedom + more, 1))
        ratio = abs(right - left) / max(least, _CLEAR * float(scatter))
        if ratio > best:
            best, at = ratio, cut
    if not at:
        return [(low, high)]
    return [*_even_parts(values, low, at, least), *_even_parts(values, at, high, least)]


def _line(values: Floats, at: float, least_slope: int = _LEAST_SLOPE) -> tuple[float, float, int]:
    """Return the line's value at a place, its squared errors, and how many of them are free."""
    x = np.arange(len(values)) - at
    degree = 1 if len(values) >= least_slope else 0
    design = np.vander(x, degree + 1, increasing=True)
    solved, *_ = np.linalg.lstsq(design, values, rcond=None)
    errors = float(np.square(values - design @ solved).sum())
    return float(solved[0]), errors, len(values) - degree - 1


def _recorded(members: Sequence[Member]) -> Floats:
    """Return the levels that agree best with all comparisons of two photos, by least squares."""
    count = len(members)
    normal, right = np.zeros((count, count)), np.zeros((count, 3))

    def compare(i: int, j: int, change: Floats, weight: float) -> None:
        normal[[i, j], [i, j]] += weight
        normal[[i, j], [j, i]] -= weight
        right[j] += weight * change
        right[i] -= weight * change

    for i in range(count):
        for j in (i + reach for reach in _REACH if i + reach < count):
            match = align(members[i].cells, members[j].cells)
            if match is not None and match.is_one_place:
                red, green, blue = match.change
                change = np.array([green, red - green, blue - green])
                deviation = 0.02**2 + match.spread**2 / len(match.first)
                compare(i, j, change, match.overlap * max(match.correlation, 0.05) / deviation)
        if i + 1 < count:
            # Where nothing can be compared the light is taken as constant.
            before, after = members[i].info.ev100, members[i + 1].info.ev100
            known = 0.0 if before is None or after is None else before - after
            compare(i, i + 1, np.array([known, 0.0, 0.0]), _PRIOR)
    levels = np.zeros((count, 3))
    if count > 1:
        levels[1:] = np.linalg.solve(normal[1:, 1:], right[1:])
    return levels
