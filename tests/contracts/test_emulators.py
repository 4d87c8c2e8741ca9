"""What every emulator must do; a new emulator is tested here by its line in `EMULATORS`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.editors.darktable.sigmoid import white_stops
from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Context, Emulator, Stage, run
from sidelight.emulators.solve import chain_jacobian, forward
from sidelight.imaging.color import REC2020_TO_SRGB
from sidelight.learning.random_recipe import random_recipes, rises
from sidelight.recipe import CameraWhiteBalance, Hdr, Lut3D, Recipe
from sidelight.recipe.fields import CURVE_SLICE, INDEX, VECTOR_SIZE

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
WHITE_BALANCE = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])
HEADROOMS = [0.0, 2.3]

DEFAULT = {
    "lightroom": {0.01: 0.0083, 0.045: 0.067, 0.18: 0.388, 0.36: 0.674, 0.72: 0.928},
    "darktable": {
        scene / 2**0.7: out
        for scene, out in {
            0.18: 0.17895,
            0.36: 0.38139,
            0.72: 0.63641,
            1.44: 0.83261,
            4.0: 0.95870,
        }.items()
    },
}
"""Greys of each editor's default SDR rendering: Adobe's default curve, and what darktable-cli
4.2.1 made of greys through sigmoid, whose default exposure is +0.7 EV."""


def pixels(count: int = 300, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    level = 2.0 ** random.uniform(-9, 1.5, (count, 1))
    return level * np.exp(random.normal(0, 0.25, (count, 3)))


def greys(*levels: float) -> NDArray[np.float64]:
    return np.repeat(np.array(levels)[:, None], 3, axis=1)


def guide_of(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """A neighbourhood that is like the pixel, but not it."""
    random = np.random.default_rng(9)
    return np.log2(np.linalg.norm(rgb, axis=-1)) + random.normal(0, 0.3, rgb.shape[:-1])


def context(recipe: Recipe, headroom: float, guide: Any = None, **more: Any) -> Context:
    return Context(WHITE_BALANCE, headroom, guide=guide, guide_peak=0.79, hdr=recipe.hdr, **more)


def render(
    emulator: Emulator, rgb: Any, recipe: Recipe, headroom: float, guide: Any = None
) -> NDArray[np.float64]:
    stages = emulator.stages(context(recipe, headroom, guide))
    return np.asarray(run(stages, rgb, recipe.to_vector().astype(rgb.dtype)))


def hdr_of(headroom: float) -> Hdr:
    return Hdr(headroom > 0, headroom or 2.3)


@pytest.fixture
def torch() -> Any:
    """Torch on one thread; tests that need it are skipped where it is not installed."""
    module = pytest.importorskip("torch")
    module.set_num_threads(1)
    return module


@pytest.fixture(params=sorted(EMULATORS))
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return load_emulator(request.param)


@pytest.fixture(params=HEADROOMS, ids=["sdr", "hdr"])
def headroom(request: pytest.FixtureRequest) -> float:
    return request.param


@pytest.fixture
def recipes(emulator: Emulator, headroom: float) -> list[Recipe]:
    """The zero Recipe and four random ones."""
    drawn = random_recipes(4, seed=7, accept=rises(emulator))
    return [replace(recipe, hdr=hdr_of(headroom)) for recipe in [Recipe(), *drawn]]


def test_a_zero_recipe_is_the_editors_default_rendering(emulator: Emulator) -> None:
    scene, wanted = zip(*DEFAULT[emulator.name].items(), strict=True)
    out = render(emulator, greys(*scene), Recipe(), 0.0)
    assert np.allclose(out, greys(*wanted), rtol=4e-3)


def test_greys_stay_grey(emulator: Emulator, headroom: float) -> None:
    out = render(emulator, greys(*2.0 ** np.arange(-9, 4)), Recipe(hdr=hdr_of(headroom)), headroom)
    assert np.allclose(out, out.mean(axis=1, keepdims=True), rtol=1e-3)


def test_the_twins_agree_below_grey(emulator: Emulator) -> None:
    scene = greys(*0.1845 / 2**0.7 * 2.0 ** np.arange(-6, 0.1, 0.5))
    sdr, hdr = (
        render(emulator, scene, Recipe(hdr=hdr_of(2.3)), headroom) for headroom in (0.0, 2.3)
    )
    assert np.abs(np.log2(hdr / sdr)).max() <= 0.03


@pytest.mark.parametrize("stops", [1.0, 2.3, 4.0])
def test_hdr_goes_above_white_and_never_above_its_headroom(
    emulator: Emulator, stops: float
) -> None:
    scene = greys(*2.0 ** np.arange(-4, 7, 0.5))
    hdr = render(emulator, scene, Recipe(hdr=Hdr(True, stops)), stops)[:, 0]
    assert (np.diff(hdr) >= 0).all()
    # darktable's target stands above the headroom, for light that no raw holds.
    target = white_stops(stops) if emulator.name == "darktable" else stops
    assert (np.diff(hdr)[hdr[1:] < 0.95 * 2**target] > 0).all()
    assert 2 ** (target - 0.4) < hdr[-1] <= 2**target * (1 + 1e-6)
    assert hdr[scene[:, 0] <= 1.0].max() <= 2**stops
    sdr = render(emulator, scene, Recipe(hdr=Hdr(True, stops)), 0.0)[:, 0]
    assert sdr.max() <= 1.001
    assert (np.diff(sdr) >= -1e-6).all()


def test_more_exposure_is_brighter(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    scene = greys(*2.0 ** np.arange(-8, 2, 0.5))
    for recipe in recipes:
        levels = [
            render(emulator, scene, replace(recipe, exposure_ev=ev), headroom) @ LUMINANCE
            for ev in (-2.0, -0.5, 0.0, 1.0, 2.5)
        ]
        assert (np.diff(levels, axis=0) > -1e-6).all()
        assert (levels[-1][:10] > 2 * levels[0][:10]).all()


@pytest.mark.parametrize("name", ["exposure_ev", "shadows", "blacks", "whites", "highlights"])
def test_a_tone_slider_brightens_when_it_goes_up(
    emulator: Emulator, headroom: float, name: str
) -> None:
    """And, but for exposure, it acts where its name says."""
    scene = greys(*2.0 ** np.arange(-9, 2, 0.5))
    plus, minus = (
        render(emulator, scene, Recipe(hdr=hdr_of(headroom), **{name: value}), headroom)[:, 0]  # type: ignore[arg-type]
        for value in ((2.0, -2.0) if name == "exposure_ev" else (60.0, -60.0))
    )
    ratio = np.log2(plus / minus)
    assert (ratio > -0.02).all()
    assert ratio.max() > 0.2
    dark, bright = ratio[:6].mean(), ratio[-6:-1].mean()
    if name in ("shadows", "blacks"):
        assert dark > bright + 0.1
    if name in ("highlights", "whites") and headroom:
        assert bright > dark + 0.1


def test_float32_in_float32_out(emulator: Emulator, headroom: float, recipes: list[Recipe]) -> None:
    rgb = pixels().astype(np.float32)
    for guide in (None, guide_of(pixels()).astype(np.float32)):
        for recipe in recipes:
            single = render(emulator, rgb, recipe, headroom, guide)
            double = render(emulator, rgb.astype(np.float64), recipe, headroom, guide)
            assert single.dtype == np.float32
            assert double.dtype == np.float64
            assert np.allclose(single, double, rtol=1e-4, atol=1e-5)


def test_any_light_is_finite(emulator: Emulator, headroom: float, recipes: list[Recipe]) -> None:
    rgb = np.array(
        [[0, 0, 0], [-1, -1, -1], [-0.2, 0.3, 0.1], [1, 0, 0], [0, 0, 1e-9], [4096, 1, 0]],
        dtype=np.float32,
    )
    for recipe in recipes:
        assert np.isfinite(render(emulator, rgb, recipe, headroom)).all()


def test_without_a_guide_a_pixel_is_its_own_neighbourhood(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    scene = greys(*2.0 ** np.linspace(-8, 1, 40))
    own = np.log2(np.linalg.norm(scene, axis=1))
    for recipe in recipes:
        recipe = replace(recipe, temperature_mired=0.0, tint=0.0)
        assert np.allclose(
            render(emulator, scene, recipe, headroom),
            render(emulator, scene, recipe, headroom, own),
            rtol=5e-3,
        )


def test_some_pixels_alone_are_what_they_are_among_all(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    rgb, some = pixels(), np.arange(3, 300, 7)
    guide = guide_of(rgb)
    for recipe in recipes:
        bound = context(recipe, headroom, guide)
        alone = run(emulator.stages(bound.take(some)), rgb[some], recipe.to_vector())
        assert np.allclose(alone, render(emulator, rgb, recipe, headroom, guide)[some])


def test_an_identity_lut_changes_nothing_inside_srgb(emulator: Emulator, headroom: float) -> None:
    rgb = 0.3 * pixels() + 0.2 * pixels().mean(axis=1, keepdims=True)
    recipe = Recipe(hdr=hdr_of(headroom))
    plain = render(emulator, rgb, recipe, headroom)
    bound = context(recipe, headroom, lut=Lut3D.identity(33))
    looked = run(emulator.stages(bound), rgb, recipe.to_vector())
    srgb = plain @ REC2020_TO_SRGB.T
    inside = ((srgb >= 0) & (srgb <= 2**headroom)).all(axis=1)
    assert inside.mean() > 0.8
    assert np.allclose(looked[inside], plain[inside], atol=1e-4)


def states_of(
    emulator: Emulator, recipe: Recipe, headroom: float
) -> tuple[list[Stage], list[NDArray[np.float64]], NDArray[np.float64]]:
    rgb, theta = pixels(120), recipe.to_vector()
    stages = list(emulator.stages(context(recipe, headroom, guide_of(rgb))))
    return stages, forward(stages, rgb, theta), theta  # type: ignore[arg-type, return-value]


def test_known_columns_are_differences(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    for recipe in recipes:
        stages, states, theta = states_of(emulator, recipe, headroom)
        for k, stage in enumerate(stages):
            if stage.columns is None:
                continue
            columns = stage.columns(states[k], states[k + 1], theta)
            assert len(columns) == len(stage.settings)
            for setting, column in zip(stage.settings, columns, strict=True):
                step = np.zeros(VECTOR_SIZE)
                step[setting] = 1e-5
                above, below = (stage.apply(states[k], theta + s) for s in (step, -step))
                wanted = (above - below) / 2e-5
                # Where the slope itself changes fast, a difference as a solver takes it is as good.
                coarse = (stage.apply(states[k], theta + 200 * step) - states[k + 1]) / 2e-3
                # A point curve's column may take the nearest entry of its table.
                miss = min(np.abs(column - values).max() for values in (wanted, coarse))
                assert miss <= 0.05 * np.abs(wanted).max() + 1e-6, (
                    stage.name,
                    setting,
                )


def test_stages_name_every_setting_they_read(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    for recipe in recipes:
        stages, states, theta = states_of(emulator, recipe, headroom)
        for k, stage in enumerate(stages):
            for setting in set(range(VECTOR_SIZE)) - set(stage.settings):
                moved = theta.copy()
                moved[setting] += 0.05
                assert np.array_equal(stage.apply(states[k], moved), states[k + 1]), stage.name


def test_a_channelwise_stage_keeps_channels_apart(
    emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    seen = 0
    for recipe in recipes:
        stages, states, theta = states_of(emulator, recipe, headroom)
        for k, stage in enumerate(stages):
            if stage.channelwise:
                seen += 1
                moved = states[k].copy()
                moved[:, 1] *= 1.4
                out = stage.apply(moved, theta)
                assert np.array_equal(out[:, [0, 2]], states[k + 1][:, [0, 2]]), stage.name
                assert not np.array_equal(out[:, 1], states[k + 1][:, 1])
    assert seen


def test_every_slider_does_something(emulator: Emulator, headroom: float) -> None:
    """All but the point curve, which an editor may leave out in HDR."""
    rgb = pixels()
    plain = Recipe(hdr=hdr_of(headroom))
    before = render(emulator, rgb, plain, headroom, guide_of(rgb))
    for name in INDEX:
        edit = replace(plain, **{name: 2.0 if name == "exposure_ev" else 40.0})  # type: ignore[arg-type]
        after = render(emulator, rgb, edit, headroom, guide_of(rgb))
        assert np.abs(after - before).max() > 0.01, name


def test_the_tone_slope_of_nothing_is_one(emulator: Emulator) -> None:
    slope = np.asarray(emulator.tone_slope(np.zeros(VECTOR_SIZE)))
    assert slope.ndim == 1
    assert np.abs(slope - 1).max() < 0.05
    bent = np.zeros(VECTOR_SIZE)
    bent[[INDEX["highlights"], INDEX["whites"]]] = -1.0
    assert np.asarray(emulator.tone_slope(bent)).min() < slope.min() - 0.2


def test_tensors_give_what_arrays_give(
    torch: Any, emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    rgb = pixels().astype(np.float32)
    for guide in (None, guide_of(pixels()).astype(np.float32)):
        tensor_guide = None if guide is None else torch.from_numpy(guide)
        for recipe in recipes:
            theta = torch.from_numpy(recipe.to_vector().astype(np.float32))
            stages = emulator.stages(context(recipe, headroom, tensor_guide))
            tensor = run(stages, torch.from_numpy(rgb), theta)
            assert tensor.dtype == torch.float32
            wanted = render(emulator, rgb, recipe, headroom, guide)
            assert np.allclose(tensor.numpy(), wanted, rtol=1e-4, atol=1e-4)
            slope = emulator.tone_slope(theta)
            assert np.allclose(slope, emulator.tone_slope(recipe.to_vector()), atol=1e-3)


def test_gradients_are_finite_everywhere(
    torch: Any, emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    edges = [[0, 0, 0], [-0.1, 0.2, 0.0], [1, 0, 0], [1e-7, 0, 0], [0.18, 0.18, 0.18], [50, 60, 70]]
    rgb = np.concatenate([pixels(), edges]).astype(np.float32)
    for recipe in recipes:
        inputs = torch.tensor(rgb, requires_grad=True)
        theta = torch.tensor(recipe.to_vector().astype(np.float32), requires_grad=True)
        run(emulator.stages(context(recipe, headroom)), inputs, theta).sum().backward()
        assert torch.isfinite(inputs.grad).all()
        assert torch.isfinite(theta.grad).all()
        if recipe.vibrance:
            assert (theta.grad[: CURVE_SLICE.start] != 0).all()


def test_the_solvers_jacobian_is_torchs(
    torch: Any, emulator: Emulator, headroom: float, recipes: list[Recipe]
) -> None:
    """Stage by stage differences against automatic differentiation of the whole chain."""
    rgb = pixels(24, seed=3)
    guide = guide_of(rgb)
    for recipe in recipes[1:3]:
        theta = recipe.to_vector()
        stages = emulator.stages(context(recipe, headroom, guide))
        free = sorted({i for stage in stages for i in stage.settings})
        ours = chain_jacobian(stages, forward(stages, rgb, theta), theta, free)  # type: ignore[arg-type]
        tensor_stages = emulator.stages(context(recipe, headroom, torch.from_numpy(guide)))
        exact = torch.autograd.functional.jacobian(
            lambda t, chain=tensor_stages: run(chain, torch.from_numpy(rgb), t),
            torch.from_numpy(theta),
        ).numpy()[..., free]
        miss = np.abs(ours - exact).max(axis=(0, 1)) / (np.abs(exact).max(axis=(0, 1)) + 1.0)
        assert miss.max() < 0.06, free[int(miss.argmax())]
