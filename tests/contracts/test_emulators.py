"""What every emulator must do; a new emulator is tested here by its line in `EMULATORS`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Context, Emulator, Stage, context_of, render, run
from sidelight.emulators.solve import chain_jacobian, forward
from sidelight.imaging.image import Image
from sidelight.learning.random_recipe import random_recipes, rises
from sidelight.recipe import CameraWhiteBalance, Hdr, Lut3D, PhotoInfo, Recipe
from sidelight.recipe.fields import SLIDERS, VECTOR_SIZE

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
WHITE_BALANCE = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])

DEFAULT_OF_GREY = {
    "lightroom": 0.388,  # Adobe's default curve at 0.18
    "darktable": 0.18 * 2**0.7,  # sigmoid keeps 0.1845; see below
}
HEADROOMS = [0.0, 2.3]


def pixels(count: int = 300, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    level = 2.0 ** random.uniform(-9, 1.5, (count, 1))
    return (level * np.exp(random.normal(0, 0.25, (count, 3)))).astype(np.float32)


def guide_of(rgb: NDArray[Any]) -> NDArray[np.float32]:
    """A neighbourhood that is like the pixel, but not it."""
    random = np.random.default_rng(9)
    norm = np.log2(np.linalg.norm(rgb, axis=-1) + 1e-5)
    return (norm + random.normal(0, 0.3, norm.shape)).astype(np.float32)


def context(
    recipe: Recipe, headroom: float, guide: Any = None, lut: Lut3D | None = None
) -> Context:
    peak = None if guide is None else float(np.percentile(np.asarray(guide), 99.5))
    return Context(
        WHITE_BALANCE, headroom, guide=guide, guide_peak=peak, hdr=recipe.hdr, lut=lut
    )


def chain(emulator: Emulator, recipe: Recipe, headroom: float, guide: Any = None) -> Sequence[Stage]:
    return emulator.stages(context(recipe, headroom, guide))


def hdr_of(headroom: float) -> Hdr:
    return Hdr(headroom > 0, headroom or 2.3)


@pytest.fixture(params=sorted(EMULATORS))
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return load_emulator(request.param)


@pytest.fixture(params=HEADROOMS, ids=["sdr", "hdr"])
def headroom(request: pytest.FixtureRequest) -> float:
    return request.param


def recipes(emulator: Emulator, headroom: float, count: int = 4) -> list[Recipe]:
    drawn = random_recipes(count, seed=7, accept=rises(emulator))
    return [replace(recipe, hdr=hdr_of(headroom)) for recipe in [Recipe(), *drawn]]
