"""Choosing the few hundred pixels that stand for a photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import luminance


def stratified_pixels(
    rgb: NDArray[np.float32],
    count: int,
    *,
    usable: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> NDArray[np.intp]:
    """Return flat indices of pixels that cover tones and colours evenly.

    Half of the pixels are drawn evenly along log luminance, a quarter among the most saturated
    tenth, and a quarter uniformly over the frame.

    Args:
        rgb: Scene-linear pixels, shape (H, W, 3).
        count: How many to draw; fewer come back when fewer are usable.
        usable: Pixels that may be drawn, shape (H, W); all finite ones when absent.
        seed: Same seed, same pixels.
    """
    flat = rgb.reshape(-1, 3)
    good = np.isfinite(flat[:, 0] + flat[:, 1] + flat[:, 2])
    if usable is not None:
        good &= usable.reshape(-1)
    candidates = np.flatnonzero(good)
    if len(candidates) <= count:
        return candidates
    rng = np.random.default_rng(seed)
    if len(candidates) > 40 * count:
        stride = len(candidates) // (40 * count)
        starts = np.arange(0, len(candidates) - stride + 1, stride)
        candidates = candidates[starts + rng.integers(0, stride, len(starts))]
    pixels = flat[candidates]
    top = pixels.max(axis=1)
    tone = np.log2(np.maximum(luminance(pixels), 2.0**-12))
    saturation = (top - pixels.min(axis=1)) / (top + 1e-3)

    order = np.argsort(tone, kind="stable")
    low, high = (float(level) for level in np.quantile(tone, [0.001, 0.999]))
    levels = np.linspace(low, high, count // 2)
    along = order[np.clip(np.searchsorted(tone[order], levels), 0, len(order) - 1)]
    vivid = np.argsort(saturation, kind="stable")[-max(len(candidates) // 10, 1) :]
    vivid = rng.choice(vivid, min(count // 4, len(vivid)), replace=False)
    chosen = np.unique(np.concatenate([along, vivid]))
    rest = np.setdiff1d(np.arange(len(candidates)), chosen)
    anywhere = rng.choice(rest, count - len(chosen), replace=False)
    return candidates[np.sort(np.concatenate([chosen, anywhere]))]
