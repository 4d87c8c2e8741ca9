"""The chain against recorded renders of the program, and what a solver needs of it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.editors.darktable.sigmoid import white_stops
from sidelight.emulators.base import Context, render, run
from sidelight.emulators.darktable import DarktableEmulator
from sidelight.emulators.guide import exposure_guide
from sidelight.emulators.solve import chain_jacobian, forward
from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.imaging.difference import delta_e_2000
from sidelight.learning.chart import Chart, patch_means
from sidelight.learning.operation_cases import Case, RecipeCase, twin_case
from sidelight.learning.operation_error import Renders, chart_error
from sidelight.recipe import Recipe
from sidelight.recipe.fields import SLIDERS, VECTOR_SIZE
from sidelight.recipe.white_balance import RelativeWhiteBalance

# Largest and mean CIEDE2000 over all patches, spectral colours among them; relative error of the
# greys' luminance down to -7 EV.
LIMITS = {
    "default": (0.02, 0.005, 0.001),
    "default, headroom 1": (0.03, 0.01, 0.003),
    "default, headroom 2": (0.03, 0.01, 0.003),
    "default, headroom 3": (0.03, 0.01, 0.003),
    "default, headroom 4": (0.03, 0.01, 0.003),
    "exposure_ev +1": (0.02, 0.005, 0.001),
    "temperature drawn 1": (0.02, 0.005, 0.001),
    "highlights -100": (0.3, 0.03, 0.004),
    "shadows +100": (0.3, 0.03, 0.006),
    "contrast -50, headroom 3": (0.03, 0.01, 0.004),
    "contrast +75": (0.03, 0.01, 0.004),
    "whites +50": (0.5, 0.04, 0.001),
    "blacks -100": (0.5, 0.04, 0.001),
    "vibrance +50": (0.5, 0.04, 0.001),
    "saturation -50": (0.03, 0.01, 0.001),
    "saturation +50, headroom 2": (0.7, 0.05, 0.004),
    "wave, headroom 1": (0.1, 0.02, 0.006),
    "many, headroom 2.3": (0.5, 0.05, 0.012),
    "recipe 1": (0.5, 0.05, 0.006),
}


@pytest.mark.parametrize("name", LIMITS)
def test_renders_what_the_program_renders(
    name: str, chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    error = chart_error(chart, case[name], renders[name])
    most, mean, most_grey = LIMITS[name]
    assert error.color_max < most and error.color_mean < mean and error.grey_max < most_grey


@pytest.mark.parametrize("headroom", [0.0, 1.0, 2.0, 4.0])
def test_greys_are_within_one_percent_at_every_white_target(
    headroom: float, chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    """Of display-linear luminance, 100 x 2^headroom percent, all greys from -9 EV on."""
    one = twin_case(0.0, headroom)
    ours = luminance(patch_means(case[one.name].emulate(chart.image)))
    ratio = ours / luminance(renders[one.name])
    assert np.abs(ratio[chart.grey] - 1.0).max() < 0.01


def test_the_mask_is_taken_after_white_balance_and_exposure(
    chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    """The refreshed guide is what makes a Recipe that moves both far come out."""
    one = case["recipe 1"]
    assert isinstance(one, RecipeCase) and abs(one.recipe.shadows) > 20
    stale = render(DarktableEmulator(), chart.image, one.recipe, guide=exposure_guide(chart.image))
    wanted = rgb_to_lab(np.clip(renders["recipe 1"], 0.0, 1.0))
    fresh, old = (
        delta_e_2000(rgb_to_lab(np.clip(patch_means(rgb), 0.0, 1.0)), wanted).mean()
        for rgb in (one.emulate(chart.image), stale)
    )
    assert fresh < 0.25 * old


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
    assert rgb.min() >= 0.0 and rgb.max() <= 2.0 ** white_stops(headroom)


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
