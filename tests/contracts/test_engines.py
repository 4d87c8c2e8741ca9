"""What every engine must do; a new engine is tested here by its line in `ENGINES`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.engines import ENGINES, load_engine
from sidelight.engines.base import Engine, Prediction
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image, Preview
from sidelight.recipe import CameraWhiteBalance, PhotoInfo, Recipe
from sidelight.recipe.fields import BY_NAME, SLIDERS

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
WHITE_BALANCE = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])
INFO = PhotoInfo(Path("a.dng"), is_raw=True, white_balance=WHITE_BALANCE)
STEP = {"EV": 0.05, "points": 1.5, "mired": 3.0}
"""Moves that a photographer would not see."""


def image_of(rgb: ArrayLike, clipped: bool = False) -> Image:
    pixels = np.asarray(rgb, dtype=np.float32)
    return Image(pixels, np.full(pixels.shape, clipped), INFO, camera_jpeg(pixels))


def camera_jpeg(rgb: NDArray[np.float32]) -> Preview:
    """A camera's own JPEG of the same scene, with a look of its own."""
    light = np.clip(np.nan_to_num(rgb.astype(np.float64)), 0.0, 1.0)
    light = 0.8 * light + 0.2 * light.mean(axis=-1, keepdims=True)
    codes = np.rint(255 * (1.0 - np.exp(-4.0 * light)) ** 0.6)
    return Preview(codes.astype(np.uint8), True, "its embedded JPEG was made for this test")


def scene(seed: int = 0) -> Image:
    random = np.random.default_rng(seed)
    level = np.linspace(1.0, -7.0, 64)[:, None, None] + random.normal(0, 1, (64, 96, 1))
    return image_of(2.0**level * np.exp(random.normal(0, 0.2, (64, 96, 3))))


def spoiled(value: float, rows: slice) -> Image:
    rgb = scene().rgb.copy()
    rgb[rows, 10:60, 1] = value
    return image_of(rgb)


def dead(*channels: int) -> Image:
    rgb = scene().rgb.copy()
    rgb[..., list(channels)] = 0
    return image_of(rgb)


def noise(*shape: int) -> Image:
    return image_of(2.0 ** np.random.default_rng(2).normal(-3, 1, (*shape, 3)))


DEGENERATE = {
    "all black": image_of(np.zeros((32, 48, 3))),
    "all white": image_of(np.ones((32, 48, 3)), clipped=True),
    "all clipped, coloured": image_of(np.full((32, 48, 3), [2.1, 1.0, 1.6]), clipped=True),
    "flat grey": image_of(np.full((32, 48, 3), 0.18)),
    "below zero": image_of(-scene().rgb),
    "some NaN": spoiled(np.nan, slice(4, 9)),
    "some Inf": spoiled(np.inf, slice(4, 9)),
    "some -Inf": spoiled(-np.inf, slice(40, 44)),
    "all NaN": image_of(np.full((32, 48, 3), np.nan)),
    "red dead": dead(0),
    "green dead": dead(1),
    "blue dead": dead(2),
    "red alone": dead(1, 2),
    "one pixel": image_of(np.full((1, 1, 3), 0.2)),
    "one black pixel": image_of(np.zeros((1, 1, 3))),
    "two by three": image_of(np.full((2, 3, 3), 0.1)),
    "one row": noise(1, 20000),
    "one column": noise(20000, 1),
    "far too bright": image_of(scene().rgb * np.float32(1e20)),
    "far too dark": image_of(scene().rgb * np.float32(1e-20)),
}


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param)


@pytest.fixture(params=sorted(EMULATORS))
def editor(request: pytest.FixtureRequest) -> str:
    return request.param


def check(prediction: Prediction) -> None:
    """A Recipe checks its own ranges when it is made; this adds what a Recipe cannot."""
    recipe = prediction.recipe
    assert np.isfinite(recipe.to_vector()).all()
    assert (np.diff(recipe.curve.points()[:, 1]) > 0).all()
    assert 0.0 <= prediction.confidence <= 1.0
    for reason in prediction.reasons:
        assert reason.value == getattr(recipe, reason.slider)
        assert "nan" not in reason.text.lower()


@pytest.mark.parametrize("headroom", [0.0, 2.3])
@pytest.mark.parametrize("case", sorted(DEGENERATE))
@pytest.mark.filterwarnings("error")
def test_a_degenerate_image_gives_finite_settings_or_no_prediction(
    engine: Engine, editor: str, case: str, headroom: float
) -> None:
    try:
        prediction = engine.predict(DEGENERATE[case], editor, headroom)
    except PhotoError as error:
        assert re.fullmatch(r"[a-z0-9].{20,150}[a-z]", str(error))
    else:
        check(prediction)


@pytest.mark.parametrize("headroom", [0.0, 1.0, 2.3, 4.0])
def test_settings_are_finite_and_render_finite(
    engine: Engine, editor: str, headroom: float
) -> None:
    from sidelight.emulators.base import render

    image = scene()
    prediction = engine.predict(image, editor, headroom)
    check(prediction)
    assert prediction.recipe.to_vector().any()
    out = render(load_emulator(editor), image, prediction.recipe, headroom)
    assert np.isfinite(out).all()


def test_the_same_photo_gives_the_same_answer(engine: Engine, editor: str) -> None:
    first = engine.predict(scene(), editor)
    assert load_engine(engine.name).predict(scene(), editor) == first
    assert engine.predict(scene(seed=1), editor) != first


def test_it_explains_every_slider_it_moved(engine: Engine, editor: str) -> None:
    prediction = engine.predict(scene(), editor)
    moved = {
        name: value
        for name, value in prediction.recipe.sliders().items()
        if abs(value) >= STEP[BY_NAME[name].unit]
    }
    assert moved
    explained = {reason.slider: reason for reason in prediction.reasons}
    assert len(explained) == len(prediction.reasons)
    assert set(moved) <= set(explained) <= set(SLIDERS)
    for name, value in moved.items():
        reason = explained[name]
        assert reason.value == value
        assert reason.term
        assert BY_NAME[name].label in reason.text
        assert re.fullmatch(r"[A-Z].*[a-z]\.", reason.text), reason.text
    sizes = [abs(r.value) / BY_NAME[r.slider].scale for r in prediction.reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_a_slider_at_zero_has_no_reason(engine: Engine, editor: str) -> None:
    assert all(reason.value != 0 for reason in engine.predict(scene(), editor).reasons)


def test_no_strength_is_the_editors_default_rendering(engine: Engine, editor: str) -> None:
    prediction = engine.predict(scene(), editor, strength=0.0)
    assert prediction.recipe == Recipe(hdr=prediction.recipe.hdr)
    assert prediction.reasons == ()


def test_no_headroom_is_sdr_alone(engine: Engine, editor: str) -> None:
    for headroom in (0.0, 1.5, 4.0):
        hdr = engine.predict(scene(), editor, headroom).recipe.hdr
        assert hdr.enabled == (headroom > 0)
        assert hdr.headroom == headroom


def test_the_image_is_left_as_it_was(engine: Engine, editor: str) -> None:
    image = scene()
    rgb, clipped = image.rgb.copy(), image.clipped.copy()
    image.rgb.setflags(write=False)
    engine.predict(replace(image), editor)
    assert np.array_equal(image.rgb, rgb)
    assert np.array_equal(image.clipped, clipped)
