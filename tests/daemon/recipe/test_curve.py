"""The tone curve always rises, and a curve that rises already is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import RecipeError
from sidelight.recipe import ToneCurve
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import CURVE_KNOTS

INNER = CURVE_KNOTS - 2
any_float = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(any_float, min_size=INNER, max_size=INNER))
def test_any_offsets_become_a_curve_that_rises_from_0_to_1(offsets: list[float]) -> None:
    x, y = ToneCurve.from_offsets(offsets).points().T
    assert np.array_equal(x, knot_positions())
    assert (np.diff(y) > 0).all()
    assert y[0] == 0
    assert y[-1] == 1


@given(st.lists(st.floats(-0.4, 0.4), min_size=INNER, max_size=INNER))
def test_a_curve_that_rises_already_is_left_alone(offsets: list[float]) -> None:
    once = ToneCurve.from_offsets(offsets)
    twice = ToneCurve.from_offsets(once.offsets)
    assert np.allclose(once.offsets, twice.offsets, atol=1e-12)


def test_offsets_within_the_slope_of_identity_come_back_unchanged() -> None:
    offsets = 0.05 * np.sin(np.linspace(0, 2 * np.pi, INNER))
    assert np.allclose(ToneCurve.from_offsets(offsets).offsets, offsets, atol=1e-15)


def test_identity() -> None:
    assert ToneCurve().is_identity
    assert ToneCurve.from_offsets(np.zeros(INNER)).is_identity
    points = ToneCurve().points()
    assert points.shape == (CURVE_KNOTS, 2)
    assert np.array_equal(points[:, 0], points[:, 1])
    assert not ToneCurve((0.01,) + (0.0,) * (INNER - 1)).is_identity


def test_knots_are_uniform_from_0_to_1() -> None:
    assert np.allclose(knot_positions(), np.arange(CURVE_KNOTS) / (CURVE_KNOTS - 1))


@pytest.mark.parametrize(
    "offsets",
    [
        (0.0,) * (INNER - 1),
        (0.0,) * (INNER + 1),
        (float("nan"),) * INNER,
        (float("inf"),) * INNER,
        (1.5,) + (0.0,) * (INNER - 1),
    ],
)
def test_offsets_that_are_no_curve_are_refused(offsets: tuple[float, ...]) -> None:
    with pytest.raises(RecipeError):
        ToneCurve(offsets)
