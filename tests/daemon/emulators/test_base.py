"""How a chain is bound to a photo and run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators import EMULATORS, base, load_emulator
from sidelight.emulators.base import Context, Stage, context_of, lost_gain, render, run
from sidelight.errors import EditorError
from sidelight.imaging.image import Image
from sidelight.recipe import CameraWhiteBalance, Hdr, Lut3D, Recipe


class Brighten:
    """An emulator whose result tells what it was given."""

    name = "brighten"

    def __init__(self) -> None:
        self.guides: list[Recipe | None] = []
        self.peaks: list[float | None] = []

    def guide(self, image: Image, recipe: Recipe | None = None) -> NDArray[np.float32]:
        self.guides.append(recipe)
        return np.full(image.rgb.shape[:2], 3.0, dtype=np.float32)

    def stages(self, context: Context) -> Sequence[Stage]:
        self.peaks.append(context.guide_peak)

        def add_guide(rgb: Any, theta: Any) -> Any:
            return rgb + np.asarray(context.guide)[..., None]

        def expose(rgb: Any, theta: Any) -> Any:
            return rgb * 2.0 ** (5.0 * theta[2] + context.headroom)

        return (Stage("guide", (), add_guide), Stage("exposure", (2,), expose))

    def tone_slope(self, theta: Any) -> Any:
        return np.ones(3)


def test_run_applies_the_stages_in_order() -> None:
    chain = [
        Stage("add", (), lambda rgb, theta: rgb + 1.0),
        Stage("scale", (0,), lambda rgb, theta: rgb * theta[0]),
    ]
    assert run(chain, np.array([[1.0, 2.0, 3.0]]), np.array([10.0])).tolist() == [[20, 30, 40]]
    assert run([], "unchanged", None) == "unchanged"


def test_render_refreshes_the_guide_unless_it_is_given(photo: Image) -> None:
    emulator = Brighten()
    edit = Recipe(exposure_ev=1.0)
    own = render(emulator, photo, edit)
    assert emulator.guides == [None, edit]
    assert own.dtype == np.float32
    assert np.allclose(own, 2 * (photo.rgb + 3), rtol=1e-6)
    flat = np.zeros(photo.rgb.shape[:2], dtype=np.float32)
    given = render(emulator, photo, Recipe(), headroom=2.0, guide=flat)
    assert emulator.guides == [None, edit, None]
    assert np.allclose(given, 4 * photo.rgb)


def test_the_peak_is_that_of_the_guide_as_shot_unless_it_is_given(photo: Image) -> None:
    emulator = Brighten()
    flat = np.zeros(photo.rgb.shape[:2], dtype=np.float32)
    render(emulator, photo, Recipe(), guide=flat)
    assert set(emulator.peaks) == {3.0}
    emulator = Brighten()
    render(emulator, photo, Recipe(), peak=-1.5)
    assert set(emulator.peaks) == {-1.5}
    assert emulator.guides == [Recipe()]


def test_bands_render_what_a_whole_render_does(
    photo: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = load_emulator("darktable")
    recipe = Recipe(exposure_ev=0.5, highlights=-40.0, contrast=20.0)
    whole = render(emulator, photo, recipe)
    monkeypatch.setattr(base, "_BAND", 1000)
    np.testing.assert_allclose(render(emulator, photo, recipe), whole, rtol=1e-5)


def test_a_context_carries_what_the_photo_and_the_recipe_say(photo: Image) -> None:
    image = replace(photo, info=replace(photo.info, baseline_exposure_ev=1.25))
    recipe = Recipe(hdr=Hdr(True, 3.0), lut=Lut3D.identity(2), lut_amount=0.4)
    guide = np.linspace(-9.0, 1.0, 96 * 144, dtype=np.float32)
    context = context_of(image, recipe, 3.0, guide)
    assert context.white_balance is image.info.white_balance
    assert context.baseline_exposure_ev == 1.25
    assert (context.hdr, context.lut, context.lut_amount) == (recipe.hdr, recipe.lut, 0.4)
    assert context.headroom == 3.0
    assert context.guide_peak == pytest.approx(np.percentile(guide, 99.5), abs=1e-4)
    assert context_of(image, recipe, 3.0).guide_peak is None
    assert context_of(image, recipe, 3.0, guide, 0.25).guide_peak == 0.25


def test_the_recipes_own_headroom_is_the_limit_of_a_rendition(photo: Image) -> None:
    recipe = Recipe(hdr=Hdr(True, 1.5))
    assert context_of(photo, recipe, 3.0).headroom == 1.5
    assert context_of(photo, recipe, 1.0).headroom == 1.0
    assert context_of(photo, recipe, 0.0).headroom == 0.0
    # With HDR off it says nothing about renditions.
    assert context_of(photo, Recipe(hdr=Hdr(False, 1.5)), 3.0).headroom == 3.0
    beyond, at = (render(Brighten(), photo, recipe, headroom) for headroom in (4.0, 1.5))
    assert np.array_equal(beyond, at)


def test_another_rendition_and_some_of_the_pixels(white_balance: CameraWhiteBalance) -> None:
    context = Context(white_balance, 2.0, guide=np.arange(10.0), guide_peak=8.5)
    sdr, some = context.at(0.0), context.take(np.array([7, 1]))
    assert (sdr.headroom, context.headroom) == (0.0, 2.0)
    assert some.guide.tolist() == [7.0, 1.0]
    assert some.guide_peak == 8.5
    without = Context(white_balance)
    assert without.take(np.array([7, 1])) is without
    lost = Context(white_balance, lost=np.arange(10.0)).take(np.array([7, 1])).lost
    assert lost is not None and lost.tolist() == [7.0, 1.0]


def test_lost_light_is_brought_to_the_level_that_darktable_gives_it(photo: Image) -> None:
    clipped = np.zeros(photo.rgb.shape, bool)
    clipped[1, 2] = True
    clipped[2, 1, 0] = True
    coloured = replace(photo, clipped=clipped)
    index = np.arange(photo.rgb.shape[0] * photo.rgb.shape[1])
    assert lost_gain(coloured, index) is None
    neutral = replace(coloured, info=replace(photo.info, lost_light_is_neutral=True))
    gain = lost_gain(neutral, index)
    assert gain is not None
    touched = np.flatnonzero(gain != 1.0)
    assert touched.tolist() == [photo.rgb.shape[1] + 2]
    level = photo.rgb[1, 2].mean() * gain[touched[0]]
    assert level == pytest.approx(np.mean(photo.info.white_balance.multipliers()), rel=1e-5)


def test_every_emulator_loads_and_knows_its_name() -> None:
    assert {name: load_emulator(name).name for name in EMULATORS} == {n: n for n in EMULATORS}
    with pytest.raises(EditorError, match="photoshop"):
        load_emulator("photoshop")
