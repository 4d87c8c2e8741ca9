"""Constants found again from renders of an emulator that has others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sidelight.emulators.base import render
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.imaging.image import Image
from sidelight.learning.calibrate import (
    Example,
    example_error,
    fit_constants,
    groups_to_fit,
    moves,
    sample_of,
)
from sidelight.recipe import CameraWhiteBalance, PhotoInfo, Recipe

OTHER = LightroomConstants(
    shadows_ev=2.1, shadows_pivot_ev=-1.6, contrast_slope=0.35, saturation_scale=0.7,
    exposure_offset_ev=0.3,
)  # fmt: skip
RECIPES = [
    Recipe(shadows=80.0, contrast=20.0, saturation=-40.0),
    Recipe(shadows=-60.0, contrast=-40.0, saturation=10.0),
    Recipe(shadows=30.0, contrast=60.0, saturation=50.0, exposure_ev=-0.7),
    Recipe(shadows=-25.0, contrast=15.0, saturation=15.0, temperature_mired=20.0),
]


@pytest.fixture(scope="module")
def photo() -> Image:
    """Soft patches over ten stops, 120 by 180 pixels, a corner clipped."""
    matrix = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
    balance = CameraWhiteBalance.from_color_matrix(matrix, [2.1, 1.0, 1.6])
    random = np.random.default_rng(11)
    level = 2.0 ** random.uniform(-8.5, 0.0, (12, 18, 1)) * np.exp(
        random.normal(0.0, 0.12, (12, 18, 3))
    )
    rgb = np.repeat(np.repeat(level, 10, axis=0), 10, axis=1)
    rgb = np.exp2(gaussian_filter(np.log2(rgb), (4, 4, 0))).astype(np.float32)
    clipped = np.zeros(rgb.shape, dtype=bool)
    clipped[:20, :30, 0] = True
    return Image(rgb, clipped, PhotoInfo(Path("a.dng"), True, balance))


def examples(photo: Image) -> list[Example]:
    lightroom = LightroomEmulator(OTHER)
    return [Example(photo, recipe, render(lightroom, photo, recipe)) for recipe in RECIPES]


def test_constants_are_recovered_and_others_stay(photo: Image) -> None:
    some = examples(photo)
    samples = [sample for example in some if (sample := sample_of(example)) is not None]
    groups = groups_to_fit([sample.recipe for sample in samples])
    assert groups == ("exposure_ev", "contrast", "shadows", "saturation")
    found = fit_constants(samples, groups)
    for name in ("shadows_ev", "shadows_pivot_ev", "contrast_slope", "saturation_scale"):
        assert getattr(found, name) == pytest.approx(getattr(OTHER, name), abs=0.04), name
    assert found.whites_ev == LightroomConstants().whites_ev
    before, after = (example_error(some[0], each) for each in (LightroomConstants(), found))
    assert before.mean > 3.0
    assert after.mean < 0.1 and after.p95 < 0.3


def test_a_slider_counts_from_a_tenth_of_its_range() -> None:
    assert moves(Recipe(shadows=-10.0), "shadows") and not moves(Recipe(shadows=9.0), "shadows")
    assert moves(Recipe(exposure_ev=0.5), "exposure_ev")
    assert groups_to_fit([Recipe(vibrance=40.0)] * 2) == ("exposure_ev",)
    assert groups_to_fit([Recipe(vibrance=40.0)] * 3) == ("exposure_ev", "vibrance")


def test_what_the_sensor_or_the_export_cut_off_is_left_out(photo: Image) -> None:
    example = examples(photo)[0]
    target = example.target.copy()
    target[60:, :60] = [1.0, 1.0, 1.0]
    target[60:, 120:] = [0.3, 0.0, 0.0]
    usable = replace(example, target=target).usable()
    assert not usable[:20, :30].any()
    assert not usable[60:, :60].any() and not usable[60:, 120:].any()
    assert usable[30:50, 80:100].mean() > 0.5
    assert example_error(replace(example, target=target), OTHER).share < usable.mean() + 0.1


def test_nothing_usable_is_no_sample(photo: Image) -> None:
    example = examples(photo)[0]
    assert sample_of(replace(example, target=np.ones_like(example.target))) is None


def test_a_few_wild_pixels_change_little(photo: Image) -> None:
    some = examples(photo)
    for example in some:
        example.target[70:90, 70:90] *= 2.5
    samples = [sample for example in some if (sample := sample_of(example)) is not None]
    found = fit_constants(samples, groups_to_fit(RECIPES))
    assert found.shadows_ev == pytest.approx(OTHER.shadows_ev, abs=0.15)
