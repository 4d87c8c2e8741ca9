"""The table of sliders against Lightroom's panel and the solver's needs."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sidelight.recipe import Recipe
from sidelight.recipe.fields import (
    BY_NAME,
    CURVE_KNOTS,
    CURVE_SLICE,
    FIELDS,
    INDEX,
    SLIDERS,
    VECTOR_SIZE,
    Field,
)

BASIC_PANEL = {
    "Exposure": (-5, 5),
    "Contrast": (-100, 100),
    "Highlights": (-100, 100),
    "Shadows": (-100, 100),
    "Whites": (-100, 100),
    "Blacks": (-100, 100),
    "Vibrance": (-100, 100),
    "Saturation": (-100, 100),
}
"""Ranges of Lightroom's basic panel."""


def test_ranges_are_those_of_lightrooms_basic_panel() -> None:
    ranges = {field.label: (field.minimum, field.maximum) for field in FIELDS}
    assert {label: ranges[label] for label in BASIC_PANEL} == BASIC_PANEL
    assert set(ranges) == {*BASIC_PANEL, "Temperature", "Tint"}


def test_every_slider_is_an_attribute_of_a_recipe_in_the_same_order() -> None:
    attributes = [item.name for item in fields(Recipe)]
    assert tuple(attributes[: len(SLIDERS)]) == SLIDERS


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_zero_is_in_range_and_one_solver_unit_reaches_the_end(field: Field) -> None:
    assert field.minimum < 0 < field.maximum
    assert field.minimum / field.scale == -1
    assert field.maximum / field.scale == 1
    assert field.unit in {"EV", "mired", "points"}
    assert BY_NAME[field.name] is field


def test_positions_in_the_vector_do_not_overlap() -> None:
    knots = range(*CURVE_SLICE.indices(VECTOR_SIZE))
    assert sorted([*INDEX.values(), *knots]) == list(range(VECTOR_SIZE))
    assert len(knots) == CURVE_KNOTS - 2
