"""How far predicted settings are from a reference's settings, slider by slider.

Points are those of the sliders, -100 to 100; exposure counts 20 points an EV, temperature one
point a mired. A rendition says more: different settings may look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from sidelight.recipe import Recipe
from sidelight.recipe.fields import FIELDS, SLIDERS

POINTS = {"EV": 20.0, "mired": 1.0, "points": 1.0}
"""Slider points of one unit."""

NOISE = {"temperature_mired": 5.0, "exposure_ev": 2.0}
"""Re-edit noise in points where it is not 5: 0.1 EV; 150 K at 5500 K is 5 mired."""

_NOISE = 5.0

DEFINITIONS = {
    "mean_absolute_error": "Mean over photos of |predicted - reference|, in slider points.",
    "rank_correlation": "Spearman's, over photos; null where a slider does not vary.",
    "r_squared": "1 - squared error / squared error of the reference's own mean over the same "
    "photos; null where the reference does not vary.",
    "touch_rate": "Share of photos where every slider is within re-edit noise of the reference: "
    "0.1 EV, 5 mired (150 K at 5500 K), 5 points.",
}


@dataclass(frozen=True)
class SliderFigures:
    """Figures of one method over several photos.

    Attributes:
        photos: How many.
        mean_absolute_error: By slider, in points.
        rank_correlation, r_squared: By slider, None where they cannot be had.
        touch_rate: 0 to 1.
    """

    photos: int
    mean_absolute_error: dict[str, float]
    rank_correlation: dict[str, float | None]
    r_squared: dict[str, float | None]
    touch_rate: float

    @property
    def overall_error(self) -> float:
        """Mean of the sliders' errors, in points."""
        return float(np.mean(list(self.mean_absolute_error.values())))


def slider_points(recipe: Recipe) -> NDArray[np.float64]:
    """Return a Recipe's sliders in points, shape (10,)."""
    return np.array([getattr(recipe, item.name) * POINTS[item.unit] for item in FIELDS])


def slider_figures(pairs: Sequence[tuple[Recipe, Recipe]]) -> SliderFigures | None:
    """Compare settings, predicted with reference; None without any."""
    if not pairs:
        return None
    predicted = np.stack([slider_points(pair[0]) for pair in pairs])
    wanted = np.stack([slider_points(pair[1]) for pair in pairs])
    error = np.abs(predicted - wanted)
    noise = np.array([NOISE.get(name, _NOISE) for name in SLIDERS])
    return SliderFigures(
        photos=len(pairs),
        mean_absolute_error=dict(zip(SLIDERS, error.mean(axis=0).tolist(), strict=True)),
        rank_correlation={n: _rank(predicted[:, i], wanted[:, i]) for i, n in enumerate(SLIDERS)},
        r_squared={n: _r_squared(predicted[:, i], wanted[:, i]) for i, n in enumerate(SLIDERS)},
        touch_rate=float((error <= noise + 1e-9).all(axis=1).mean()),
    )


def _rank(predicted: NDArray[np.float64], wanted: NDArray[np.float64]) -> float | None:
    if len(wanted) < 3 or np.ptp(predicted) < 1e-9 or np.ptp(wanted) < 1e-9:
        return None
    return float(spearmanr(predicted, wanted).statistic)


def _r_squared(predicted: NDArray[np.float64], wanted: NDArray[np.float64]) -> float | None:
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    if spread < 1e-9:
        return None
    return 1.0 - float(((predicted - wanted) ** 2).sum()) / spread
