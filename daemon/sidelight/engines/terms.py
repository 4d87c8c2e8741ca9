"""Named terms of an objective over a render's twins.

A term asks one measurable thing: that the mean of a feature over a group of pixels equals, stays
below or stays above a level. Terms are linear in their feature, so their Jacobian is a mean of the
pixels' Jacobians, and each keeps its name to the end, where reasons are read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import LUMINANCE

Feature = Literal["sdr_ev", "hdr_ev", "sdr_peak_ev", "sdr_chroma"]
Sense = Literal["equal", "at_most", "at_least"]

_LUMINANCE = LUMINANCE.astype(np.float32)
_FLOOR = 2.0**-13
_SOFTNESS = 24.0


@dataclass(frozen=True)
class Term:
    """One wish.

    Attributes:
        name: Key of its sentence.
        feature: What is measured, per pixel.
        group: Indices of the pixels whose mean counts.
        level: Wanted value of the mean.
        weight: How much one unit of miss counts.
        sense: Whether the level is met, not exceeded, or not undercut.
        against: Indices of pixels whose mean is subtracted first, or None.
    """

    name: str
    feature: Feature
    group: NDArray[np.intp]
    level: float
    weight: float
    sense: Sense = "equal"
    against: NDArray[np.intp] | None = None

    def measure(self, features: dict[Feature, NDArray[np.float64]]) -> float:
        """Return the mean the term compares with its level."""
        values = features[self.feature]
        mean = float(values[self.group].mean())
        return mean if self.against is None else mean - float(values[self.against].mean())

    def miss(self, measured: float) -> float:
        """Return how far a measured mean is from what is wished, 0 when it is met."""
        difference = measured - self.level
        if self.sense == "at_most":
            return max(difference, 0.0)
        if self.sense == "at_least":
            return min(difference, 0.0)
        return difference


def features_of(
    sdr: NDArray[np.float32], hdr: NDArray[np.float32]
) -> dict[Feature, NDArray[np.float64]]:
    """Return the features of rendered twins, each of shape (N,)."""
    return {
        "sdr_ev": _ev(sdr @ _LUMINANCE),
        "hdr_ev": _ev(hdr @ _LUMINANCE),
        "sdr_peak_ev": _ev(_soft_max(sdr)),
        "sdr_chroma": _chroma(sdr)[0],
    }


def feature_slopes(
    sdr: NDArray[np.float32], hdr: NDArray[np.float32]
) -> dict[Feature, NDArray[np.float64]]:
    """Return d feature / d RGB of rendered twins, each of shape (N, 3).

    `hdr_ev` is a derivative by the HDR twin's RGB, all others by the SDR twin's.
    """
    peak = _soft_max(sdr)
    weights = (np.maximum(sdr, 0.0) / np.maximum(peak, _FLOOR)[:, None]) ** (_SOFTNESS - 1)
    return {
        "sdr_ev": _LUMINANCE / (np.log(2) * np.maximum(sdr @ _LUMINANCE, _FLOOR))[:, None],
        "hdr_ev": _LUMINANCE / (np.log(2) * np.maximum(hdr @ _LUMINANCE, _FLOOR))[:, None],
        "sdr_peak_ev": weights / (np.log(2) * np.maximum(peak, _FLOOR))[:, None],
        "sdr_chroma": _chroma(sdr)[1],
    }


def evaluate(
    terms: Sequence[Term], features: dict[Feature, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the weighted residual of every term, shape (len(terms),)."""
    return np.array([term.weight * term.miss(term.measure(features)) for term in terms])


def jacobian(
    terms: Sequence[Term],
    residuals: NDArray[np.float64],
    slopes: dict[Feature, NDArray[np.float64]],
    sdr: NDArray[np.float32],
    hdr: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return d residual / d settings, shape (len(terms), S).

    Args:
        terms: The terms.
        residuals: What `evaluate` gave; a one-sided term that is met has no slope.
        slopes: What `feature_slopes` gave.
        sdr, hdr: d RGB / d settings of the twins, shape (N, 3, S).
    """
    rows = np.zeros((len(terms), sdr.shape[2]))
    for k, term in enumerate(terms):
        if term.sense != "equal" and residuals[k] == 0.0:
            continue
        pixels = hdr if term.feature == "hdr_ev" else sdr
        slope = slopes[term.feature]
        rows[k] = _mean_row(term.group, slope, pixels)
        if term.against is not None:
            rows[k] -= _mean_row(term.against, slope, pixels)
        rows[k] *= term.weight
    return rows


def _mean_row(
    group: NDArray[np.intp], slope: NDArray[np.float64], pixels: NDArray[np.float32]
) -> NDArray[np.float64]:
    return np.einsum("nc,ncs->s", slope[group], pixels[group]) / len(group)


def _ev(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log2(np.maximum(values, _FLOOR).astype(np.float64) / 0.18)


def _soft_max(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth largest channel: the 24-norm, at most 5 % above the maximum."""
    top = np.maximum(rgb.max(axis=1), _FLOOR)
    share = np.maximum(rgb, 0.0) / top[:, None]
    return top * (share**_SOFTNESS).sum(axis=1) ** (1 / _SOFTNESS)


def _chroma(rgb: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Relative chroma |RGB - Y| / Y and its derivative, shapes (N,) and (N, 3)."""
    y = np.maximum(rgb @ _LUMINANCE, _FLOOR)[:, None]
    difference = rgb - y
    size = np.sqrt((difference**2).sum(axis=1, keepdims=True)) + 1e-6
    along = difference / size
    slope = (along - (along.sum(axis=1, keepdims=True) + size / y) * _LUMINANCE) / y
    return (size / y)[:, 0].astype(np.float64), slope
