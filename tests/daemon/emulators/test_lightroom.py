"""Lightroom's emulator against Adobe's published curve and the facts of HDR mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import colour
import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context, render, run
from sidelight.emulators.lightroom import (
    LightroomEmulator,
    default_curve_table,
    hdr_curve,
    tone_gain_ev,
    tone_slope,
)
from sidelight.imaging.color import REC2020_TO_PROPHOTO
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.recipe import CameraWhiteBalance, Hdr, Recipe, ToneCurve
from sidelight.recipe.fields import INDEX, VECTOR_SIZE

ADOBE = {
    0.01: 0.0083,
    0.045: 0.067,
    0.09: 0.170,
    0.18: 0.388,
    0.25: 0.521,
    0.36: 0.674,
    0.5: 0.805,
    0.72: 0.928,
}
"""Linear in and out of Adobe's default curve."""

REC2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593])
STOPS = 2.0 ** np.arange(-9, 4, 0.5)


def rendered(
    rgb: NDArray[np.float64],
    white_balance: CameraWhiteBalance,
    recipe: Recipe | None = None,
    headroom: float = 0.0,
    **context: Any,
) -> NDArray[np.float64]:
    recipe = recipe or Recipe()
    bound = Context(white_balance, headroom, hdr=recipe.hdr, **context)
    return run(LightroomEmulator().stages(bound), np.asarray(rgb), recipe.to_vector())


def greys(levels: Any) -> NDArray[np.float64]:
    return np.repeat(np.asarray(levels, dtype=float)[:, None], 3, axis=1)


def test_the_table_is_adobes_curve() -> None:
    table = default_curve_table()
    assert table.shape == (1025,)
    assert (np.diff(table) > 0).all()
    got = np.interp(list(ADOBE), np.linspace(0, 1, 1025), table)
    assert np.allclose(got, list(ADOBE.values()), atol=6e-4)


def test_neutrals_pass_the_whole_chain_along_that_curve(
    white_balance: CameraWhiteBalance,
) -> None:
    out = rendered(greys(list(ADOBE)), white_balance)
    assert np.allclose(out, greys(list(ADOBE.values())), atol=7e-4)


def test_baseline_exposure_comes_on_top(white_balance: CameraWhiteBalance) -> None:
    lifted = rendered(greys(STOPS), white_balance, baseline_exposure_ev=2.0)
    assert np.allclose(lifted, rendered(greys(4 * STOPS), white_balance), rtol=1e-6)


def test_the_working_space_is_prophoto() -> None:
    wanted = colour.matrix_RGB_to_RGB(
        colour.RGB_COLOURSPACES["ITU-R BT.2020"],
        colour.RGB_COLOURSPACES["ProPhoto RGB"],
        "Bradford",
    )
    assert np.allclose(REC2020_TO_PROPHOTO, wanted, atol=2e-3)


def test_the_middle_channel_is_interpolated(white_balance: CameraWhiteBalance) -> None:
    """Adobe's hue keeping: where the middle lies between the others is unchanged."""
    random = np.random.default_rng(4)
    rgb = 2.0 ** random.uniform(-6, -1, (200, 3))
    before = rgb @ REC2020_TO_PROPHOTO.T
    after = rendered(rgb, white_balance) @ REC2020_TO_PROPHOTO.T
    places = []
    for values in (before, after):
        low, middle, high = np.sort(values, axis=1).T
        places.append((middle - low) / (high - low))
    assert np.array_equal(np.argsort(before, axis=1), np.argsort(after, axis=1))
    assert np.allclose(*places, atol=1e-6)


@pytest.mark.parametrize("headroom", [1.0, 2.3, 4.0])
def test_hdr_mode_leaves_the_curve_at_one_half(
    white_balance: CameraWhiteBalance, headroom: float
) -> None:
    recipe = Recipe(hdr=Hdr(True, headroom))
    below = greys(np.linspace(0, 0.237, 50))
    hdr = rendered(below, white_balance, recipe, headroom)
    assert np.allclose(hdr, rendered(below, white_balance), atol=1e-9)
    assert rendered(greys([0.238]), white_balance, recipe, headroom)[0, 0] == pytest.approx(
        0.5, abs=2e-3
    )


@pytest.mark.parametrize("headroom", [1.0, 2.3, 4.0])
def test_hdr_mode_rises_stop_for_stop_and_rolls_off_at_the_peak(headroom: float) -> None:
    x = 0.25 * 2.0 ** np.linspace(0, 10, 400)
    y = hdr_curve(x, headroom)
    slope = np.diff(np.log2(y)) / np.diff(np.log2(x))
    middle = np.sqrt(y[1:] * y[:-1])
    peak = 2.0**headroom
    assert np.allclose(slope[middle < peak * 2**-0.55], 1.0, atol=1e-6)
    assert (slope >= 0).all()
    assert (np.diff(slope) < 1e-6).all()
    assert y.max() <= peak
    assert y[-1] == pytest.approx(peak, rel=1e-3)


def test_the_sdr_twin_of_an_hdr_edit_is_the_sdr_curve(white_balance: CameraWhiteBalance) -> None:
    twin = rendered(greys(STOPS), white_balance, Recipe(hdr=Hdr(True, 2.3)), 0.0)
    assert np.allclose(twin, rendered(greys(STOPS), white_balance))


BENT = ToneCurve.from_offsets(0.08 * np.sin(np.linspace(0.2, 2 * np.pi, 14)))


def test_the_point_curve_passes_its_knots(white_balance: CameraWhiteBalance) -> None:
    x, y = BENT.points()[1:-1].T
    scene = np.interp(srgb_decode(x), default_curve_table(), np.linspace(0, 1, 1025))
    out = rendered(greys(scene), white_balance, Recipe(curve=BENT))
    assert np.allclose(srgb_encode(out), greys(y), atol=1e-3)


def test_the_point_curve_is_left_out_in_hdr_mode(white_balance: CameraWhiteBalance) -> None:
    for headroom in (0.0, 2.3):
        plain = Recipe(hdr=Hdr(True, 2.3))
        bent = replace(plain, curve=BENT)
        assert np.array_equal(
            rendered(greys(STOPS), white_balance, bent, headroom),
            rendered(greys(STOPS), white_balance, plain, headroom),
        )


def published_gain(e: NDArray[np.float64], c: float, h: float, s: float, w: float, b: float) -> Any:
    """The generic tone layer, written as its formula is published."""

    def sigma(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-z))

    return (
        0.5 * c * e
        + 1.5 * h * sigma(1.5 * (e - 0.6))
        + 1.5 * s * sigma(1.5 * (-e - 1.0))
        + 1.2 * w * sigma(2 * (e - 1.8))
        + 1.2 * b * sigma(2 * (-e - 3.0))
    )


def test_the_tone_sliders_are_the_published_layer() -> None:
    e = np.linspace(-12, 6, 80)
    for values in np.random.default_rng(6).uniform(-1, 1, (20, 5)):
        theta = np.zeros(VECTOR_SIZE)
        for name, value in zip(
            ("contrast", "highlights", "shadows", "whites", "blacks"), values, strict=True
        ):
            theta[INDEX[name]] = value
        assert np.allclose(tone_gain_ev(e, e, theta), published_gain(e, *values), atol=1e-12)


def test_highlights_and_shadows_read_the_neighbourhood() -> None:
    theta = np.zeros(VECTOR_SIZE)
    theta[[INDEX["highlights"], INDEX["shadows"]]] = -1.0, 1.0
    bright, dark = np.array([2.0]), np.array([-4.0])
    assert tone_gain_ev(dark, bright, theta) == tone_gain_ev(bright, bright, theta)
    theta = np.zeros(VECTOR_SIZE)
    theta[INDEX["whites"]] = 1.0
    assert tone_gain_ev(dark, bright, theta) < 0.01 < tone_gain_ev(bright, dark, theta)


def test_tone_slope_is_that_of_neutrals_without_a_guide() -> None:
    """Each number is the mean slope over a quarter of a stop from -8 to +3 EV."""
    theta = np.zeros(VECTOR_SIZE)
    theta[[INDEX["contrast"], INDEX["highlights"], INDEX["blacks"]]] = 0.3, -0.8, 0.5
    e = np.linspace(-8, 3, 45)
    out = e + published_gain(e, 0.3, -0.8, 0.0, 0.0, 0.5)
    assert np.allclose(tone_slope(theta), np.diff(out) / 0.25)
    assert np.allclose(tone_slope(np.zeros(VECTOR_SIZE)), 1.0)


def test_exposure_doubles_light(white_balance: CameraWhiteBalance) -> None:
    doubled = rendered(greys(STOPS), white_balance, Recipe(exposure_ev=1.0))
    assert np.allclose(doubled, rendered(greys(2 * STOPS), white_balance))


def test_saturation_and_vibrance(white_balance: CameraWhiteBalance) -> None:
    colours = np.array([[0.2, 0.18, 0.16], [0.35, 0.02, 0.02]])
    plain = rendered(colours, white_balance)
    luminance = plain @ REC2020_LUMINANCE
    grey = rendered(colours, white_balance, Recipe(saturation=-100.0))
    assert np.allclose(grey, luminance[:, None], atol=1e-6)

    def growth(recipe: Recipe) -> NDArray[np.float64]:
        out = rendered(colours, white_balance, recipe)
        assert np.allclose(out @ REC2020_LUMINANCE, luminance, atol=1e-4)
        return (np.ptp(out, axis=1) / np.ptp(plain, axis=1)) - 1

    assert np.allclose(growth(Recipe(saturation=50.0)), 0.5)
    muted, vivid = growth(Recipe(vibrance=50.0))
    assert muted > 2 * vivid > 0


def test_the_guide_moves_with_exposure(photo: Image) -> None:
    """One stop more exposure is the same as a scene of twice the light, guide included."""
    recipe = Recipe(exposure_ev=1.0, highlights=-60.0, shadows=40.0)
    emulator = LightroomEmulator()
    guide = emulator.guide(photo)
    brighter = replace(photo, rgb=2 * photo.rgb)
    assert np.allclose(
        render(emulator, photo, recipe, guide=guide),
        render(emulator, brighter, replace(recipe, exposure_ev=0.0), guide=guide + 1),
        rtol=2e-4,
        atol=1e-5,
    )
