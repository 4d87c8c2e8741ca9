"""How far two renders of one photo are apart, as emulator and end-to-end errors are stated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import luminance
from sidelight.imaging.difference import (
    COMPARED_PX,
    box_average,
    crop_offset,
    render_difference,
)

_SAME_SIZE = 1.03
_REACH_PX = 16


@dataclass(frozen=True)
class Difference:
    """CIEDE2000 between two SDR renders.

    Attributes:
        mean, p95: Over the pixels with no clipped raw channel; NaN when there are none.
        clipped_mean: Over the others; NaN when there are none.
        clipped_share: How many of all pixels those are.
        offset: Rows and columns that the first render was moved by to lie on the second.
    """

    mean: float
    p95: float
    clipped_mean: float
    clipped_share: float
    offset: tuple[int, int]


def compare_renders(
    ours: ArrayLike, theirs: ArrayLike, clipped: ArrayLike | None = None
) -> Difference:
    """Compare two renders at 128 pixels.

    The larger one is averaged down to the size of the smaller when they differ in scale; the crop
    offset is found by correlation; then both are limited to 0..1 and box-averaged in linear light
    to 128 pixels on the long side.

    Args:
        ours, theirs: Display-linear Rec.2020, shapes (H, W, 3), 1.0 = SDR white.
        clipped: Which raw channels clipped, bool, shape (h, w) or (h, w, 3), on the pixels of
            `ours`; a compared pixel counts as clipped if any of its area is.

    Raises:
        ValueError: The mask does not have our render's size.
    """
    one, mask, two, offset = common_pixels(ours, theirs, clipped)
    pixels = [box_average(np.clip(rgb, 0.0, 1.0), COMPARED_PX) for rgb in (one, two)]
    apart = box_average(mask, COMPARED_PX) > 0
    difference = render_difference(*pixels)
    return Difference(
        mean=_mean(difference[~apart]),
        p95=float(np.percentile(difference[~apart], 95)) if (~apart).any() else float("nan"),
        clipped_mean=_mean(difference[apart]),
        clipped_share=float(apart.mean()),
        offset=offset,
    )


def common_pixels(
    ours: ArrayLike, theirs: ArrayLike, clipped: ArrayLike | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], tuple[int, int]]:
    """Bring two renders of one photo onto the pixels that both have.

    The larger one is averaged down to the size of the smaller when they differ in scale; the crop
    offset is found by correlation.

    Args:
        ours, theirs, clipped: As for `compare_renders`.

    Returns:
        Our pixels (H, W, 3), the clipped share of each (H, W), their pixels (H, W, 3), and the rows
        and columns that ours was moved by.

    Raises:
        ValueError: The mask does not have our render's size.
    """
    one: NDArray[np.float32] = np.asarray(ours, np.float32)
    two: NDArray[np.float32] = np.asarray(theirs, np.float32)
    mask: NDArray[np.float32] = np.zeros(one.shape[:2], np.float32)
    if clipped is not None:
        flags = np.asarray(clipped, dtype=bool)
        mask = np.asarray(flags.any(axis=-1) if flags.ndim == 3 else flags, dtype=np.float32)
        if mask.shape != one.shape[:2]:
            raise ValueError("the mask of clipped pixels has another size than the render")
    long_one, long_two = max(one.shape[:2]), max(two.shape[:2])
    if long_one > _SAME_SIZE * long_two:
        one, mask = box_average(one, long_two), box_average(mask, long_two)
    elif long_two > _SAME_SIZE * long_one:
        two = box_average(two, long_one)
    offset = crop_offset(_gray(one), _gray(two), _REACH_PX)
    one, mask, two = _overlap(one, mask, two, offset)
    return one, mask, two, offset


def _overlap(
    one: NDArray[np.float32],
    mask: NDArray[np.float32],
    two: NDArray[np.float32],
    offset: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    of_one, of_two = [], []
    for axis in (0, 1):
        start = max(0, offset[axis])
        stop = min(two.shape[axis], one.shape[axis] + offset[axis])
        of_two.append(slice(start, stop))
        of_one.append(slice(start - offset[axis], stop - offset[axis]))
    ours, theirs = tuple(of_one), tuple(of_two)
    return one[ours], mask[ours], two[theirs]


def _gray(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(luminance(rgb), 0.0, 1.0)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")
