"""A monotone tone curve as offsets from identity.

Knots are uniform on the sRGB-encoded axis of the editor's curve tool: display-referred in
Lightroom, scene-linear 0..1 encoded with the sRGB function in darktable. Both ends are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.errors import RecipeError
from sidelight.recipe.fields import CURVE_KNOTS

_MINIMUM_RISE = 1e-4


@dataclass(frozen=True)
class ToneCurve:
    """Offsets of the inner knots, `CURVE_KNOTS - 2` finite numbers in [-1, 1]."""

    offsets: tuple[float, ...] = (0.0,) * (CURVE_KNOTS - 2)

    def __post_init__(self) -> None:
        if len(self.offsets) != CURVE_KNOTS - 2:
            raise RecipeError(f"a tone curve has {CURVE_KNOTS - 2} inner knots")
        if not all(np.isfinite(value) and abs(value) <= 1 for value in self.offsets):
            raise RecipeError("a tone curve's offsets are finite and within -1 and 1")

    @classmethod
    def from_offsets(cls, offsets: ArrayLike) -> ToneCurve:
        """Build a curve from any offsets, projected so that it rises everywhere."""
        flat = np.nan_to_num(np.asarray(offsets, dtype=float).reshape(-1))
        x = knot_positions()[1:-1]
        y = np.clip(x + flat, 0.0, 1.0)
        lowest = _MINIMUM_RISE * np.arange(1, CURVE_KNOTS - 1)
        y = np.maximum.accumulate(y - lowest) + lowest
        highest = 1.0 - _MINIMUM_RISE * np.arange(CURVE_KNOTS - 2, 0, -1)
        y = np.minimum(np.maximum(y, lowest), highest)
        y = np.maximum.accumulate(y)
        return cls(tuple(float(value) for value in y - x))

    @property
    def is_identity(self) -> bool:
        """Whether every offset is zero."""
        return not any(self.offsets)

    def points(self) -> NDArray[np.float64]:
        """Return the knots as (x, y) rows, shape (CURVE_KNOTS, 2), both in 0..1."""
        x = knot_positions()
        y = x.copy()
        y[1:-1] += self.offsets
        return np.stack([x, y], axis=1)


def knot_positions() -> NDArray[np.float64]:
    """Return the x of all knots, shape (CURVE_KNOTS,), from 0 to 1."""
    return np.linspace(0.0, 1.0, CURVE_KNOTS)
