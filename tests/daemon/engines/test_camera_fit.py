from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import context_of
from sidelight.emulators.solve import forward
from sidelight.engines.camera_cells import MatchedCells
from sidelight.engines.camera_fit import fit_camera, measured
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe, ToneCurve

LOOKS = {
    "sliders": Recipe(exposure_ev=-0.4, contrast=25, blacks=-10, saturation=15),
    "curve": Recipe(curve=ToneCurve(tuple(0.05 * np.sin(np.linspace(0, 2 * np.pi, 16))[1:-1]))),
    "cast": Recipe(temperature_mired=-12.0, tint=6.0, exposure_ev=0.3),
}


def cells_of(rgb: np.ndarray, target: np.ndarray) -> MatchedCells:
    count = len(rgb)
    return MatchedCells(rgb, target, np.ones(count), np.zeros(count, bool), 1.0)


@pytest.fixture(params=sorted(EMULATORS))
def editor(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("look", sorted(LOOKS))
def test_a_look_of_the_editors_own_is_found_again(landscape: Image, editor: str, look: str) -> None:
    emulator = load_emulator(editor)
    context = context_of(landscape, Recipe(), 0.0)
    rgb = landscape.rgb.reshape(-1, 3)[::23]
    stages = emulator.stages(context)
    target = np.clip(forward(stages, rgb, LOOKS[look].to_vector())[-1], 0, 1)
    cells = cells_of(rgb, target)
    before = measured(emulator, context, cells, Recipe().to_vector())
    found = fit_camera(emulator, context, cells)
    assert before.delta_e.mean() > 1.0
    assert found.delta_e.mean() < 0.15 * before.delta_e.mean()
    Recipe().with_vector(found.theta)  # within all ranges


def test_what_does_not_belong_hardly_counts(landscape: Image, editor: str) -> None:
    emulator = load_emulator(editor)
    context = context_of(landscape, Recipe(), 0.0)
    rgb = landscape.rgb.reshape(-1, 3)[::23]
    target = np.clip(forward(emulator.stages(context), rgb, LOOKS["sliders"].to_vector())[-1], 0, 1)
    spoiled = target.copy()
    spoiled[::10] = [1.0, 0.0, 0.6]
    found = fit_camera(emulator, context, cells_of(rgb, spoiled))
    assert measured(emulator, context, cells_of(rgb, target), found.theta).delta_e.mean() < 1.5


def test_sliders_that_look_around_stay_at_zero(landscape: Image, editor: str) -> None:
    emulator = load_emulator(editor)
    context = context_of(landscape, Recipe(), 0.0)
    rgb = landscape.rgb.reshape(-1, 3)[::23]
    target = np.clip(rgb, 0, 1) ** 0.7
    found = fit_camera(emulator, context, cells_of(rgb, target))
    recipe = Recipe().with_vector(found.theta)
    assert recipe.highlights == recipe.shadows == 0.0
    assert recipe.to_vector().any()
    assert (np.diff(recipe.curve.points()[:, 1]) > 0).all()
    assert np.min(emulator.tone_slope(found.theta)) > 0.24
