"""Statistics of pixels. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import LUMINANCE, REC2020_TO_XYZ, apply_matrix, luminance, rgb_to_lab
from sidelight.imaging.image import Image
from sidelight.recipe.white_balance import xy_to_kelvin_tint

MIDDLE_GREY = 0.18
DARKEST_EV = -14.0
"""EV below which luminance counts as black."""

PERCENTILES = (0.5, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.5, 99.9)
NEUTRAL_CHROMA = 10.0
NEUTRAL_LIGHTNESS = (20.0, 90.0)


@dataclass(frozen=True)
class SceneStatistics:
    """Figures of a scene-linear proxy.

    Attributes:
        percentiles_ev: log2(Y / 0.18) at each of `PERCENTILES`.
        mean_ev: Mean of log2(Y / 0.18).
        clipped_any, clipped_all: Share of pixels with one, with all camera channels clipped.
        noise_ev: log2 of the noise floor over 0.18; `DARKEST_EV` when it is zero.
    """

    percentiles_ev: dict[float, float]
    mean_ev: float
    clipped_any: float
    clipped_all: float
    noise_ev: float

    @property
    def median_ev(self) -> float:
        """log2(Y / 0.18) of the median."""
        return self.percentiles_ev[50.0]

    @property
    def range_ev(self) -> float:
        """EV between the 0.5th and the 99.5th percentile."""
        return self.percentiles_ev[99.5] - self.percentiles_ev[0.5]


@dataclass(frozen=True)
class NeutralMean:
    """Mean of near-neutral pixels.

    Attributes:
        a, b: CIE a*, b*.
        kelvin, tint: Of their mean colour, taken as a light.
        share: Of all pixels.
    """

    a: float
    b: float
    kelvin: float
    tint: float
    share: float


def ev(y: ArrayLike) -> NDArray[np.float64]:
    """Return log2(Y / 0.18) of luminance, not below `DARKEST_EV`."""
    values = np.asarray(y, dtype=np.float64)
    return np.log2(np.maximum(values / MIDDLE_GREY, 2.0**DARKEST_EV))


def scene_statistics(image: Image) -> SceneStatistics:
    """Return the figures of a proxy."""
    levels = ev(luminance(image.rgb)).ravel()
    found = np.percentile(levels, PERCENTILES)
    red, green, blue = (image.clipped[..., i] for i in range(3))
    return SceneStatistics(
        percentiles_ev={p: float(v) for p, v in zip(PERCENTILES, found, strict=True)},
        mean_ev=float(levels.mean()),
        clipped_any=float((red | green | blue).mean()),
        clipped_all=float((red & green & blue).mean()),
        noise_ev=float(ev(max(image.noise_floor, 0.0))),
    )


def near_neutral(rgb: ArrayLike) -> NDArray[np.bool_]:
    """Return the pixels with chroma below 10 and L* 20 to 90 of a display-linear as-shot render."""
    lab = rgb_to_lab(rgb)
    low, high = NEUTRAL_LIGHTNESS
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    lightness = lab[..., 0]
    return np.asarray((chroma < NEUTRAL_CHROMA) & (lightness >= low) & (lightness <= high))


def near_neutral_mean(rgb: ArrayLike, where: NDArray[np.bool_]) -> NeutralMean | None:
    """Return the mean colour of the pixels `near_neutral` chose, or None when there are none.

    Args:
        rgb: A display-linear render, shape (H, W, 3): the as-shot one or another of the photo.
        where: bool, shape (H, W).
    """
    pixels = np.asarray(rgb)[where]
    if not len(pixels):
        return None
    _, a, b = rgb_to_lab(pixels).mean(axis=0)
    xyz = apply_matrix(pixels.mean(axis=0, dtype=np.float64), REC2020_TO_XYZ)
    total = float(xyz.sum())
    kelvin, tint = xy_to_kelvin_tint(float(xyz[0]) / total, float(xyz[1]) / total)
    return NeutralMean(float(a), float(b), kelvin, tint, len(pixels) / where.size)


def noise_floor(rgb: NDArray[Any]) -> float:
    """Return the standard deviation of luminance in the darkest twentieth of the pixels.

    The median absolute second difference of three neighbours in a row, which neither edges nor
    gradients move much, scaled to a standard deviation of normal noise.

    Args:
        rgb: Working RGB, shape (H, W, 3).
    """
    y = rgb[::2] @ LUMINANCE.astype(rgb.dtype)
    count = y.shape[1] // 3
    left, middle, right = (y[:, i : 3 * count : 3] for i in range(3))
    total = left + right
    if total.size < 20:
        return 0.0
    dark = total <= np.partition(total.ravel(), total.size // 20)[total.size // 20]
    difference = np.abs(total[dark] - 2.0 * middle[dark])
    return float(np.median(difference) / (0.6745 * np.sqrt(6.0)))
