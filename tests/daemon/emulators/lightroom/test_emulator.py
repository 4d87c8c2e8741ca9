"""Lightroom's chain as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import render
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe

Rendered = Callable[..., NDArray[np.float64]]

STOPS = 2.0 ** np.arange(-9, 4, 0.5)


def greys(levels: Any) -> NDArray[np.float64]:
    return np.repeat(np.asarray(levels, dtype=float)[:, None], 3, axis=1)


def test_baseline_exposure_comes_on_top(rendered: Rendered) -> None:
    lifted = rendered(greys(STOPS), baseline_exposure_ev=2.0)
    assert np.allclose(lifted, rendered(greys(4 * STOPS)), rtol=1e-6)


def test_exposure_doubles_light(rendered: Rendered) -> None:
    doubled = rendered(greys(STOPS), Recipe(exposure_ev=1.0))
    assert np.allclose(doubled, rendered(greys(2 * STOPS)))


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


def test_the_offset_of_a_camera_comes_on_top(rendered: Rendered) -> None:
    lifted = rendered(greys(STOPS), constants=LightroomConstants(exposure_offset_ev=1.0))
    assert np.allclose(lifted, rendered(greys(2 * STOPS)))


def test_its_slope_knows_its_constants() -> None:
    theta = Recipe(contrast=100.0).to_vector()
    emulator = LightroomEmulator(LightroomConstants(contrast_slope=0.2))
    assert np.allclose(emulator.tone_slope(theta), 1.2)


def test_a_photo_without_a_profile_has_no_stage_for_one(photo: Image) -> None:
    from sidelight.emulators.base import context_of

    names = [s.name for s in LightroomEmulator().stages(context_of(photo, Recipe(), 0.0))]
    assert names == [
        "white balance",
        "exposure",
        "tone",
        "base curve",
        "point curve",
        "saturation",
    ]
