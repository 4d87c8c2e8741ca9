"""Vibrance and Saturation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.recipe import Recipe

Rendered = Callable[..., NDArray[np.float64]]

REC2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


def test_saturation_and_vibrance(rendered: Rendered) -> None:
    colours = np.array([[0.2, 0.18, 0.16], [0.35, 0.02, 0.02]])
    plain = rendered(colours)
    luminance = plain @ REC2020_LUMINANCE
    grey = rendered(colours, Recipe(saturation=-100.0))
    assert np.allclose(grey, luminance[:, None], atol=1e-6)

    def growth(recipe: Recipe) -> NDArray[np.float64]:
        out = rendered(colours, recipe)
        assert np.allclose(out @ REC2020_LUMINANCE, luminance, atol=1e-4)
        return (np.ptp(out, axis=1) / np.ptp(plain, axis=1)) - 1

    assert np.allclose(growth(Recipe(saturation=50.0)), 0.5)
    muted, vivid = growth(Recipe(vibrance=50.0))
    assert muted > 2 * vivid > 0


def test_constants_scale_both_sliders(rendered: Rendered) -> None:
    colours = np.array([[0.2, 0.18, 0.16], [0.35, 0.02, 0.02]])
    constants = LightroomConstants(saturation_scale=0.5, vibrance_scale=1.5, vibrance_falloff=0.0)
    plain = rendered(colours)
    half, vivid = (
        np.ptp(rendered(colours, recipe, 0.0, constants), axis=1) / np.ptp(plain, axis=1)
        for recipe in (Recipe(saturation=50.0), Recipe(vibrance=20.0))
    )
    assert np.allclose(half, 1.25)
    assert np.allclose(vivid, 1.3)
