"""Random Recipes to test emulators and solvers with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Emulator
from sidelight.emulators.slope import MINIMUM_SLOPE
from sidelight.errors import RecipeError
from sidelight.recipe import Recipe, ToneCurve
from sidelight.recipe.fields import CURVE_KNOTS, FIELDS

SEED = 20251121
"""The published seed."""

REACH = {"exposure_ev": 2.0, "temperature_mired": 60.0, "tint": 20.0}
"""Sliders that are drawn from less than their range, and how far from zero."""

CURVE_REACH = 0.15
_MAXIMUM_DRAWS_EACH = 200
_SWEEPS = 12


def random_recipes(
    count: int,
    seed: int | Sequence[int] = SEED,
    accept: Callable[[Recipe], bool] | None = None,
) -> list[Recipe]:
    """Draw Recipes: sliders uniform over their range or `REACH`, curve knots within 0.15.

    Curves keep a slope of 0.25 or more on their own axis.

    Args:
        count: How many.
        seed: The same seed gives the same Recipes.
        accept: Draws for which this is false are drawn again.

    Raises:
        RecipeError: Hardly any draw is accepted.
    """
    random = np.random.default_rng(seed)
    recipes: list[Recipe] = []
    for _ in range(_MAXIMUM_DRAWS_EACH * count):
        if len(recipes) == count:
            break
        recipe = _draw(random)
        if accept is None or accept(recipe):
            recipes.append(recipe)
    if len(recipes) < count:
        raise RecipeError("hardly any random recipe is acceptable")
    return recipes


def recipes_for(photo: str, count: int, emulator: Emulator) -> list[Recipe]:
    """Draw Recipes of one photo, other ones for every name, whose tones rise in an emulator.

    Args:
        photo: The photo's file name, which goes into the seed.
        count: How many; the first ones stay the same when more are drawn.
        emulator: Whose tone sliders must keep tones in their order.

    Raises:
        RecipeError: As `random_recipes`.
    """
    return random_recipes(count, (SEED, crc32(photo.encode())), rises(emulator))


def rises(emulator: Emulator, minimum: float = MINIMUM_SLOPE) -> Callable[[Recipe], bool]:
    """Return the test whether a Recipe's tone sliders keep tones in their order."""

    def accept(recipe: Recipe) -> bool:
        return bool(np.min(np.asarray(emulator.tone_slope(recipe.to_vector()))) >= minimum)

    return accept


def _draw(random: np.random.Generator) -> Recipe:
    sliders = {}
    for item in FIELDS:
        reach = REACH.get(item.name)
        low, high = (item.minimum, item.maximum) if reach is None else (-reach, reach)
        sliders[item.name] = float(random.uniform(low, high))
    curve = ToneCurve.from_offsets(_curve_offsets(random))
    return Recipe(curve=curve, **sliders)  # type: ignore[arg-type]


def _curve_offsets(random: np.random.Generator) -> NDArray[np.float64]:
    """Draw knots uniformly among all curves that keep to the minimum slope.

    Independent draws almost never keep to it, so knots are redrawn one by one between what their
    neighbours allow (Gibbs sampling).
    """
    offsets = np.zeros(CURVE_KNOTS)
    fall = (1.0 - MINIMUM_SLOPE) / (CURVE_KNOTS - 1)
    for _ in range(_SWEEPS):
        for knot in random.permutation(np.arange(1, CURVE_KNOTS - 1)):
            low = max(offsets[knot - 1] - fall, -CURVE_REACH)
            high = min(offsets[knot + 1] + fall, CURVE_REACH)
            offsets[knot] = random.uniform(low, high)
    return offsets[1:-1]
