"""The constants as a value."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sidelight.emulators.lightroom.constants import (
    GROUPS,
    LightroomConstants,
    bounds_of,
    names_of,
)
from sidelight.errors import RecipeError


def test_json_there_and_back() -> None:
    made = LightroomConstants(shadows_ev=2.0, hdr_knee=0.2)
    assert LightroomConstants.from_json(made.to_json()) == made
    assert LightroomConstants.from_json({"shadows_ev": 2.0, "hdr_knee": 0.2}) == made


@pytest.mark.parametrize(
    "values",
    [
        {"shadows_ev": float("nan")},
        {"shadows_ev": 1e9},
        {"shadows_ev": "2"},
        {"shadows_ev": None},
        {"unknown": 1.0},
    ],
)
def test_what_is_no_constant_is_refused(values: dict) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        LightroomConstants.from_json(values)


def test_defaults_lie_within_bounds_and_every_constant_has_a_group() -> None:
    for item in fields(LightroomConstants):
        low, high = bounds_of(item.name)
        assert low < getattr(LightroomConstants(), item.name) < high
    assert set(names_of(GROUPS)) == {item.name for item in fields(LightroomConstants)}
    assert names_of(["contrast"]) == ("contrast_slope",)
    assert all(names_of([group]) for group in GROUPS)
