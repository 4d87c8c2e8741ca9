from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.slope import MINIMUM_SLOPE, SlopeRows, keep_rising
from sidelight.recipe import Recipe, ToneCurve
from sidelight.recipe.fields import CURVE_SLICE, INDEX, VECTOR_SIZE

STEEP = Recipe(contrast=-90, highlights=-100, shadows=100, whites=-100, blacks=100).to_vector()


@pytest.mark.parametrize("editor", EMULATORS)
def test_settings_that_turn_tones_over_are_scaled_until_they_rise(editor):
    emulator = load_emulator(editor)
    safe = keep_rising(emulator, STEEP)
    assert np.min(emulator.tone_slope(safe)) >= MINIMUM_SLOPE
    if np.min(emulator.tone_slope(STEEP)) < MINIMUM_SLOPE:
        share = safe[INDEX["shadows"]] / STEEP[INDEX["shadows"]]
        assert 0 < share < 1
        assert np.min(emulator.tone_slope(safe)) < MINIMUM_SLOPE + 0.02, "no more than needed"


def test_lightrooms_extreme_sliders_really_need_it():
    assert np.min(load_emulator("lightroom").tone_slope(STEEP)) < 0


@pytest.mark.parametrize("editor", EMULATORS)
def test_settings_that_rise_are_left_alone(editor):
    theta = Recipe(exposure_ev=1.0, contrast=20, shadows=30).to_vector()
    assert keep_rising(load_emulator(editor), theta) is theta


def test_a_falling_curve_is_moved_to_the_smallest_slope():
    theta = np.zeros(VECTOR_SIZE)
    theta[CURVE_SLICE] = np.where(np.arange(14) % 2, -0.1, 0.1)
    safe = keep_rising(load_emulator("lightroom"), theta)
    x, y = ToneCurve(tuple(safe[CURVE_SLICE])).points().T
    assert (np.diff(y) / np.diff(x)).min() >= MINIMUM_SLOPE - 1e-6
    assert y[0] == 0 and y[-1] == 1
    assert y[1:-1].min() > 0 and y[1:-1].max() < 1


def test_rows_are_zero_while_tones_rise_and_follow_their_jacobian_otherwise():
    emulator = load_emulator("lightroom")
    free = [INDEX["contrast"], INDEX["shadows"]]
    rows = SlopeRows(emulator, free, 2.0)
    assert not rows.values(np.zeros(VECTOR_SIZE)).any()
    assert not rows.jacobian(np.zeros(VECTOR_SIZE)).any()
    value, slope = rows.values(STEEP), rows.jacobian(STEEP)
    assert value.max() > 0
    moved = STEEP.copy()
    moved[INDEX["shadows"]] -= 1e-3
    active = (value > 0) & (rows.values(moved) > 0)
    np.testing.assert_allclose(
        (rows.values(moved) - value)[active], (-1e-3 * slope[:, 1])[active], atol=1e-5
    )
