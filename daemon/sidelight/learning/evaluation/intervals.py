"""Confidence intervals over scenes: photos of one scene are not independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

LEVEL = 0.95
RESAMPLES = 2000
LEAST_SCENES = 6
"""With five, all lie on one side of zero by chance more often than once in twenty times."""

DEFINITION = (
    "95 % percentile bootstrap, 2000 resamples of whole scenes (shoots) with their photos; "
    "differences are of the same photos. None below six scenes. With few scenes the intervals "
    "are too narrow."
)


@dataclass(frozen=True)
class Estimate:
    """A mean over photos.

    Attributes:
        mean: Of the photos.
        low, high: The interval, None with too few scenes.
        photos, scenes: How many.
    """

    mean: float
    low: float | None
    high: float | None
    photos: int
    scenes: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of zero."""
        return self.low is not None and self.high is not None and self.low * self.high > 0


def estimate(values: Sequence[float], scenes: Sequence[str], seed: int = 0) -> Estimate | None:
    """Return the mean of photos with its interval over scenes, None without photos.

    Args:
        values: One number per photo.
        scenes: The scene of each photo.
        seed: Of the resampling.
    """
    if not values:
        return None
    labels = sorted(set(scenes))
    position = {label: index for index, label in enumerate(labels)}
    index = np.array([position[scene] for scene in scenes])
    sums = np.asarray(np.bincount(index, np.asarray(values, dtype=float)), np.float64)
    counts = np.asarray(np.bincount(index), dtype=np.float64)
    mean = float(sums.sum() / counts.sum())
    low = high = None
    if len(labels) >= LEAST_SCENES:
        low, high = _interval(sums, counts, seed)
    return Estimate(mean, low, high, len(values), len(labels))


def _interval(
    sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int
) -> tuple[float, float]:
    found = bootstrap(
        (sums, counts),
        lambda total, count, axis=-1: total.sum(axis=axis) / count.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
