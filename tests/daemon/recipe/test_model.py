"""A Recipe as a value: ranges, the solver's vector and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import RecipeError
from sidelight.recipe import Hdr, Lut3D, Recipe, ToneCurve
from sidelight.recipe.fields import FIELDS, INDEX, SLIDERS, VECTOR_SIZE, Field
from sidelight.recipe.model import SCHEMA

EDIT = Recipe(
    temperature_mired=-20.0,
    tint=7.0,
    exposure_ev=0.6,
    contrast=10.0,
    highlights=-40.0,
    shadows=30.0,
    whites=12.0,
    blacks=-8.0,
    vibrance=15.0,
    saturation=-5.0,
    curve=ToneCurve.from_offsets(0.04 * np.sin(np.linspace(0, 6, 14))),
    lut_amount=0.7,
    hdr=Hdr(True, 3.0, sdr_shadows=20.0),
)

recipes = st.builds(
    Recipe,
    **{  # type: ignore[arg-type]
        field.name: st.floats(field.minimum, field.maximum) for field in FIELDS
    },
    hdr=st.builds(Hdr, enabled=st.booleans(), headroom=st.floats(0, 4)),
)


@given(recipes)
def test_json_and_back(recipe: Recipe) -> None:
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@given(recipes)
def test_vector_and_back(recipe: Recipe) -> None:
    back = Recipe(hdr=recipe.hdr).with_vector(recipe.to_vector())
    assert np.allclose(list(back.sliders().values()), list(recipe.sliders().values()))
    assert back.hdr == recipe.hdr


def test_curve_lut_and_hdr_survive_both_ways() -> None:
    assert Recipe.from_json(json.loads(json.dumps(EDIT.to_json()))) == EDIT
    back = replace(EDIT, curve=ToneCurve()).with_vector(EDIT.to_vector())
    assert np.allclose(back.curve.offsets, EDIT.curve.offsets)
    assert (back.hdr, back.lut_amount) == (EDIT.hdr, EDIT.lut_amount)
    lut = Lut3D.identity(2)
    named = replace(EDIT, lut=lut)
    assert named.to_json()["lut"] == "identity"
    assert Recipe.from_json(named.to_json(), lut).lut is lut


def test_zero_is_the_zero_vector() -> None:
    assert not Recipe().to_vector().any()
    assert Recipe().with_vector(np.zeros(VECTOR_SIZE)) == Recipe()


def test_full_sliders_are_one_in_the_vector() -> None:
    full = Recipe(**{field.name: field.maximum for field in FIELDS})  # type: ignore[arg-type]
    assert np.array_equal(full.to_vector()[: len(SLIDERS)], np.ones(len(SLIDERS)))
    assert Recipe(exposure_ev=2.5).to_vector()[INDEX["exposure_ev"]] == 0.5


def test_a_vector_beyond_the_ranges_is_clipped() -> None:
    recipe = Recipe().with_vector(np.full(VECTOR_SIZE, -9.0))
    assert recipe.sliders() == {field.name: field.minimum for field in FIELDS}
    assert (np.diff(recipe.curve.points()[:, 1]) > 0).all()


@pytest.mark.parametrize("vector", [[0.0] * (VECTOR_SIZE - 1), [float("nan")] * VECTOR_SIZE])
def test_a_vector_that_is_no_settings_vector_is_refused(vector: list[float]) -> None:
    with pytest.raises(RecipeError):
        Recipe().with_vector(vector)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_value_out_of_range_is_refused_and_the_limits_are_not(field: Field) -> None:
    for limit in (field.minimum, field.maximum):
        assert getattr(Recipe(**{field.name: limit}), field.name) == limit  # type: ignore[arg-type]
    for value in (field.minimum * 1.01, field.maximum * 1.01, float("nan"), float("inf")):
        with pytest.raises(RecipeError, match=field.name):
            Recipe(**{field.name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("headroom", [-0.1, 4.1, float("nan")])
def test_headroom_is_0_to_4_stops(headroom: float) -> None:
    with pytest.raises(RecipeError, match="headroom"):
        Hdr(headroom=headroom)


@pytest.mark.parametrize("name", ["sdr_brightness", "sdr_shadows", "sdr_blend"])
@pytest.mark.parametrize("value", [101.0, float("nan")])
def test_sdr_rendition_sliders_are_100_at_most(name: str, value: float) -> None:
    with pytest.raises(RecipeError, match=name):
        Hdr(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [-0.1, 2.1, float("nan")])
def test_the_luts_amount_is_0_to_2(amount: float) -> None:
    with pytest.raises(RecipeError, match="lut_amount"):
        Recipe(lut_amount=amount)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": SCHEMA + 1},
        {"schema": None},
        {"clarity": 10},
        {"exposure_ev": "bright"},
        {"exposure_ev": None},
        {"exposure_ev": 7.0},
        {"contrast": float("nan")},
        {"curve": [0.1, 0.2]},
        {"curve": 3},
        {"hdr": {"headroom": 9.0}},
        {"hdr": {"glow": 1.0}},
        {"hdr": "on"},
    ],
    ids=str,
)
def test_json_that_is_no_recipe_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json({**EDIT.to_json(), **change})


def test_a_missing_setting_is_zero() -> None:
    assert Recipe.from_json({"schema": SCHEMA, "contrast": 5}) == Recipe(contrast=5.0)


def test_sliders_stand_on_the_editors_steps() -> None:
    recipe = Recipe(exposure_ev=0.456, contrast=12.6, tint=-0.04, temperature_mired=3.27)
    stepped = recipe.on_slider_steps()
    assert (stepped.exposure_ev, stepped.contrast) == (0.46, 13.0)
    assert (stepped.temperature_mired, str(stepped.tint)) == (3.3, "0.0")
    assert Recipe(tint=1.26).on_slider_steps(("tint",)).tint == 1.3
    assert stepped.on_slider_steps() == stepped
