"""White balance: the camera's as-shot one is believed; near-neutral colours are weak evidence.

On the virtual photos of the test and tuning sets, whose as-shot white balance is 6 to 17 mired
off, the cast of near-neutral areas said nothing about that error: their correlation is -0.2
(docs/auto.md). So an estimate counts by how much it can be trusted beside what the file says:
next to nothing where a camera measured, much where nobody did. A sunset and mixed light, whose
near-neutral colours spread, count for nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import REC2020_TO_XYZ, luminance, rgb_to_lab
from sidelight.recipe.color_temperature import xy_to_kelvin_tint

MOST_MIRED, MOST_TINT = 25.0, 8.0
"""Largest change from as shot."""

KNOWN_MIRED: dict[str, float] = {"camera": 6.0, "preview": 10.0, "daylight": 60.0, "none": 0.0}
"""Standard deviation of the as-shot white balance, by its source; a finished picture is right."""

_ESTIMATE_MIRED = 30.0
_CHROMA = 8.0
_STEPS = 6
_LEAST_SHARE = 0.15
_SPREAD = 4.0
_SHOWN = 0.18
_SMALLEST_MIRED = 3.0


class Cast(NamedTuple):
    """What near-neutral areas say.

    Attributes:
        mired, tint: Change of the setting that would make them neutral.
        share: Of the frame they take.
        spread: Standard deviation of their b*.
    """

    mired: float
    tint: float
    share: float
    spread: float


def cast_of(tiles: NDArray[np.float32], usable: NDArray[np.bool_]) -> Cast | None:
    """Follow the densest near-neutral colour from as-shot grey, by mean shift in Lab.

    Args:
        tiles: Scene-linear means of areas, as shot, shape (h, w, 3).
        usable: Tiles without clipped pixels, shape (h, w).

    Returns:
        None with too few usable tiles.
    """
    rgb = tiles[usable].astype(np.float64)
    y = luminance(rgb)
    rgb, y = rgb[y > 2.0**-10], y[y > 2.0**-10]
    if len(rgb) < 16:
        return None
    ratio = rgb / y[:, None]
    center = np.ones(3)
    for _ in range(_STEPS):
        shown = ratio / center
        lab = rgb_to_lab(shown * (_SHOWN / np.maximum(luminance(shown), 1e-6))[:, None])
        weight = np.exp(-0.5 * (lab[:, 1] ** 2 + lab[:, 2] ** 2) / _CHROMA**2)
        total = float(weight.sum())
        if total < 1e-6:
            return None
        center = center * (shown * weight[:, None]).sum(axis=0) / total
        center /= center[1]
    mean = float((weight * lab[:, 2]).sum()) / total
    spread = float(np.sqrt((weight * (lab[:, 2] - mean) ** 2).sum() / total))
    mired, tint = _as_light(center)
    neutral_mired, neutral_tint = _as_light(np.ones(3))
    return Cast(mired - neutral_mired, tint - neutral_tint, float(weight.mean()), spread)


def white_balance_shift(cast: Cast | None, source: str) -> tuple[float, float]:
    """Return the change of temperature, in mired, and tint, in points, from as shot.

    The mean of two normal beliefs: 0 as the file says, and the cast of near-neutral areas.

    Args:
        cast: From `cast_of`.
        source: `PhotoInfo.white_balance_source`.
    """
    known = KNOWN_MIRED.get(source, 0.0)
    if cast is None or cast.share < _LEAST_SHARE:
        return 0.0, 0.0
    doubt = _ESTIMATE_MIRED * (1.0 + (cast.spread / _SPREAD) ** 2) / cast.share
    trust = known**2 / (known**2 + doubt**2)
    mired = float(np.clip(trust * cast.mired, -MOST_MIRED, MOST_MIRED))
    tint = float(np.clip(trust * cast.tint, -MOST_TINT, MOST_TINT))
    if abs(mired) < _SMALLEST_MIRED and abs(tint) < _SMALLEST_MIRED:
        return 0.0, 0.0
    return round(mired, 1), round(tint, 1)


def _as_light(rgb: NDArray[np.float64]) -> tuple[float, float]:
    x, y, z = REC2020_TO_XYZ @ rgb
    kelvin, tint = xy_to_kelvin_tint(float(x / (x + y + z)), float(y / (x + y + z)))
    return 1e6 / kelvin, tint
