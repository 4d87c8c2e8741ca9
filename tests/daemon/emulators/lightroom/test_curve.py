"""Base curve and point curve against Adobe's published curve and the facts of HDR mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import colour
import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.emulators.lightroom.curve import curve_table, default_curve_table, hdr_curve
from sidelight.imaging.camera_profile import CameraProfile
from sidelight.imaging.color import REC2020_TO_PROPHOTO
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.recipe import Hdr, Recipe, ToneCurve

Rendered = Callable[..., NDArray[np.float64]]
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

STOPS = 2.0 ** np.arange(-9, 4, 0.5)


def greys(levels: Any) -> NDArray[np.float64]:
    return np.repeat(np.asarray(levels, dtype=float)[:, None], 3, axis=1)


def test_the_table_is_adobes_curve() -> None:
    table = default_curve_table()
    assert table.shape == (1025,)
    assert (np.diff(table) > 0).all()
    got = np.interp(list(ADOBE), np.linspace(0, 1, 1025), table)
    assert np.allclose(got, list(ADOBE.values()), atol=6e-4)


def test_neutrals_pass_the_whole_chain_along_that_curve(
    rendered: Rendered,
) -> None:
    out = rendered(greys(list(ADOBE)))
    assert np.allclose(out, greys(list(ADOBE.values())), atol=7e-4)


def test_the_working_space_is_prophoto() -> None:
    wanted = colour.matrix_RGB_to_RGB(
        colour.RGB_COLOURSPACES["ITU-R BT.2020"],
        colour.RGB_COLOURSPACES["ProPhoto RGB"],
        "Bradford",
    )
    assert np.allclose(REC2020_TO_PROPHOTO, wanted, atol=2e-3)


def test_the_middle_channel_is_interpolated(rendered: Rendered) -> None:
    """Adobe's hue keeping: where the middle lies between the others is unchanged."""
    random = np.random.default_rng(4)
    rgb = 2.0 ** random.uniform(-6, -1, (200, 3))
    before = rgb @ REC2020_TO_PROPHOTO.T
    after = rendered(rgb) @ REC2020_TO_PROPHOTO.T
    places = []
    for values in (before, after):
        low, middle, high = np.sort(values, axis=1).T
        places.append((middle - low) / (high - low))
    assert np.array_equal(np.argsort(before, axis=1), np.argsort(after, axis=1))
    assert np.allclose(*places, atol=1e-6)


@pytest.mark.parametrize("headroom", [1.0, 2.3, 4.0])
def test_hdr_mode_leaves_the_curve_at_one_half(rendered: Rendered, headroom: float) -> None:
    recipe = Recipe(hdr=Hdr(True, headroom))
    below = greys(np.linspace(0, 0.237, 50))
    hdr = rendered(below, recipe, headroom)
    assert np.allclose(hdr, rendered(below), atol=1e-9)
    assert rendered(greys([0.238]), recipe, headroom)[0, 0] == pytest.approx(0.5, abs=2e-3)


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


def test_the_sdr_twin_of_an_hdr_edit_is_the_sdr_curve(rendered: Rendered) -> None:
    twin = rendered(greys(STOPS), Recipe(hdr=Hdr(True, 2.3)), 0.0)
    assert np.allclose(twin, rendered(greys(STOPS)))


BENT = ToneCurve.from_offsets(0.08 * np.sin(np.linspace(0.2, 2 * np.pi, 14)))


def test_the_point_curve_passes_its_knots(rendered: Rendered) -> None:
    x, y = BENT.points()[1:-1].T
    scene = np.interp(srgb_decode(x), default_curve_table(), np.linspace(0, 1, 1025))
    out = rendered(greys(scene), Recipe(curve=BENT))
    assert np.allclose(srgb_encode(out), greys(y), atol=1e-3)


def test_the_point_curve_is_left_out_in_hdr_mode(rendered: Rendered) -> None:
    for headroom in (0.0, 2.3):
        plain = Recipe(hdr=Hdr(True, 2.3))
        bent = replace(plain, curve=BENT)
        assert np.array_equal(
            rendered(greys(STOPS), bent, headroom),
            rendered(greys(STOPS), plain, headroom),
        )


def test_a_profiles_curve_takes_the_place_of_adobes(rendered: Rendered) -> None:
    x = np.linspace(0, 1, 17)
    profile = CameraProfile(tone_curve=np.stack([x, x**0.5], axis=1))
    out = rendered(greys(x[1:]), camera_profile=profile)
    assert np.allclose(out, greys(x[1:] ** 0.5), atol=1e-3)
    hdr = rendered(greys([0.2, 0.25, 0.5]), Recipe(hdr=Hdr(True, 4.0)), 4.0, camera_profile=profile)
    assert np.allclose(hdr[:, 0], [0.2**0.5, 0.5, 1.0], atol=2e-3)


def test_any_curve_of_a_profile_rises() -> None:
    jumpy = np.array([[0, 0], [0.1, 0.0], [0.11, 0.9], [0.2, 0.9], [1, 1]], dtype=float)
    table = curve_table(CameraProfile(tone_curve=jumpy))
    assert (np.diff(table) >= 0).all()
    assert table.min() >= 0 and table.max() <= 1


def test_the_constants_of_hdr_mode() -> None:
    x = 0.3 * 2.0 ** np.linspace(0, 3, 40)
    steep = LightroomConstants(hdr_knee=0.3, hdr_slope=1.5, hdr_gain_ev=0.25)
    y = hdr_curve(x, 8.0, steep)
    assert np.allclose(np.diff(np.log2(y)) / np.diff(np.log2(x)), 1.5)
    knee = np.interp(0.3, default_curve_table(), np.linspace(0, 1, 1025))
    assert hdr_curve(np.array([knee]), 8.0, steep)[0] == pytest.approx(0.3 * 2**0.25)


@pytest.mark.parametrize("headroom", [0.1, 1.0, 4.0])
def test_hdr_mode_stays_below_its_limit_and_rises_with_any_constants(
    rendered: Rendered, headroom: float
) -> None:
    recipe = Recipe(hdr=Hdr(True, headroom))
    for knee, gain, slope, roll in [(0.8, 1, 3, 2), (0.02, -1, 0.5, 0.1), (0.8, 1, 0.5, 2)]:
        constants = LightroomConstants(
            hdr_knee=knee, hdr_gain_ev=gain, hdr_slope=slope, hdr_roll_ev=roll
        )
        out = rendered(greys(STOPS), recipe, headroom, constants)[:, 0]
        assert (np.diff(out) >= -1e-9).all()
        assert out.max() <= 2**headroom
