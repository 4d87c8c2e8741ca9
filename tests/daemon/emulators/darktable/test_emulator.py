"""The chain against recorded renders of the program, and what a solver needs of it."""

from __future__ import annotations

from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context, run
from sidelight.emulators.darktable import DarktableEmulator
from sidelight.emulators.solve import chain_jacobian, forward
from sidelight.recipe import Recipe
from sidelight.recipe.fields import SLIDERS, VECTOR_SIZE
from sidelight.recipe.white_balance import RelativeWhiteBalance

# Largest and mean CIEDE2000 over all patches, spectral colours among them; relative error of greys
# down to -7 EV. The guide is refreshed, as after a solve.
LIMITS = {
    "default": (0.03, 0.01, 0.002),
    "default hdr": (0.03, 0.01, 0.004),
    "exposure": (0.03, 0.01, 0.003),
    "contrast down": (0.03, 0.01, 0.004),
    "contrast up": (0.03, 0.01, 0.003),
    "temperature": (0.3, 0.05, 0.01),
    "curve": (0.1, 0.03, 0.01),
    "highlights": (0.3, 0.05, 0.004),
    "shadows": (0.3, 0.05, 0.006),
    "whites": (0.5, 0.05, 0.004),
    "blacks": (0.5, 0.05, 0.004),
    "vibrance": (0.5, 0.06, 0.004),
    "saturation down": (0.05, 0.02, 0.004),
    "saturation up": (0.7, 0.08, 0.004),
    "many": (2.0, 0.15, 0.02),
}


@pytest.mark.parametrize("name", LIMITS)
def test_renders_what_the_program_renders(
    name: str, oracle: ModuleType, chart: Any, renders: dict[str, NDArray[np.float64]]
) -> None:
    recipe, headroom = oracle.RECIPES[name]
    ours, theirs = oracle.emulate(chart, recipe, headroom), renders[name]
    whole = oracle.unclipped(chart, recipe)
    error = oracle.delta_e(ours, theirs, headroom)[whole]
    grey = whole & chart.grey & (chart.rgb[:, 0] > 0.18 * 2.0**-7)
    relative = np.abs(ours / theirs - 1.0)[grey].max()
    most, mean, most_grey = LIMITS[name]
    assert error.max() < most and error.mean() < mean and relative < most_grey


@pytest.fixture
def pixels() -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    level = 2.0 ** rng.uniform(-8.0, 1.0, (300, 1))
    return (level * rng.uniform(0.2, 1.0, (300, 3))).astype(np.float32)


def context_for(pixels: NDArray[Any], headroom: float = 0.0) -> Context:
    guide = np.log2(np.linalg.norm(pixels, axis=1))
    return Context(RelativeWhiteBalance(), headroom, guide=guide, guide_peak=0.5)


def settings() -> NDArray[np.float64]:
    theta = np.zeros(VECTOR_SIZE)
    theta[: len(SLIDERS)] = [0.1, 0.05, 0.1, 0.2, -0.5, 0.4, 0.2, -0.1, 0.3, 0.2]
    theta[len(SLIDERS) :] = 0.02 * np.sin(np.arange(VECTOR_SIZE - len(SLIDERS)))
    return theta


@pytest.mark.parametrize("headroom", [0.0, 2.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_dtype_and_shape(pixels: NDArray[np.float32], dtype: type, headroom: float) -> None:
    rgb, theta = pixels.astype(dtype), settings().astype(dtype)
    for stage in DarktableEmulator().stages(context_for(rgb, headroom)):
        rgb = stage.apply(rgb, theta)
        assert rgb.dtype == dtype and rgb.shape == pixels.shape and np.isfinite(rgb).all()
    assert rgb.min() >= 0.0 and rgb.max() <= 2.0**headroom


def test_reads_only_the_settings_each_stage_names(pixels: NDArray[np.float32]) -> None:
    theta = settings()
    read: set[int] = set()
    rgb = pixels.astype(np.float64)
    for stage in DarktableEmulator().stages(context_for(rgb)):
        after = stage.apply(rgb, theta)
        for setting in set(range(VECTOR_SIZE)) - set(stage.settings):
            moved = theta.copy()
            moved[setting] += 0.01
            np.testing.assert_array_equal(stage.apply(rgb, moved), after)
        read |= set(stage.settings)
        rgb = after
    assert read == set(range(VECTOR_SIZE))


@pytest.mark.parametrize("headroom", [0.0, 2.3])
def test_differences_in_float32_find_the_derivatives(
    pixels: NDArray[np.float32], headroom: float
) -> None:
    theta, free = settings(), list(range(VECTOR_SIZE))
    stages = DarktableEmulator().stages(context_for(pixels, headroom))
    found = chain_jacobian(stages, forward(stages, pixels, theta), theta, free)
    exact_pixels = pixels.astype(np.float64)
    exact = DarktableEmulator().stages(context_for(exact_pixels, headroom))
    for setting in free:
        up, down = theta.copy(), theta.copy()
        up[setting] += 1e-5
        down[setting] -= 1e-5
        true = (run(exact, exact_pixels, up) - run(exact, exact_pixels, down)) / 2e-5
        error = np.sqrt(np.mean((found[..., setting] - true) ** 2))
        assert error < 0.03 * np.sqrt(np.mean(true**2)) + 1e-4, setting


@pytest.mark.parametrize("name", ["highlights", "shadows", "whites", "vibrance", "saturation"])
def test_a_setting_near_zero_changes_little(name: str, pixels: NDArray[np.float32]) -> None:
    rgb = pixels.astype(np.float64)
    stages = DarktableEmulator().stages(context_for(rgb))
    still = run(stages, rgb, Recipe().to_vector())
    moved = run(stages, rgb, Recipe(**{name: 0.05}).to_vector())
    assert np.abs(moved - still).max() < 2e-3


def test_highlights_and_shadows_never_turn_tones_over() -> None:
    emulator = DarktableEmulator()
    steps = np.linspace(-100.0, 100.0, 11)
    slopes = [
        emulator.tone_slope(Recipe(highlights=h, shadows=s, exposure_ev=ev).to_vector()).min()
        for h, s, ev in product(steps, steps, (-2.0, 0.0, 2.0))
    ]
    assert min(slopes) >= 0.25


def test_whites_and_blacks_alone_never_turn_tones_over() -> None:
    emulator = DarktableEmulator()
    for whites, blacks in product((-100.0, 100.0), repeat=2):
        recipe = Recipe(whites=whites, blacks=blacks)
        assert emulator.tone_slope(recipe.to_vector()).min() >= 0.25


def test_without_a_guide_each_pixel_is_its_own() -> None:
    rgb = np.array([[0.02, 0.02, 0.02], [0.5, 0.5, 0.5]])
    balance = RelativeWhiteBalance()
    theta = Recipe(shadows=60.0, highlights=-40.0).to_vector()
    guide = np.log2(np.linalg.norm(rgb, axis=1))
    peak = 0.5 * np.log2(3.0)
    own = run(DarktableEmulator().stages(Context(balance)), rgb, theta)
    given = run(
        DarktableEmulator().stages(Context(balance, guide=guide, guide_peak=peak)), rgb, theta
    )
    np.testing.assert_allclose(own, given, rtol=1e-6)


def test_torch_agrees_with_numpy(pixels: NDArray[np.float32]) -> None:
    torch = pytest.importorskip("torch")
    rgb, theta = pixels.astype(np.float64), settings()
    ours = run(DarktableEmulator().stages(context_for(rgb, 2.3)), rgb, theta)
    theirs = run(
        DarktableEmulator().stages(context_for(rgb, 2.3)),
        torch.from_numpy(rgb),
        torch.from_numpy(theta),
    )
    np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-9, atol=1e-12)
