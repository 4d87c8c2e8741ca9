"""The SDR twin's white: raised where something is to be white and cannot be, and no further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import context_of, render
from sidelight.engines.auto import AutoEngine
from sidelight.engines.key import Key
from sidelight.engines.scene import analyse
from sidelight.engines.sdr_white import sdr_whites
from sidelight.imaging.color import luminance
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Recipe

ImageOf = Callable[..., Image]
DAY = Key(0.4, "camera")


@pytest.fixture(scope="module")
def overexposed(image_of: ImageOf) -> Image:
    """A street under a sky that the sensor lost, little above it."""
    random = np.random.default_rng(6)
    level = random.normal(-0.8, 0.35, (96, 144, 1))
    rgb = 2.0 ** np.repeat(level, 3, axis=2) * np.exp(random.normal(0, 0.05, (96, 144, 3)))
    lost = np.zeros((96, 144, 1), dtype=bool)
    lost[:30] = True
    rgb[:30] = 2.1
    return image_of(rgb, lost)


def chosen(image: Image, exposure_ev: float, editor: str = "darktable", key: Key = DAY) -> float:
    emulator, scene = load_emulator(editor), analyse(image)
    recipe = Recipe(exposure_ev=exposure_ev, hdr=Hdr(True, 2.3))
    guide = emulator.guide(image, index=scene.index)
    context = context_of(image, recipe, 2.3, guide, emulator.guide_peak(image))
    return sdr_whites(emulator, context, scene, key, 0.3, recipe.to_vector())


def white(image: Image, recipe: Recipe) -> float:
    return float(np.percentile(luminance(render(load_emulator("darktable"), image, recipe)), 99.5))


def test_what_the_sensor_lost_becomes_white(overexposed: Image) -> None:
    plain = Recipe(exposure_ev=-1.5)
    whites = chosen(overexposed, plain.exposure_ev)
    assert whites > 0.0 and white(overexposed, plain) < 0.85
    raised = replace(plain, hdr=Hdr(sdr_whites=whites))
    assert 0.93 <= white(overexposed, raised) <= 1.0


def test_the_darker_the_picture_the_more(overexposed: Image) -> None:
    levels = [chosen(overexposed, ev) for ev in (1.5, 0.0, -1.0, -2.0)]
    assert levels == sorted(levels) and levels[0] == 0.0 < levels[-1]


def test_nothing_that_the_raw_holds_clips_for_it(landscape: Image) -> None:
    whites = chosen(landscape, -2.5)
    rgb = render(
        load_emulator("darktable"), landscape, Recipe(exposure_ev=-2.5, hdr=Hdr(sdr_whites=whites))
    )
    assert np.percentile(rgb.max(axis=-1), 99.5) < 1.0


def test_at_night_only_what_the_sensor_lost_is_to_be_white(
    overexposed: Image, landscape: Image
) -> None:
    night = Key(-2.0, "night")
    assert chosen(landscape, -2.5, key=night) == 0.0 < chosen(landscape, -2.5)
    assert chosen(overexposed, -2.0, key=night) > 0.0


def test_neither_where_nothing_is_white_nor_for_lightroom(
    overexposed: Image, image_of: ImageOf
) -> None:
    assert chosen(overexposed, -2.0, "lightroom") == 0.0
    random = np.random.default_rng(7)
    wall = image_of(0.3 * 2.0 ** random.normal(0, 0.2, (80, 80, 1)) * np.ones(3))
    assert chosen(wall, -1.0) == 0.0


def test_auto_raises_it_and_says_so(overexposed: Image) -> None:
    prediction = AutoEngine().predict(overexposed, "darktable")
    assert prediction.recipe.hdr.sdr_whites > 0.0
    assert any("white" in note and "SDR" in note for note in prediction.notes)
    assert AutoEngine().predict(overexposed, "lightroom").recipe.hdr.sdr_whites == 0.0
    half = AutoEngine().predict(overexposed, "darktable", strength=0.5).recipe
    assert 0.0 < half.hdr.sdr_whites < prediction.recipe.hdr.sdr_whites
