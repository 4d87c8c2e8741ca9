"""What holds in every scene: heads, headroom by area, brightness, white balance.

A head that is too dark or wears a halo is a *must not*; the rest are the principles below the
scene table, reported.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.learning.rendered_scene import (
    Floats,
    RenderedScene,
    SceneCheck,
    chroma,
    hue_shift,
    log2_luminance,
    median_of,
)
from sidelight.learning.scene_regions import Mask, large

Checks = Iterator[SceneCheck]

INFINITY = float("inf")
DARKEST_HEAD_EV = {"light": -1.3, "dark": -2.3}
HALO_EV = 0.2
LARGE_REGION = 0.01

_NEAR_PX = (2, 7)
_FAR_PX = (14, 30)
_BIN_EV = 0.25
_LEAST_PX = 60
_NEUTRAL = 4.0
_COLORLESS = 1e-6


def heads(scene: RenderedScene) -> Checks:
    """Each head's median luminance about 0.18, its halo, and the limits on skin.

    Skin's hue and chroma (mean a*, b* over the head) against the as-shot render brought to the
    head's brightness.
    """
    for number, skin in enumerate(scene.skins, 1):
        head = scene.truth.heads == number
        level = median_of(scene.sdr_ev, head) - np.log2(0.18)
        low = DARKEST_HEAD_EV[skin]
        yield scene.check(f"{skin} head", "must not", level, low, INFINITY, "EV to 0.18")
        edge = halo(scene, head)
        yield scene.check(f"{skin} head's halo", "must not", edge, 0.0, HALO_EV, "EV")
        before, after = scene.neutral_lab_at(head)[head], scene.lab[head]
        shift = abs(hue_shift(before, after))
        yield scene.check(f"{skin} skin's hue shift", "principle", shift, 0.0, 3.0, "degrees")
        gain = chroma(after).mean() / max(chroma(before).mean(), _COLORLESS)
        yield scene.check(f"{skin} skin's chroma gain", "principle", gain, 0.0, 1.05, "times")
        apart = abs(median_of(scene.hdr_ev - scene.sdr_ev, head))
        yield scene.check(f"{skin} skin, HDR to SDR", "principle", apart, 0.0, 0.15, "EV")


def halo(scene: RenderedScene, head: Mask) -> float:
    """Return how much the edit brightens or darkens a rim around a head, in EV, not negative.

    The edit's gain is log2(SDR twin / as-shot render). What any pointwise curve would do to it is
    taken out: its median per quarter EV of true luminance (limited to what the RAW holds) over the
    whole picture. What is left is compared between a rim (2 to 7 pixels off the head) and farther
    out (14 to 30), apart for background brighter than the head by 1 EV and for the rest; the
    larger of both counts.
    """
    true = log2_luminance(scene.truth.limited())
    gain = scene.sdr_ev - log2_luminance(np.clip(scene.as_shot, 0.0, 1.0))
    background = scene.truth.heads == 0
    rest = gain - _pointwise(true, gain, background)
    distance = ndimage.distance_transform_edt(~head)
    brighter = true > median_of(true, head) + 1.0
    found = [0.0]
    for group in (brighter & background, ~brighter & background):
        near, far = (
            group & (distance > start) & (distance <= stop) for start, stop in (_NEAR_PX, _FAR_PX)
        )
        if min(near.sum(), far.sum()) >= _LEAST_PX:
            found.append(abs(median_of(rest, near) - median_of(rest, far)))
    return max(found)


def _pointwise(true: Floats, gain: Floats, where: Mask) -> Floats:
    """Return the median gain at each pixel's true level."""
    number = np.floor(true[where] / _BIN_EV).astype(int)
    bins = np.unique(number)
    middle = [float(np.median(gain[where][number == item])) for item in bins]
    return np.interp(true, (bins + 0.5) * _BIN_EV, middle)


def headroom_by_area(scene: RenderedScene) -> Checks:
    """Median stops over SDR white of what shines, by how large and how clipped it is.

    Regions are the connected parts of the HDR twin above SDR white that cover over 1 % of the
    frame, each divided into textured without a clipped channel, textured with one, and flat (all
    channels clipped); a part counts where it covers over 1 % of the frame itself, the brightest
    one is told. Flat parts are neutral: mean chroma at most 4 at SDR white.
    """
    clipped = scene.truth.clipped()
    any_, all_ = clipped.any(axis=-1), clipped.all(axis=-1)
    shining = large(scene.hdr_ev > 0.0, LARGE_REGION)
    labels, count = ndimage.label(shining, structure=np.ones((3, 3)))
    for name, part, high in (
        ("unclipped regions", ~any_, 1.5),
        ("clipped textured regions", any_ & ~all_, 1.0),
        ("flat clipped regions", all_, 0.5),
    ):
        parts = [(labels == number) & part for number in range(1, count + 1)]
        parts = [item for item in parts if item.mean() >= LARGE_REGION]
        if parts:
            value = max(median_of(scene.hdr_ev, item) for item in parts)
            yield scene.check(name, "principle", value, -INFINITY, high, "stops")
            if part is all_:
                color = max(_chroma_at_white(scene.hdr[item]) for item in parts)
                yield scene.check(f"colour of {name}", "principle", color, 0.0, _NEUTRAL, "C*")


def _chroma_at_white(rgb: NDArray[np.float32]) -> float:
    lab = rgb_to_lab(rgb.astype(np.float64) / luminance(rgb)[..., None])
    return float(np.hypot(*lab[..., 1:].mean(axis=0)))


def brightness(scene: RenderedScene) -> Checks:
    """Mean luminance of the SDR twin."""
    mean = luminance(scene.sdr).mean()
    yield scene.check("mean Y", "principle", mean, 0.0, 0.5, "Y")


def white_balance(scene: RenderedScene) -> Checks:
    """How far the Recipe goes from as-shot white balance."""
    moved = scene.recipe.temperature_mired
    yield scene.check("white balance", "principle", moved, -25.0, 25.0, "mired")
    yield scene.check("tint", "principle", scene.recipe.tint, -8.0, 8.0, "points")
