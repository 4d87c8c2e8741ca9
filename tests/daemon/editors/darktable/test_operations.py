"""Recipe to operations: what is written, in which order, with which values."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from sidelight.editors.darktable import operations as ops
from sidelight.errors import RecipeError
from sidelight.recipe import Lut3D, Recipe, ToneCurve
from sidelight.recipe.white_balance import CameraWhiteBalance, RelativeWhiteBalance
from sidelight_xmp.darktable.operations import decode, encode, modversion

BALANCE = CameraWhiteBalance.from_color_matrix(np.eye(3), [2.0, 1.0, 1.5])
FULL = Recipe(
    temperature_mired=20.0,
    exposure_ev=1.0,
    contrast=30.0,
    highlights=-40.0,
    shadows=30.0,
    whites=10.0,
    blacks=-10.0,
    vibrance=20.0,
    saturation=5.0,
    curve=ToneCurve.from_offsets([0.05] * 14),
    lut=Lut3D.identity(5),
)


def by_name(recipe: Recipe, headroom: float = 0.0, **more: object) -> dict[str, dict]:
    chain = ops.operations(recipe, BALANCE, headroom, **more)
    return {item.name: item.params for item in chain if not item.multi_priority}


def test_a_zero_recipe_is_darktables_default() -> None:
    chain = ops.operations(Recipe(), BALANCE, 0.0)
    assert [item.name for item in chain] == ["temperature", "highlights", "exposure", "sigmoid"]
    params = {item.name: item.params for item in chain}
    assert params["temperature"]["red"] == pytest.approx(2.0)
    assert math.isnan(params["temperature"]["g2"])
    assert params["highlights"]["mode"] == 5
    assert params["exposure"]["exposure"] == pytest.approx(0.7)
    sigmoid = params["sigmoid"]
    assert sigmoid["middle_grey_contrast"] == 1.5 and sigmoid["contrast_skewness"] == 0.0
    assert sigmoid["display_white_target"] == 100.0


def test_the_order_is_that_of_the_pipe() -> None:
    chain = ops.operations(FULL, BALANCE, 2.0, lut_path="look.cube", pq=True)
    assert [(item.name, item.multi_priority) for item in chain] == [
        ("temperature", 0),
        ("highlights", 0),
        ("exposure", 0),
        ("toneequal", 0),
        ("colorbalancergb", 0),
        ("rgbcurve", 0),
        ("sigmoid", 0),
        ("exposure", 1),
        ("lut3d", 0),
        ("exposure", 2),
        ("exposure", 3),
    ]
    around = {item.multi_priority: item.params for item in chain if item.name == "exposure"}
    assert around[1]["exposure"] == -2.0 and around[2]["exposure"] == 2.0
    assert around[3]["exposure"] == pytest.approx(-5.6224, abs=1e-4)


@pytest.mark.parametrize("headroom", [0.0, 2.3])
def test_every_value_fits_its_field(headroom: float) -> None:
    for item in ops.operations(FULL, BALANCE, headroom, lut_path="look.cube", pq=True):
        data = encode(item.name, item.params)
        read = decode(item.name, modversion(item.name), data)
        assert isinstance(read, dict)
        for name, value in item.params.items():
            if isinstance(value, float) and not math.isnan(value):
                assert read[name] == pytest.approx(value, rel=1e-6, abs=1e-7)


def test_extreme_recipes_fit_too() -> None:
    for sign in (-100.0, 100.0):
        recipe = Recipe(
            exposure_ev=sign / 20.0,
            contrast=sign,
            highlights=sign,
            shadows=sign,
            whites=sign,
            blacks=sign,
            vibrance=sign,
            saturation=sign,
        )
        for item in ops.operations(recipe, BALANCE, 4.0):
            read = decode(item.name, modversion(item.name), encode(item.name, item.params))
            assert isinstance(read, dict) and set(read) == set(item.params)


def test_operations_without_effect_are_left_out() -> None:
    assert "toneequal" in by_name(Recipe(shadows=1.0))
    assert "colorbalancergb" in by_name(Recipe(blacks=-1.0))
    assert "rgbcurve" not in by_name(Recipe(shadows=1.0))


def test_a_lut_needs_a_path() -> None:
    with pytest.raises(RecipeError, match="path"):
        ops.operations(FULL, BALANCE, 0.0)


def test_a_lut_in_sdr_stands_alone() -> None:
    chain = ops.operations(FULL, BALANCE, 0.0, lut_path="look.cube")
    assert [item.multi_priority for item in chain if item.name == "exposure"] == [0]


def test_headroom_has_limits() -> None:
    with pytest.raises(RecipeError, match="headroom"):
        ops.operations(Recipe(), BALANCE, 4.5)


def test_tone_equalizer_nodes_stay_within_its_range() -> None:
    for h, s in product((-100.0, 0.0, 100.0), repeat=2):
        assert all(abs(gain) <= 2.0 for gain in ops.toneequal_gains(h, s))


def test_the_mask_exposure_is_handed_through() -> None:
    params = by_name(Recipe(highlights=-20.0), exposure_boost=-1.5)["toneequal"]
    assert params["exposure_boost"] == -1.5 and params["details"] == 4


def test_curve_nodes_lie_on_the_encoded_axis() -> None:
    curve = ToneCurve.from_offsets(0.05 * np.sin(np.linspace(0.0, 3.0, 14)))
    params = by_name(Recipe(curve=curve))["rgbcurve"]
    nodes = np.array(params["nodes_r"])[: params["node_count"][0]]
    expected = [[ops.srgb_decode(x), ops.srgb_decode(y)] for x, y in curve.points()]
    np.testing.assert_allclose(nodes, expected)
    assert params["types"][0] == 2 and params["preserve_colors"] == 0


@pytest.mark.parametrize("slider", [ops.highlights_y, ops.shadows_y, ops.vibrance, ops.saturation])
def test_sliders_rise_through_zero_within_the_fields_range(slider: object) -> None:
    values = [slider(points) for points in np.linspace(-100.0, 100.0, 41)]  # type: ignore[operator]
    assert (np.diff(values) > 0.0).all() and abs(values[20]) < 1e-9
    assert values[0] >= -1.0 and values[-1] <= 1.0


def test_a_rendered_picture_has_its_own_white_balance() -> None:
    chain = ops.operations(Recipe(), RelativeWhiteBalance(), 0.0)
    params = chain[0].params
    assert params["red"] == params["green"] == params["blue"] == 1.0


def test_the_baseline_has_darktables_own_white_target() -> None:
    sigmoid = by_name(Recipe(), 2.0, compensate=False)["sigmoid"]
    assert sigmoid["display_white_target"] == 400.0
    assert sigmoid["middle_grey_contrast"] == 1.5 and sigmoid["contrast_skewness"] == 0.0
