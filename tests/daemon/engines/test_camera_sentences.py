from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.camera_fit import CameraFit
from sidelight.engines.camera_sentences import camera_notes, camera_reasons, departures
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Recipe, ToneCurve
from sidelight.recipe.fields import SLIDERS


def fit_of(lab: np.ndarray, target: np.ndarray) -> CameraFit:
    return CameraFit(np.zeros(24), np.linalg.norm(lab - target, axis=1), lab, target)


@pytest.fixture
def colors() -> np.ndarray:
    random = np.random.default_rng(1)
    return np.column_stack([random.uniform(5, 95, 400), random.normal(0, 12, (400, 2))])


MOVES = {
    "temperature_mired": lambda lab: lab - [0, 0, 4],
    "tint": lambda lab: lab - [0, -4, 0],
    "exposure_ev": lambda lab: lab - [-8, 0, 0],
    "contrast": lambda lab: (lab - [50, 0, 0]) * [1.2, 1, 1] + [50, 0, 0],
    "whites": lambda lab: lab + np.where(lab[:, :1] > 80, [6, 0, 0], 0),
    "blacks": lambda lab: lab + np.where(lab[:, :1] < 20, [6, 0, 0], 0),
    "vibrance": lambda lab: lab * [1, 1.2, 1.2],
    "saturation": lambda lab: lab * [1, 1.2, 1.2],
}


@pytest.mark.parametrize("slider", sorted(MOVES))
def test_a_departure_has_the_sign_of_its_slider(colors: np.ndarray, slider: str) -> None:
    moved = MOVES[slider](colors)
    assert departures(fit_of(colors, moved))[slider] > 0.02
    assert departures(fit_of(moved, colors))[slider] < -0.02


def test_a_slider_that_goes_the_cameras_way_says_what_it_does(colors: np.ndarray) -> None:
    before = fit_of(colors, MOVES["exposure_ev"](MOVES["contrast"](colors)))
    reasons = camera_reasons(Recipe(exposure_ev=0.5, contrast=-20), before)
    texts = {reason.slider: reason.text for reason in reasons}
    assert texts["exposure_ev"].startswith("Exposure +0.50 EV brings the mid-tones to their place")
    assert "EV brighter in the camera's own JPEG" in texts["exposure_ev"]
    assert texts["contrast"] == (
        "Contrast \N{MINUS SIGN}20 balances the other settings; "
        "together they look as the camera's own JPEG does."
    )
    agreed = camera_reasons(Recipe(contrast=20), before)[0].text
    assert agreed == "Contrast +20 gives tones more contrast as the camera's own JPEG does."


def test_every_slider_has_words(colors: np.ndarray) -> None:
    before = fit_of(colors, colors + 1.0)
    names = [name for name in SLIDERS if name not in ("highlights", "shadows")]
    for value in (3.0, -3.0):
        recipe = Recipe(**dict.fromkeys(names, value))
        assert {reason.slider for reason in camera_reasons(recipe, before)} == set(names)
    assert camera_reasons(Recipe(), before) == ()


def notes(image: Image, recipe: Recipe, after: CameraFit, editor: str = "darktable") -> str:
    return " ".join(camera_notes(image, recipe, editor, 0.8, after, after))


def test_notes_say_how_well_it_matches_and_what_the_curve_does(
    landscape: Image, colors: np.ndarray
) -> None:
    near = fit_of(colors, colors - [1.0, 0, 0])
    assert "ΔE2000 1.0, without the edit 1.0, over 80 % of the frame" in notes(
        landscape, Recipe(), near
    )
    s_curve = ToneCurve((*[-0.05] * 5, *[0.0] * 4, *[0.05] * 5))
    assert (
        "To follow the camera's own JPEG the tone curve lifts the highlights and lowers the "
        "shadows." in notes(landscape, Recipe(curve=s_curve), near)
    )
    assert "curve" not in notes(landscape, Recipe(), near)


def test_notes_name_the_hue_that_no_slider_reaches(landscape: Image, colors: np.ndarray) -> None:
    target = colors.copy()
    target[:60, 1:] = [-40.0, 30.0]  # greens
    lab = target.copy()
    lab[:60, 1:] = [-30.0, 40.0]
    assert "The greens still differ by" in notes(landscape, Recipe(), fit_of(lab, target))
    assert "still differ" not in notes(landscape, Recipe(), fit_of(target, target))


def test_notes_say_what_is_left_out(landscape: Image, colors: np.ndarray) -> None:
    near = fit_of(colors, colors)
    clipped = landscape.clipped.copy()
    clipped[:20] = True
    assert "clipped in the raw" in notes(replace(landscape, clipped=clipped), Recipe(), near)
    hdr = Recipe(hdr=Hdr(enabled=True))
    assert "SDR version is matched" in notes(landscape, hdr, near)
    assert "no tone curve in HDR mode" in notes(landscape, hdr, near, "lightroom")
    assert "no tone curve" not in notes(landscape, Recipe(), near, "lightroom")
