"""Tonal gains, vibrance and saturation; the program's own pixels are in `test_emulator`."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import colorbalancergb

GREYS = np.repeat((0.18 * 2.0 ** np.linspace(-8.0, 3.0, 23))[:, None], 3, axis=1)
COLOURS = np.array([[0.3, 0.2, 0.1], [0.1, 0.3, 0.4], [0.2, 0.05, 0.15]])


def spread(rgb: np.ndarray) -> np.ndarray:
    return (rgb.max(axis=1) - rgb.min(axis=1)) / rgb.mean(axis=1)


def test_neutral_settings_change_no_ordinary_colour() -> None:
    np.testing.assert_allclose(colorbalancergb.apply(COLOURS), COLOURS, rtol=1e-4)
    np.testing.assert_allclose(colorbalancergb.apply(GREYS), GREYS, rtol=2e-4)


def test_saturation_and_vibrance_leave_greys() -> None:
    out = colorbalancergb.apply(GREYS, vibrance=0.5, saturation=0.4)
    np.testing.assert_allclose(out, GREYS, rtol=1e-3)


@pytest.mark.parametrize("setting", ["vibrance", "saturation"])
def test_colour_grows_and_shrinks_with_the_setting(setting: str) -> None:
    spreads = [
        spread(colorbalancergb.apply(COLOURS, **{setting: value})) for value in (-0.5, 0.0, 0.5)
    ]
    assert (spreads[0] < spreads[1]).all() and (spreads[1] < spreads[2]).all()


def test_no_saturation_is_grey() -> None:
    assert spread(colorbalancergb.apply(COLOURS, saturation=-1.0)).max() < 0.1


def test_gains_act_at_their_ends() -> None:
    gain = colorbalancergb.apply(GREYS, highlights_y=0.2, shadows_y=0.1)[:, 1] / GREYS[:, 1]
    assert gain[0] == pytest.approx(1.1, abs=0.01) and gain[-1] == pytest.approx(1.2, abs=0.01)


def test_spectral_light_stays_inside_the_working_space() -> None:
    rgb = np.concatenate([np.eye(3), 1.0 - np.eye(3)]) * 0.5
    out = colorbalancergb.apply(rgb, saturation=1.0, vibrance=0.8)
    assert np.isfinite(out).all() and (out >= 0.0).all() and out.max() < 2.0


def test_black_and_negative_light_stay_finite() -> None:
    out = colorbalancergb.apply(np.array([[0.0, 0.0, 0.0], [-0.1, 0.2, 0.1]]), 0.3, 0.3, 0.3, 0.3)
    assert np.isfinite(out).all() and np.abs(out[0]).max() < 1e-6


def test_keeps_any_shape() -> None:
    rgb = COLOURS.reshape(1, 3, 3).astype(np.float32)
    out = colorbalancergb.apply(rgb, 0.1, 0.1, 0.1, 0.1)
    assert out.shape == rgb.shape and out.dtype == np.float32
