"""Colours of matching places in a raw picture and in its camera's own JPEG."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sidelight.engines.camera_alignment import Alignment, align, warped
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix, luminance
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import log_encode, srgb_decode

Pixels = NDArray[np.float32]

CELLS = 128
"""Cells along the longer side of the raw picture."""

LEAST_CORRELATION = 0.5
"""Of brightness ranks, below which a JPEG shows something else."""

_WORKING_PX = 512
_UNEVEN = 0.06
_LEAST_WEIGHT = 0.02
_CLIPPED_WEIGHT = 0.3
_BRIGHTEST = 2.0**12


class MatchedCells(NamedTuple):
    """Cells that both pictures show.

    Attributes:
        rgb: Scene-linear Rec.2020 of the raw picture, shape (N, 3).
        target: Display-linear Rec.2020 of the JPEG, 0..1, shape (N, 3).
        weights: How far each is to be trusted, 0..1, shape (N,).
        clipped: Which have a clipped channel in the raw, shape (N,).
        share: How much of the frame the others cover, 0..1.
    """

    rgb: Pixels
    target: Pixels
    weights: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    share: float

    def take(self, index: Any) -> MatchedCells:
        """Return a selection of the cells."""
        rgb, target, weights, clipped = (values[index] for values in self[:4])
        return MatchedCells(rgb, target, weights, clipped, self.share)


@lru_cache(maxsize=1)
def matched_cells(image: Image) -> MatchedCells | None:
    """Return the cells of an image that its camera's own JPEG shows, too.

    Uneven cells weigh less: an edge that is sharpened or lies a little off says nothing about
    colour. So do those with a clipped channel in the raw, whose colour is a guess.

    Returns:
        None where no camera's JPEG is embedded, or it shows something else. The last answer is
        kept, since every editor asks about the same photo in turn.
    """
    if image.preview is None or not image.preview.from_camera or not image.rgb.size:
        return None
    codes = srgb_decode(np.arange(256, dtype=np.float32) / np.float32(255))
    jpeg = box_average(codes[image.preview.rgb], _WORKING_PX)
    jpeg = apply_matrix(jpeg, SRGB_TO_REC2020)
    rgb = box_average(image.rgb, _WORKING_PX)
    clipped = box_average(image.clipped.any(axis=-1).astype(np.float32), _WORKING_PX)
    found = align(np.maximum(luminance(rgb), 0), luminance(jpeg))
    if found.correlation < LEAST_CORRELATION:
        return None
    return _cells(rgb, clipped, jpeg, found)


def _cells(rgb: Pixels, clipped: Pixels, jpeg: Pixels, alignment: Alignment) -> MatchedCells:
    side = max(1, round(max(rgb.shape[:2]) / CELLS))
    shown = warped(jpeg, alignment.positions(rgb.shape, jpeg.shape))
    with np.errstate(invalid="ignore", over="ignore"):
        (raw_mean, raw_uneven), (mean, uneven) = (
            _mean_and_unevenness(pixels, side) for pixels in (rgb, shown)
        )
        weights = 1.0 / (1.0 + (uneven**2 + raw_uneven**2) / _UNEVEN**2)
    is_clipped = _averaged(clipped[..., None], side)[..., 0] > 0
    weights = np.where(is_clipped, _CLIPPED_WEIGHT * weights, weights)
    usable = (np.abs(raw_mean) <= _BRIGHTEST).all(axis=-1) & np.isfinite(mean).all(axis=-1)
    usable &= weights >= _LEAST_WEIGHT
    return MatchedCells(
        rgb=raw_mean[usable],
        target=np.clip(mean[usable], 0.0, 1.0),
        weights=weights[usable].astype(np.float64),
        clipped=is_clipped[usable],
        share=float((usable & ~is_clipped).mean()),
    )


def _averaged(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return means of blocks of `side` pixels; what is left over at the ends is left out."""
    rows, columns = (max(size // side, 1) for size in values.shape[:2])
    whole = values[: rows * side, : columns * side]
    blocks = whole.reshape(rows, whole.shape[0] // rows, columns, whole.shape[1] // columns, -1)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _mean_and_unevenness(rgb: Pixels, side: int) -> tuple[Pixels, NDArray[np.float32]]:
    """Return each block's mean colour and standard deviation of encoded luminance."""
    encoded = log_encode(luminance(rgb))
    both = _averaged(np.stack([encoded, encoded**2], axis=-1), side)
    variance = both[..., 1] - both[..., 0] ** 2
    return _averaged(rgb, side), np.sqrt(np.maximum(variance, 0.0))
