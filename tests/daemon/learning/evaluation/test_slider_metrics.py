from __future__ import annotations

import pytest

from sidelight.learning.evaluation.slider_metrics import slider_figures, slider_points
from sidelight.recipe import Recipe
from sidelight.recipe.fields import INDEX


def test_points_are_those_of_the_sliders():
    points = slider_points(Recipe(exposure_ev=0.5, contrast=-20.0, temperature_mired=12.0))
    assert points[INDEX["exposure_ev"]] == pytest.approx(10.0)
    assert points[INDEX["contrast"]] == -20.0
    assert points[INDEX["temperature_mired"]] == 12.0


def test_a_perfect_prediction_touches_all_and_explains_all():
    wanted = [Recipe(contrast=c, exposure_ev=c / 50) for c in (0.0, 10.0, 30.0)]
    found = slider_figures([(recipe, recipe) for recipe in wanted])
    assert found is not None and found.photos == 3
    assert found.touch_rate == 1.0 and found.overall_error == 0.0
    assert found.r_squared["contrast"] == 1.0
    assert found.rank_correlation["contrast"] == pytest.approx(1.0)
    assert found.r_squared["tint"] is None and found.rank_correlation["tint"] is None


def test_the_mean_explains_nothing():
    wanted = [Recipe(contrast=c) for c in (0.0, 10.0, 20.0)]
    found = slider_figures([(Recipe(contrast=10.0), recipe) for recipe in wanted])
    assert found is not None
    assert found.r_squared["contrast"] == pytest.approx(0.0)
    assert found.mean_absolute_error["contrast"] == pytest.approx(20 / 3)
    assert found.rank_correlation["contrast"] is None, "a constant has no rank"
    assert found.touch_rate == pytest.approx(1 / 3)


def test_one_slider_beyond_re_edit_noise_is_no_touch():
    for predicted, touched in (
        (Recipe(exposure_ev=0.1), True),
        (Recipe(exposure_ev=0.11), False),
        (Recipe(temperature_mired=5.0), True),
        (Recipe(temperature_mired=5.5), False),
        (Recipe(contrast=5.0, blacks=-5.0), True),
        (Recipe(contrast=6.0), False),
    ):
        found = slider_figures([(predicted, Recipe())])
        assert found is not None and bool(found.touch_rate) is touched, predicted


def test_nothing_to_compare_is_none():
    assert slider_figures([]) is None
