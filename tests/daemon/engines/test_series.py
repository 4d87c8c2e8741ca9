"""A series edited alike, for each editor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from sidelight.engines.series import OWN, reasons_of, shift_to, solve_series
from sidelight.recipe import CameraWhiteBalance, Hdr, Recipe, ToneCurve
from sidelight.recipe.white_balance import RelativeWhiteBalance

EDITORS = ("lightroom", "darktable")
STOPS = (0.0, 0.7, -0.7, 0.3, -0.3, 0.7)
BALANCES = tuple((2.1 * gain, 1.0, 1.6 / gain) for gain in (1.0, 1.1, 0.92, 1.05, 0.95, 1.0))
HDR = Hdr(enabled=True)


@pytest.fixture(scope="module")
def photos(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/engines/series_photos.py")


@pytest.fixture(scope="module")
def members(photos):
    return [
        photos.member(str(i), stops=stop, balance=balance, shift=(i, -2 * i), after_s=i, seed=i)
        for i, (stop, balance) in enumerate(zip(STOPS, BALANCES, strict=True))
    ]


@pytest.fixture(scope="module")
def alone() -> list[Recipe]:
    """What an engine might have said of each photo by itself."""
    return [
        Recipe(exposure_ev=0.4 - stop, contrast=10.0 + i, shadows=20.0 - 2 * i, hdr=HDR)
        for i, stop in enumerate(STOPS)
    ]


@pytest.mark.parametrize("editor", EDITORS)
def test_exposure_and_white_balance_are_made_up_for(members, alone, editor: str) -> None:
    recipes = [place.recipe for place in solve_series(members, alone, editor)]
    exposed = [recipe.exposure_ev + stop for recipe, stop in zip(recipes, STOPS, strict=True)]
    assert np.ptp(exposed) < 0.06
    assert np.median(exposed) == pytest.approx(0.4, abs=0.05)
    gains = [
        np.log2(member.info.white_balance.multipliers(recipe.temperature_mired, recipe.tint))
        for member, recipe in zip(members, recipes, strict=True)
    ]
    assert np.ptp(gains, axis=0).max() < 0.03
    looks = {tuple(replace(r, **dict.fromkeys(OWN, 0.0)).to_vector()) for r in recipes}
    assert len(looks) == 1
    assert looks <= {tuple(replace(r, **dict.fromkeys(OWN, 0.0)).to_vector()) for r in alone}


@pytest.mark.parametrize("editor", EDITORS)
def test_an_anchor_stays_and_the_others_follow_it(members, alone, editor: str) -> None:
    curve = ToneCurve.from_offsets(np.linspace(0.02, 0.0, 14))
    anchor = Recipe(
        exposure_ev=1.0 - STOPS[2], temperature_mired=-20.0, tint=5.0, contrast=-12.0, curve=curve
    )
    places = solve_series(members, alone, editor, {2: anchor})
    assert places[2].recipe == anchor
    assert {place.ruler for place in places} == {2}
    base = members[2].info.white_balance.multipliers(-20.0, 5.0)
    for member, place, stop in zip(members, places, STOPS, strict=True):
        assert place.recipe.exposure_ev + stop == pytest.approx(1.0, abs=0.06)
        assert (place.recipe.contrast, place.recipe.curve) == (-12.0, curve)
        shift = place.recipe.temperature_mired, place.recipe.tint
        gains = member.info.white_balance.multipliers(*shift)
        np.testing.assert_allclose(np.log2(gains / base), 0.0, atol=0.03)


def test_between_two_anchors_the_look_goes_over_evenly(members, alone) -> None:
    first = Recipe(exposure_ev=0.0 - STOPS[0], contrast=0.0, hdr=HDR)
    last = Recipe(exposure_ev=1.0 - STOPS[5], contrast=50.0, hdr=HDR)
    places = solve_series(members, alone, "lightroom", {0: first, 5: last})
    exposed = [place.recipe.exposure_ev + stop for place, stop in zip(places, STOPS, strict=True)]
    np.testing.assert_allclose(exposed, np.linspace(0.0, 1.0, 6), atol=0.06)
    assert [place.recipe.contrast for place in places] == [0, 10, 20, 30, 40, 50]
    assert [place.ruler for place in places] == [0, 0, 0, 5, 5, 5]


@pytest.mark.parametrize("editor", EDITORS)
def test_fading_light_is_followed(photos, alone, editor: str) -> None:
    dusk = [
        photos.member(str(i), stops=stop, light=(-0.3 * i,) * 3, after_s=20 * i)
        for i, stop in enumerate(STOPS)
    ]
    places = solve_series(dusk, [Recipe(hdr=HDR)] * 6, editor)
    exposed = [place.recipe.exposure_ev + stop for place, stop in zip(places, STOPS, strict=True)]
    assert np.ptp(exposed) < 0.08


def test_without_exif_the_brightness_of_the_picture_is_matched(photos) -> None:
    plain = [
        photos.member(str(i), stops=stop, exposure_s=None, after_s=i)
        for i, stop in enumerate(STOPS)
    ]
    places = solve_series(plain, [Recipe(hdr=HDR)] * 6, "lightroom")
    exposed = [place.recipe.exposure_ev + stop for place, stop in zip(places, STOPS, strict=True)]
    assert np.ptp(exposed) < 0.06
    assert all(place.exposed_ev is None for place in places)


def test_a_rendered_picture_is_balanced_by_its_own_pixels(photos) -> None:
    pictures = [
        photos.member(
            str(i),
            light=(tone, 0.0, -tone),
            after_s=i,
            white_balance=RelativeWhiteBalance(),
            balance=(1.0, 1.0, 1.0),
            is_raw=False,
        )
        for i, tone in enumerate((0.0, 0.05, -0.04, 0.04, -0.05, 0.03))
    ]
    places = solve_series(pictures, [Recipe()] * 6, "lightroom")
    gains = [
        np.log2(RelativeWhiteBalance().multipliers(p.recipe.temperature_mired, p.recipe.tint))
        for p in places
    ]
    assert gains[4][0] > gains[1][0] + 0.05


def test_the_guides_peak_is_one_after_exposure(members, alone) -> None:
    places = solve_series(members, alone, "darktable")
    peaks = [place.guide_peak + place.recipe.exposure_ev for place in places]
    assert np.ptp(peaks) < 0.5
    own = [m.guide_peak + p.recipe.exposure_ev for m, p in zip(members, places, strict=True)]
    assert np.ptp(peaks) <= np.ptp(own)


def test_baseline_exposure_counts_where_the_editor_adds_it(photos) -> None:
    two = [photos.member("a"), photos.member("b", after_s=1, baseline_exposure_ev=0.2)]
    lightroom = solve_series(two, [Recipe(hdr=HDR)] * 2, "lightroom")
    darktable = solve_series(two, [Recipe(hdr=HDR)] * 2, "darktable")

    def apart(places) -> float:
        return places[0].recipe.exposure_ev - places[1].recipe.exposure_ev

    assert apart(lightroom) == pytest.approx(0.2, abs=0.03)
    assert apart(darktable) == pytest.approx(0.0, abs=0.03)


def test_the_same_photos_give_the_same_answer(members, alone) -> None:
    assert solve_series(members, alone, "lightroom") == solve_series(members, alone, "lightroom")


def test_reasons_say_what_was_made_up_for(members, alone) -> None:
    places = solve_series(members, alone, "lightroom")
    by_slider = {reason.slider: reason for reason in reasons_of(places[1], 5)}
    text = by_slider["exposure_ev"].text
    assert text.startswith("Exposure −0.3")
    assert "the other 5 photos of its series" in text
    assert "exposed this one by +0.5 EV" in text or "exposed this one by +0.6 EV" in text
    assert by_slider["temperature_mired"].term == "series"
    assert "the other photo of its series" in reasons_of(places[1], 1)[0].text


def test_a_shift_leads_to_wanted_multipliers() -> None:
    matrix = [[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]]
    for balance in (
        CameraWhiteBalance.from_color_matrix(matrix, (2.1, 1.0, 1.6)),
        RelativeWhiteBalance(),
    ):
        wanted = np.log2(balance.multipliers(35.0, -12.0))[[0, 2]]
        assert shift_to(balance, wanted) == pytest.approx((35.0, -12.0), abs=0.05)
