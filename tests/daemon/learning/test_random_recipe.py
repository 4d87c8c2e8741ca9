"""Random Recipes."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.lightroom import LightroomEmulator
from sidelight.emulators.slope import MINIMUM_SLOPE
from sidelight.errors import RecipeError
from sidelight.learning.random_recipe import CURVE_REACH, random_recipes, recipes_for, rises


def test_the_seed_decides() -> None:
    assert random_recipes(5) == random_recipes(5)
    assert random_recipes(5, seed=1) != random_recipes(5, seed=2)


def test_draws_fill_their_ranges_and_stay_inside() -> None:
    recipes = random_recipes(400)
    exposure = np.array([recipe.exposure_ev for recipe in recipes])
    assert -2 <= exposure.min() < -1.9
    assert 1.9 < exposure.max() <= 2
    assert max(abs(recipe.temperature_mired) for recipe in recipes) <= 60
    assert max(abs(recipe.tint) for recipe in recipes) <= 20
    assert max(abs(recipe.shadows) for recipe in recipes) > 95
    offsets = np.abs([recipe.curve.offsets for recipe in recipes])
    assert 0.14 < offsets.max() <= CURVE_REACH + 1e-9


def test_unacceptable_draws_are_drawn_again() -> None:
    recipes = random_recipes(20, accept=lambda recipe: recipe.exposure_ev > 0)
    assert len(recipes) == 20
    assert all(recipe.exposure_ev > 0 for recipe in recipes)


def test_giving_up_is_an_error() -> None:
    with pytest.raises(RecipeError):
        random_recipes(2, accept=lambda recipe: False)


def test_no_draw_turns_tones_over() -> None:
    emulator = LightroomEmulator()
    recipes = random_recipes(50, accept=rises(emulator))
    slopes = [emulator.tone_slope(recipe.to_vector()).min() for recipe in recipes]
    assert min(slopes) >= MINIMUM_SLOPE
    assert any(not rises(emulator)(recipe) for recipe in random_recipes(300))


def test_every_photo_has_recipes_of_its_own() -> None:
    emulator = LightroomEmulator()
    drawn = recipes_for("IMG_1.DNG", 4, emulator)
    assert recipes_for("IMG_1.DNG", 6, emulator)[:4] == drawn
    assert not {recipe.exposure_ev for recipe in drawn} & {
        recipe.exposure_ev for recipe in recipes_for("IMG_2.DNG", 4, emulator)
    }
    assert all(rises(emulator)(recipe) for recipe in drawn)
