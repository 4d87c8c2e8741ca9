"""Choosing the few hundred pixels that stand for a photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
    good = np.isfinite(flat).all(axis=1)
    if usable is not None:
        good &= usable.reshape(-1)
    candidates = np.flatnonzero(good)
    if len(candidates) <= count:
        return candidates
    rng = np.random.default_rng(seed)
    if len(candidates) > 40 * count:
        candidates = np.sort(rng.choice(candidates, 40 * count, replace=False))
    pixels = flat[candidates]
    top = pixels.max(axis=1)
    tone = np.log2(np.maximum(pixels @ np.float32([0.2627, 0.6780, 0.0593]), 2.0**-12))
    saturation = (top - pixels.min(axis=1)) / (top + 1e-3)

    order = np.argsort(tone, kind="stable")
    levels = np.linspace(*np.quantile(tone, [0.001, 0.999]), count // 2)
    along = order[np.clip(np.searchsorted(tone[order], levels), 0, len(order) - 1)]
    vivid = np.argsort(saturation, kind="stable")[-max(len(candidates) // 10, 1) :]
    vivid = rng.choice(vivid, min(count // 4, len(vivid)), replace=False)
    chosen = np.unique(np.concatenate([along, vivid]))
    rest = np.setdiff1d(np.arange(len(candidates)), chosen)
    anywhere = rng.choice(rest, count - len(chosen), replace=False)
    return candidates[np.sort(np.concatenate([chosen, anywhere]))]
