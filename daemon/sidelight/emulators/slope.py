"""Tones must keep rising: the smallest slope a Recipe may have, for solvers and at their end.

d(out EV)/d(in EV) of the tone sliders and the slope of the curve on its own axis stay at 0.25 or
more, so that no answer turns light and dark over.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Emulator
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import CURVE_KNOTS, CURVE_SLICE, INDEX

MINIMUM_SLOPE = 0.25

Vector = NDArray[np.float64]

TONE_SETTINGS = [INDEX[name] for name in ("contrast", "highlights", "shadows", "whites", "blacks")]
"""Positions of the tone sliders in a settings vector."""

_STEP = 1e-4
_HALVINGS = 14


class SlopeRows:
    """Hinge residuals that are zero as long as tones rise."""

    def __init__(self, emulator: Emulator, free: Sequence[int], weight: float) -> None:
        self.emulator = emulator
        self.free = list(free)
        self.weight = weight

    def values(self, theta: Vector) -> Vector:
        """Return the residuals."""
        slope = np.asarray(self.emulator.tone_slope(theta), dtype=np.float64)
        knots = np.diff(np.concatenate([[0.0], theta[CURVE_SLICE], [0.0]])) * (CURVE_KNOTS - 1)
        below = np.concatenate([MINIMUM_SLOPE - slope, MINIMUM_SLOPE - 1.0 - knots])
        return self.weight * np.maximum(below, 0.0)

    def jacobian(self, theta: Vector) -> NDArray[np.float64]:
        """Return their derivative, shape (R, len(free))."""
        base = self.values(theta)
        result = np.zeros((len(base), len(self.free)))
        if not base.any():
            return result
        for column, setting in enumerate(self.free):
            moved = theta.copy()
            moved[setting] += _STEP
            result[:, column] = (self.values(moved) - base) / _STEP
        return result


def keep_rising(emulator: Emulator, theta: Vector) -> Vector:
    """Return settings whose tones rise; `theta` itself when they do already.

    The tone sliders are scaled down together as little as needed, the curve's knots are moved to
    the nearest curve above the smallest slope.
    """
    safe = theta.copy()
    if np.min(np.asarray(emulator.tone_slope(safe))) < MINIMUM_SLOPE:
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            safe[TONE_SETTINGS] = middle * theta[TONE_SETTINGS]
            rises = np.min(np.asarray(emulator.tone_slope(safe))) >= MINIMUM_SLOPE
            low, high = (middle, high) if rises else (low, middle)
        safe[TONE_SETTINGS] = low * theta[TONE_SETTINGS]
    safe[CURVE_SLICE] = _rising_knots(theta[CURVE_SLICE])
    return theta if np.array_equal(safe, theta) else safe


def _rising_knots(offsets: Vector) -> Vector:
    x = knot_positions()
    y = x.copy()
    y[1:-1] += offsets
    if (np.diff(y) >= MINIMUM_SLOPE * np.diff(x) - 1e-9).all():
        return offsets
    # Over the line of smallest slope from every knot before, under the one to the white end.
    y = np.maximum.accumulate(y - MINIMUM_SLOPE * x) + MINIMUM_SLOPE * x
    y = np.minimum(y, 1.0 - MINIMUM_SLOPE * (1.0 - x))
    return np.asarray((y - x)[1:-1])
