"""Kelvin and tint, against an independent implementation."""

from __future__ import annotations

import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.recipe.color_temperature import (
    kelvin_tint_to_xy,
    limited_kelvin,
    limited_tint,
    shifted_kelvin,
    xy_to_kelvin_tint,
)


@pytest.mark.parametrize("kelvin", [2000, 2856, 3200, 5000, 6504, 9000, 20000, 50000])
@pytest.mark.parametrize("tint", [-60.0, 0.0, 10.0, 90.0])
def test_kelvin_and_tint_agree_with_ohno_2013(kelvin: float, tint: float) -> None:
    xy = kelvin_tint_to_xy(kelvin, tint)
    cct, duv = colour.temperature.uv_to_CCT_Ohno2013(colour.xy_to_UCS_uv(np.array(xy)))
    assert 1e6 / cct == pytest.approx(1e6 / kelvin, abs=0.1)
    assert 3000 * duv == pytest.approx(tint, abs=0.05)


@given(st.floats(2000, 50000), st.floats(-150, 150))
def test_xy_and_back(kelvin: float, tint: float) -> None:
    back = xy_to_kelvin_tint(*kelvin_tint_to_xy(kelvin, tint))
    assert 1e6 / back[0] == pytest.approx(1e6 / kelvin, abs=0.01)
    assert back[1] == pytest.approx(tint, abs=0.01)


def test_daylight_has_a_tint_of_about_ten() -> None:
    for kelvin in (5000, 5500, 6504, 7500):
        xy = colour.temperature.CCT_to_xy_CIE_D(kelvin)
        found, tint = xy_to_kelvin_tint(*xy)
        assert found == pytest.approx(kelvin, rel=0.004)
        assert 8 < tint < 12


def test_kelvin_and_tint_are_limited() -> None:
    assert kelvin_tint_to_xy(1.0) == kelvin_tint_to_xy(2000)
    assert kelvin_tint_to_xy(1e9) == kelvin_tint_to_xy(50000)
    assert limited_kelvin(float("nan")) == 6504
    assert (limited_tint(1e9), limited_tint(float("nan"))) == (300, 0)


def test_a_shift_is_counted_in_mired() -> None:
    assert 1e6 / shifted_kelvin(5000, 30) == pytest.approx(230)
    assert shifted_kelvin(5000, float("inf")) == pytest.approx(5000)
    assert shifted_kelvin(5000, -1e9) == 50000


def test_what_is_no_light_is_called_daylight() -> None:
    assert xy_to_kelvin_tint(float("nan"), 0.3) == (6504, 0)
    assert xy_to_kelvin_tint(9.0, 0.1) == (6504, 0)
