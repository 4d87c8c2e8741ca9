"""Statistics of pixels. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import LUMINANCE, REC2020_TO_XYZ, apply_matrix, rgb_to_lab
from sidelight.imaging.difference import delta_e_2000
from sidelight.recipe.color_temperature import xy_to_kelvin_tint

NEUTRAL_CHROMA = 10.0
NEUTRAL_LIGHTNESS = (20.0, 90.0)


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

    def difference(self, other: NeutralMean) -> float:
        """Return CIEDE2000 between two such colours at L* 50."""
        return float(delta_e_2000([50.0, self.a, self.b], [50.0, other.a, other.b]))


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
