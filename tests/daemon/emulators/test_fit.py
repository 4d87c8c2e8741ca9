"""Settings found for a pair whose settings are known, and pairs no settings can make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Emulator, render
from sidelight.emulators.fit import (
    fit_pair,
    psnr_db,
    settings_bounds,
)
from sidelight.emulators.slope import MINIMUM_SLOPE
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import log_encode
from sidelight.recipe import Hdr, Recipe, ToneCurve
from sidelight.recipe.fields import BY_NAME, FIELDS, VECTOR_SIZE

EDIT = Recipe(
    temperature_mired=-25.0,
    tint=8.0,
    exposure_ev=0.6,
    contrast=20.0,
    highlights=-45.0,
    shadows=30.0,
    whites=15.0,
    blacks=-12.0,
    vibrance=25.0,
    saturation=-10.0,
)
BENT = replace(EDIT, curve=ToneCurve.from_offsets(0.03 * np.sin(np.linspace(0, 2 * np.pi, 14))))


@pytest.fixture(params=sorted(EMULATORS))
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return load_emulator(request.param)


def test_the_encoding_is_log2_of_1_plus_63_y() -> None:
    y = np.array([0.0, 1 / 63, 1.0, 5.0])
    assert np.allclose(log_encode(y), np.log2(1 + 63 * y) / 6)
    assert log_encode(np.array([1.0]))[0] == pytest.approx(1.0)
    assert log_encode(y.astype(np.float32)).dtype == np.float32


def test_the_encoding_goes_straight_on_below_zero() -> None:
    step = 1e-6
    below, zero, above = log_encode(np.array([-step, 0.0, step]))
    assert (zero - below) == pytest.approx(above - zero, rel=1e-3)
    assert log_encode(np.array([-2.0]))[0] == pytest.approx(2 * log_encode(np.array([-1.0]))[0])


def test_psnr_in_the_encoding() -> None:
    y = np.linspace(0, 4, 300).astype(np.float32)
    shifted = ((2 ** (6 * (log_encode(y) + np.float32(0.01))) - 1) / 63).astype(np.float32)
    assert psnr_db(y, shifted) == pytest.approx(40.0, abs=0.01)
    assert psnr_db(y, y) == 200.0


def test_bounds_are_the_sliders_ranges() -> None:
    low, high = settings_bounds()
    assert low.shape == high.shape == (VECTOR_SIZE,)
    assert (low[: len(FIELDS)] == -1).all()
    assert (high[: len(FIELDS)] == 1).all()


@pytest.mark.parametrize("headroom", [0.0, 2.3])
def test_a_known_edit_is_rendered_again(emulator: Emulator, photo: Image, headroom: float) -> None:
    recipe = replace(BENT, hdr=Hdr(headroom > 0, headroom or 2.3))
    after = render(emulator, photo, recipe, headroom)
    start = Recipe(hdr=recipe.hdr)
    found = fit_pair(photo, after, emulator, headroom=headroom, recipe=start, pixels=500)
    assert found.recipe.hdr == recipe.hdr
    assert found.psnr_db > 60
    # The figure it reports is that of the whole picture, within what a sample can tell.
    again = render(emulator, photo, found.recipe, headroom)
    assert psnr_db(again, after) > found.psnr_db - 6


def test_sliders_alone_come_back_as_they_were(emulator: Emulator, photo: Image) -> None:
    found = fit_pair(photo, render(emulator, photo, EDIT), emulator).recipe
    for name in ("temperature_mired", "tint", "exposure_ev", "vibrance", "saturation"):
        miss = getattr(found, name) - getattr(EDIT, name)
        assert abs(miss) < 0.03 * BY_NAME[name].scale, name


def test_the_default_rendering_is_all_zero(emulator: Emulator, photo: Image) -> None:
    found = fit_pair(photo, render(emulator, photo, Recipe()), emulator)
    assert np.abs(found.recipe.to_vector()).max() < 0.01


def test_no_fit_turns_tones_over(emulator: Emulator, photo: Image) -> None:
    """A negative asks for it; the tone sliders and the curve keep rising."""
    upright = render(emulator, photo, Recipe())
    negative = (0.6 - 0.55 * np.minimum(upright, 1)).astype(np.float32)
    found = fit_pair(photo, negative, emulator, pixels=400)
    assert np.isfinite(found.psnr_db)
    assert emulator.tone_slope(found.recipe.to_vector()).min() > MINIMUM_SLOPE - 1e-3
    x, y = found.recipe.curve.points().T
    assert (np.diff(y) / np.diff(x)).min() > MINIMUM_SLOPE - 1e-3


def test_the_curve_only_ever_helps(emulator: Emulator, photo: Image) -> None:
    found = fit_pair(photo, render(emulator, photo, BENT), emulator, pixels=400)
    assert found.psnr_db > found.psnr_sliders_db + 3
    assert not found.recipe.curve.is_identity


def test_clipped_pixels_are_not_compared(photo: Image) -> None:
    emulator = load_emulator("lightroom")
    after = render(emulator, photo, EDIT)
    spoiled, clipped = after.copy(), photo.clipped.copy()
    spoiled[:40] = 7.0
    clipped[:40, :, 1] = True
    found = fit_pair(replace(photo, clipped=clipped), spoiled, emulator, pixels=500)
    assert found.psnr_db > 60


def test_colour_is_uncertain_where_there_is_none(photo: Image) -> None:
    emulator = load_emulator("lightroom")
    grey = replace(photo, rgb=np.repeat(photo.rgb.mean(axis=-1, keepdims=True), 3, axis=-1))
    random = np.random.default_rng(1)
    widths = []
    for image in (photo, grey):
        after = render(emulator, image, EDIT)
        noisy = after * np.exp(random.normal(0, 0.02, after.shape)).astype(np.float32)
        widths.append(fit_pair(image, noisy, emulator, pixels=500).uncertainty)
    assert set(widths[0]) == {field.name for field in FIELDS}
    assert all(0 < width < 1000 for width in widths[0].values())
    assert widths[1]["saturation"] > 2 * widths[0]["saturation"]


def test_the_same_pair_gives_the_same_settings(emulator: Emulator, photo: Image) -> None:
    after = render(emulator, photo, EDIT)
    first, second = (fit_pair(photo, after, emulator, pixels=300, seed=4) for _ in range(2))
    assert first == second


def test_a_pair_that_cannot_be_compared_is_refused(photo: Image) -> None:
    emulator = load_emulator("lightroom")
    with pytest.raises(PhotoError, match="size"):
        fit_pair(photo, photo.rgb[:-1], emulator)
    nothing = np.full_like(photo.rgb, np.nan)
    with pytest.raises(PhotoError, match="few"):
        fit_pair(photo, nothing, emulator)
    with pytest.raises(PhotoError, match="few"):
        fit_pair(replace(photo, clipped=np.ones_like(photo.clipped)), photo.rgb, emulator)
