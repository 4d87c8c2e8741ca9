"""The figures of an edit's twins on a virtual photo, whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from sidelight.editors.darktable.editor import recipe_to_entries
from sidelight.emulators.guide import exposure_boost, exposure_guide
from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.learning.metrics import (
    Black,
    HeadroomError,
    SdrUse,
    black,
    grey_lift,
    headroom_error,
    reference_rendition,
    sdr_use,
)
from sidelight.learning.truth import Truth
from sidelight.recipe import Recipe
from sidelight_xmp.darktable.history import History
from sidelight_xmp.darktable.sidecar import merge_history

DIFFUSE_WHITE_ROWS = frozenset({1, 3, 4, 6, 7, 8, 10})
"""Rows of the scene table that hold a diffuse white."""

Pixels = NDArray[np.float32]
Twins = tuple[Pixels, Pixels]


@dataclass(frozen=True)
class Evaluation:
    """What was measured on one photo for one editor.

    Attributes:
        photo: Name of the virtual photo.
        row: Its row in the scene table.
        editor: Whose rendering.
        headroom: Headroom error.
        grey_lift_ev: Grey lift.
        black: Black of the SDR twin.
        sdr_use: Use of the SDR range.
    """

    photo: str
    row: int
    editor: str
    headroom: HeadroomError
    grey_lift_ev: float
    black: Black
    sdr_use: SdrUse


def evaluate_twins(
    name: str, row: int, editor: str, truth: Truth, twins: Twins, headroom: float
) -> Evaluation:
    """Measure rendered twins against the truth of a virtual photo.

    Args:
        name, row: Of the virtual photo.
        editor: Whose rendering.
        truth: The scene.
        twins: SDR and HDR twin, each (H, W, 3), display-linear Rec.2020, any size.
        headroom: Stops above SDR white of the HDR twin.
    """
    long_side = min(max(twins[0].shape[:2]), max(truth.heads.shape))
    small = truth.averaged(long_side)
    sdr, hdr = (fitted(twin, small.rgb.shape[:2], long_side) for twin in twins)
    sdr_y, hdr_y, true_y = luminance(sdr), luminance(hdr), luminance(small.rgb)
    reference = reference_rendition(small.limited(), sdr, headroom)
    return Evaluation(
        photo=name,
        row=row,
        editor=editor,
        headroom=headroom_error(hdr_y, luminance(reference), headroom),
        grey_lift_ev=grey_lift(hdr_y, sdr_y, true_y),
        black=black(sdr_y, true_y, small.noise_sigma()),
        sdr_use=sdr_use(sdr, clipped_in_raw(truth, long_side)),
    )


def clipped_in_raw(truth: Truth, long_side: int) -> NDArray[np.bool_]:
    """Return which pixels hold a clipped photosite, shape (H, W) with that long side.

    A pixel is interpolated from the photosites around it, so it is clipped where one next to it
    is; where pixels are averaged, where most of them are.
    """
    clipped = maximum_filter(truth.clipped().any(axis=-1), size=3)
    if max(clipped.shape) <= long_side:
        return np.asarray(clipped)
    return np.asarray(box_average(clipped.astype(np.float32), long_side) > 0.5)


def fitted(rgb: Pixels, shape: tuple[int, int], long_side: int) -> Pixels:
    """Bring a render to the truth's size; darktable crops a few border pixels, evenly."""
    out = box_average(rgb, long_side) if max(rgb.shape[:2]) > long_side else rgb
    missing = [max(want - have, 0) for want, have in zip(shape, out.shape[:2], strict=True)]
    padding = [(gap // 2, gap - gap // 2) for gap in missing]
    return np.pad(out, [*padding, (0, 0)], mode="edge")[: shape[0], : shape[1]]


def recipe_sidecar(image: Image, recipe: Recipe, headroom: float = 0.0) -> bytes:
    """Return a new darktable sidecar of one twin of a Recipe, as the editor writes it."""
    boost = exposure_boost(exposure_guide(image), recipe.exposure_ev)
    if recipe.hdr.enabled:
        headroom = min(headroom, recipe.hdr.headroom)
    entries = recipe_to_entries(recipe, image.info, boost, headroom)
    return merge_history(None, History(tuple(entries), history_end=len(entries)))
