"""What the sensor lost comes out of darktable neutral, and as bright as Auto counts with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import context_of, lost_gain, run
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.twins import fitted, recipe_sidecar

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

NEUTRAL = ("virtual_08_over", "virtual_09", "virtual_10")
COLOURED = ("virtual_02", "virtual_03_over", "virtual_04")


@pytest.mark.parametrize("headroom", [0.0, 2.3])
def test_lost_areas_are_neutral_where_nothing_tells_their_colour(
    headroom, virtual_photos, darktable_cli
):
    photos = [item for item in virtual_photos if item.photo.name in NEUTRAL]
    images = [read_photo(item.raw) for item in photos]
    recipes = [load_engine("auto").predict(image, "darktable").recipe for image in images]
    jobs = [
        (image.info.path, recipe_sidecar(image, recipe, headroom))
        for image, recipe in zip(images, recipes, strict=True)
    ]
    emulator = load_emulator("darktable")
    for image, recipe, shown in zip(images, recipes, render_darktable_batch(jobs), strict=True):
        assert image.info.lost_light_is_neutral
        lost = image.clipped.all(axis=-1)
        size = image.rgb.shape[:2]
        theirs = fitted(shown.rgb, size, max(size))[lost]
        median = np.median(theirs, axis=0)
        assert np.ptp(median) < 0.03 * median.max(), image.info.path.name
        guide = emulator.guide(image, recipe).reshape(-1)
        some = np.flatnonzero(lost)[::97]
        context = context_of(image, recipe, headroom, guide).take(some)
        context = replace(context, lost=lost_gain(image, some))
        theta = recipe.to_vector().astype(np.float32)
        ours = run(emulator.stages(context), image.rgb.reshape(-1, 3)[some], theta)
        off = np.log2(np.median(luminance(theirs)) / np.median(luminance(ours)))
        assert abs(off) < 0.1, image.info.path.name


def test_a_sunset_and_a_dawn_keep_their_colour(virtual_photos):
    photos = [item for item in virtual_photos if item.photo.name in COLOURED]
    assert len(photos) == len(COLOURED)
    assert not any(read_photo(item.raw).info.lost_light_is_neutral for item in photos)
