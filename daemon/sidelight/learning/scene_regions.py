"""Regions of the test set's scenes: sky, sun, window and the like, found in the truth.

Evaluation may know the scenes; engines may not. Levels are true log2 luminance over the picture's
median, in EV, so a region is the same for every exposure and sensor of a view.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.learning.truth import Truth

Mask = NDArray[np.bool_]
Levels = NDArray[np.float64]

_SKY_EV = 1.5
_WINDOW_EV = 3.0
_LAMP_EV = 4.5
_SPECK_EV = 2.8
_SUN_EV = 6.0
_LARGE = 0.005


def levels_of(truth: Truth) -> Levels:
    """Return log2 of true luminance over its median, shape (H, W), in EV."""
    y = np.log2(np.maximum(luminance(truth.rgb).astype(np.float64), 1e-9))
    return np.asarray(y - np.median(y))


def regions_of(truth: Truth, row: int) -> dict[str, Mask]:
    """Return the regions that a row of the scene table speaks of, each bool (H, W).

    - row 1, 2: `sky` (over +1.5 EV, connected to the upper edge; the sun and what is within
      2 EV of it in brightness left out), `sun` (the blob around the brightest pixel, down to
      6 EV below it); row 2 also `silhouette` (the darkest fifth, all of it land).
    - row 3: `sun`, `glow` (the brightest hundredth but for the sun).
    - row 4: `sky`.
    - row 5: `lamps` (over +4.5 EV), `walls` (the lit facades: 0 to +2.5 EV, middle third of the
      height, well away from lamps).
    - row 7, 8: `wall` (even plaster or tiles: within 1 EV of the median and of small local
      contrast, upper three quarters); row 8 also `window` (large parts over +3 EV, their thin
      bars filled).
    - row 9: `opening` (the largest part over +3 EV).
    - row 10: `haze` (-2 to +2 EV below the sky, the dark rock in front left out).
    - row 11: `specks` (over +2.8 EV, upper half), `greens` (true hue 95 to 160 degrees).
    """
    ev = levels_of(truth)
    free = truth.heads == 0
    found: dict[str, Mask] = {}
    if row in (1, 2, 3):
        found["sun"] = _sun(ev)
    if row in (1, 2, 4):
        sky = touching_top(ev > _SKY_EV) & free
        brightest = found["sun"] if "sun" in found else np.zeros_like(sky)
        found["sky"] = sky & ~ndimage.binary_dilation(brightest, iterations=4)
    if row == 2:
        found["silhouette"] = ev <= np.percentile(ev, 20)
    if row == 3:
        outside = ~ndimage.binary_dilation(found["sun"], iterations=2)
        found["glow"] = outside & (ev >= np.percentile(ev[outside], 99))
    if row == 5:
        found["lamps"] = ev > _LAMP_EV
        away = ~ndimage.binary_dilation(found["lamps"], iterations=10)
        found["walls"] = away & (ev > 0.0) & (ev < 2.5) & _rows(ev, 1 / 3, 0.6)
    if row in (7, 8):
        even = ndimage.maximum_filter(ev, 5) - ndimage.minimum_filter(ev, 5) < 1.0
        found["wall"] = even & (np.abs(ev) < 1.0) & _rows(ev, 0.0, 0.75)
    if row == 8:
        found["window"] = large(ndimage.binary_closing(ev > _WINDOW_EV, iterations=2))
    if row == 9:
        found["opening"] = largest(ev > _WINDOW_EV)
    if row == 10:
        below = ~ndimage.binary_dilation(touching_top(ev > _SKY_EV), iterations=3)
        found["haze"] = largest(below & (ndimage.gaussian_filter(ev, 4) > -2.0) & (ev < 2.0))
    if row == 11:
        found["specks"] = (ev > _SPECK_EV) & _rows(ev, 0.0, 0.5)
        found["greens"] = _greens(truth)
    return found


def touching_top(mask: Mask) -> Mask:
    """Return the parts of a mask that reach the picture's upper edge."""
    labels, _ = _label(mask)
    return np.isin(labels, np.setdiff1d(labels[:2], [0]))


def large(mask: Mask, share: float = _LARGE) -> Mask:
    """Return the connected parts of a mask that cover at least a share of the picture."""
    labels, count = _label(mask)
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)
    sizes[0] = 0
    return np.isin(labels, np.flatnonzero(sizes >= share * mask.size))


def largest(mask: Mask) -> Mask:
    """Return the largest connected part of a mask."""
    labels, count = _label(mask)
    if not count:
        return mask
    return np.asarray(labels == 1 + np.argmax(np.bincount(labels.reshape(-1))[1:]))


def _sun(ev: Levels) -> Mask:
    labels, _ = _label(ev > ev.max() - _SUN_EV)
    return np.asarray(labels == labels.reshape(-1)[int(np.argmax(ev))])


def _greens(truth: Truth) -> Mask:
    y = luminance(truth.rgb)
    lab = rgb_to_lab(truth.rgb * (0.18 / np.median(y)))
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return np.asarray((hue > 95) & (hue < 160) & (chroma > 10) & (lab[..., 0] > 15))


def _rows(like: Levels, start: float, stop: float) -> Mask:
    height = like.shape[0]
    inside = np.zeros(like.shape, dtype=bool)
    inside[round(start * height) : round(stop * height)] = True
    return inside


def _label(mask: Mask) -> tuple[NDArray[Any], int]:
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    return labels, int(count)
