"""Where the sensor hit its limit, and what clipped pixels are made into.

The limit is read from the data: some cameras clip their channels at different levels, below the
white level their files claim. A clipped channel is raised to what the other two channels and the
hue of the unclipped surroundings suggest (the idea of darktable's *inpaint opposed*); where all
three clip, the pixel becomes neutral.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.25
"""A proxy pixel counts as clipped when this share of its samples is."""

_SEARCHED = 0.85
_WINDOW = 0.016
_PROMINENCE = 3.0
_CORE = 0.3
_LEAST_SHARE = 2e-5
_REACH = 3

_LEAST_LOST = 0.003
_FLAT = 2.0
_BRIGHTEST_SHARE = 0.4
_WARM, _WARM_AREA, _VERY_WARM = 1.1, 0.1, 2.0
_VIOLET = 0.72


def clipping_level(values: NDArray[np.uint16], black: float, white: float) -> float:
    """Return the sensor value from which one colour channel counts as clipped.

    Finds a pile-up near the top of the channel's histogram: a window 1.6 % of the range wide that
    holds three times what its lower neighbours hold, and is narrower than the shot noise of an
    evenly lit surface would make it. Without one it is the white level.

    Args:
        values: Sample of the channel's sensor values.
        black, white: Levels the file claims.
    """
    limit = white - 0.005 * (white - black)
    width = max(int(_WINDOW * (white - black)), 1)
    histogram = np.bincount(values.ravel(), minlength=int(white) + 2 * width + 2)
    total = np.concatenate([[0], np.cumsum(histogram)])
    windows = total[width:] - total[:-width]
    start = int(black + _SEARCHED * (white - black))
    if start >= len(windows):
        return limit
    best = start + int(np.argmax(windows[start:]))
    mass = int(windows[best])
    below = total[best] - total[max(best - 5 * width, 0)]
    above = total[-1] - total[min(best + 2 * width, len(total) - 1)]
    if mass < max(_LEAST_SHARE * values.size, 8.0) or mass < _PROMINENCE * below / 5.0:
        return limit
    if above > 0.25 * mass or _core_share(total, best, width) < _CORE:
        return limit
    return min(float(best), limit)


def _core_share(total: NDArray[np.int64], start: int, width: int) -> float:
    """Return the share of a peak that a quarter of its window holds."""
    narrow = max(width // 4, 1)
    inside = total[start + narrow : start + width + 1] - total[start : start + width + 1 - narrow]
    low, high = max(start - width // 2, 0), min(start + width + width // 2, len(total) - 1)
    return float(inside.max()) / max(float(total[high] - total[low]), 1.0)


def reconstruct(balanced: NDArray[np.float32], clipped: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Raise clipped channels of balanced camera RGB in place and return it.

    Args:
        balanced: float32, shape (H, W, 3), white-balanced camera RGB.
        clipped: bool, shape (H, W, 3).
    """
    touched = clipped[..., 0] | clipped[..., 1] | clipped[..., 2]
    if not touched.any():
        return balanced
    border = _dilate(touched, _REACH) & ~touched
    chroma = np.zeros(3, np.float32)
    around = balanced[border]
    if len(around):
        near = around[around.min(axis=1) > 0.05]
        if len(near):
            chroma = np.mean(near - _opposed(near), axis=0).astype(np.float32)
    pixels = balanced[touched]
    mask = clipped[touched]
    raised = np.maximum(pixels, _opposed(pixels) + chroma)
    pixels = np.where(mask, raised, pixels)
    all_clipped = mask.all(axis=1)
    pixels[all_clipped] = pixels[all_clipped].mean(axis=1, keepdims=True)
    balanced[touched] = pixels
    return balanced


def lost_light_is_neutral(rgb: NDArray[np.float32], clipped: NDArray[np.bool_]) -> bool:
    """Tell whether what the sensor lost is better shown without a colour.

    Where areas lost all three channels at once, nothing is known of their colour: a window, an
    overcast sky. Where light grades into what is lost, its brightest unclipped surroundings tell:
    a sunset, a dawn or a lamp keeps its colour, white clouds and a blue sky do not become pink.
    The limits were chosen by looking at the photos of the test and tuning sets.

    Args:
        rgb: float32, shape (H, W, 3), linear Rec.2020, white-balanced.
        clipped: bool, shape (H, W, 3).

    Returns:
        False where too little is lost for it to matter.
    """
    some = clipped[..., 0] | clipped[..., 1] | clipped[..., 2]
    if some.mean() < _LEAST_LOST:
        return False
    lost = float((clipped[..., 0] & clipped[..., 1] & clipped[..., 2]).mean())
    partly = float(some.mean()) - lost
    if lost >= _FLAT * partly:
        return True
    around = rgb[_dilate(some, max(2, max(some.shape) // 100)) & ~some]
    if len(around) == 0:
        return True
    top = around.max(axis=1)
    red, green, blue = around[top >= np.quantile(top, 1.0 - _BRIGHTEST_SHARE)].mean(axis=0)
    warmth = red / max(blue, 1e-6)
    is_warm = warmth > _VERY_WARM or (warmth > _WARM and partly >= _WARM_AREA)
    return not (is_warm or green < _VIOLET * 0.5 * (red + blue))


def _opposed(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for every channel the cube of the mean cube root of the other two."""
    roots = np.cbrt(np.maximum(pixels, 0.0))
    return ((roots.sum(axis=1, keepdims=True) - roots) / 2.0) ** 3


def _dilate(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    grown = mask
    for axis in (0, 1):
        spread = grown.copy()
        for step in range(1, reach + 1):
            head = (slice(step, None), slice(None))[:: 1 if axis == 0 else -1]
            tail = (slice(None, -step), slice(None))[:: 1 if axis == 0 else -1]
            spread[head] |= grown[tail]
            spread[tail] |= grown[head]
        grown = spread
    return grown
