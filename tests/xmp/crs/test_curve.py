"""Point curves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight_xmp import InvalidValueError, bag, seq
from sidelight_xmp.crs.curve import LINEAR, curve_to_value, is_curve, value_to_curve

_BYTE = st.integers(0, 255)


@given(st.dictionaries(_BYTE, _BYTE, min_size=2, max_size=16))
def test_curves_survive(points) -> None:
    curve = tuple(sorted(points.items()))
    assert value_to_curve(curve_to_value(curve)) == curve


def test_as_lightroom_writes_it() -> None:
    assert curve_to_value(LINEAR) == seq("0, 0", "255, 255")
    assert value_to_curve(seq("0,0", " 22 ,16", "255, 255")) == ((0, 0), (22, 16), (255, 255))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "0, 0",
        seq(),
        seq("0, 0"),
        seq("0, 0", "255"),
        seq("0, 0", "255, 256"),
        seq("5, 0", "5, 9"),
        seq("9, 0", "5, 9"),
        seq("0, 0", "1.5, 9"),
        seq("0, 0", "-1, 9"),
        bag(seq("0, 0"), "1, 1"),
    ],
)
def test_what_is_no_curve(value) -> None:
    assert value_to_curve(value) is None


@pytest.mark.parametrize(
    "points", [(), ((0, 0),), ((0, 0), (0, 1)), ((0, 0), (256, 1)), ((0, 0), (9.5, 1))]
)
def test_only_curves_are_written(points) -> None:
    assert not is_curve(points)
    with pytest.raises(InvalidValueError):
        curve_to_value(points)
