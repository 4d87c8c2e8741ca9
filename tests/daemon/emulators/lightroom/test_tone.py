"""The tone sliders against the published formula of their layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.emulators.lightroom.tone import tone_gain_ev, tone_slope
from sidelight.recipe.fields import INDEX, VECTOR_SIZE


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


def test_constants_move_amount_pivot_and_steepness() -> None:
    theta = np.zeros(VECTOR_SIZE)
    theta[INDEX["shadows"]] = 1.0
    e = np.array([-40.0, -2.0, -1.9])
    constants = LightroomConstants(
        shadows_ev=2.0, shadows_pivot_ev=-2.0, shadows_steepness=3.0, contrast_slope=0.3
    )
    deep, half, beside = tone_gain_ev(e, e, theta, constants)
    assert np.allclose([deep, half], [2.0, 1.0])
    assert np.isclose((half - beside) / 0.1, 2.0 * 3.0 / 4, rtol=0.01)
    theta[INDEX["contrast"]], theta[INDEX["shadows"]] = 1.0, 0.0
    assert np.allclose(tone_slope(theta, constants), 1.3)
