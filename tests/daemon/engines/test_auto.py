"""Auto's solve meets its terms, and its reasons are true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Context, Emulator, context_of, render
from sidelight.emulators.darktable import DarktableEmulator
from sidelight.emulators.guide import STALE_EXPOSURE_EV, is_stale
from sidelight.engines import auto
from sidelight.engines.auto import (
    FREE,
    AutoEngine,
    Solved,
    reasons_of,
    solve_terms,
    term_effects,
)
from sidelight.engines.objective import key_ev, prior_precision, terms_for
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.terms import Term, evaluate, features_of
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image, Preview
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.fields import INDEX, SLIDERS, VECTOR_SIZE

HEADROOM = 2.3
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])
ImageOf = Callable[..., Image]


@pytest.fixture(params=sorted(EMULATORS))
def editor(request: pytest.FixtureRequest) -> str:
    return request.param


def problem(image: Image, emulator: Emulator) -> tuple[Context, Scene, list[Term]]:
    scene = analyse(image)
    recipe = Recipe(hdr=Hdr(True, HEADROOM))
    guide = emulator.guide(image).reshape(-1)
    context = context_of(image, recipe, HEADROOM, guide).take(scene.index)
    return context, scene, terms_for(scene, HEADROOM, *key_ev(scene))


def costs(
    emulator: Emulator, context: Context, scene: Scene, terms: list[Term], theta: np.ndarray
) -> float:
    out = []
    for headroom in (0.0, HEADROOM):
        rgb = scene.rgb
        for stage in emulator.stages(context.at(headroom)):
            rgb = stage.apply(rgb, theta.astype(np.float32))
        out.append(rgb)
    residuals = evaluate(terms, features_of(*out))
    return float(residuals @ residuals + prior_precision() @ theta**2)


def test_the_answer_is_better_than_zero_and_than_its_neighbours(
    editor: str, landscape: Image
) -> None:
    emulator = load_emulator(editor)
    context, scene, terms = problem(landscape, emulator)
    theta = solve_terms(emulator, context, scene, terms).theta
    best = costs(emulator, context, scene, terms, theta)
    assert best < 0.5 * costs(emulator, context, scene, terms, np.zeros(VECTOR_SIZE))
    tried = 0
    for setting in FREE:
        for step in (-0.1, 0.1):
            moved = theta.copy()
            moved[setting] = np.clip(moved[setting] + step, -1, 1)
            # The cost here leaves out what keeps tones rising: only fair where that is no worse.
            if emulator.tone_slope(moved).min() >= min(emulator.tone_slope(theta).min(), 0.3):
                tried += 1
                cost = costs(emulator, context, scene, terms, moved)
                # Nor does it see the slope that helps the solver back from clipped tones.
                assert cost > 0.8 * best, SLIDERS[setting]
    assert tried >= 6


def test_what_is_not_free_stays_at_zero(editor: str, interior: Image) -> None:
    emulator = load_emulator(editor)
    solved = solve_terms(emulator, *problem(interior, emulator))
    fixed = [i for i in range(VECTOR_SIZE) if i not in FREE]
    assert not solved.theta[fixed].any()
    assert INDEX["temperature_mired"] in fixed
    assert solved.rows.shape == (len(solved.terms), len(FREE))
    assert solved.residuals.shape == (len(solved.terms),)


def test_tones_keep_their_order(editor: str, interior: Image) -> None:
    emulator = load_emulator(editor)
    theta = solve_terms(emulator, *problem(interior, emulator)).theta
    assert emulator.tone_slope(theta).min() > 0.2


def test_without_its_term_a_slider_moves_as_its_reason_says(
    landscape: Image, interior: Image, image_of: ImageOf
) -> None:
    """Each reason names the term that pushes the slider to its side: solve again without it."""
    wide = image_of(2.0 * landscape.rgb ** np.float32(1.4))
    true = []
    for name in sorted(EMULATORS):
        emulator = load_emulator(name)
        for image in (landscape, interior, wide):
            context, scene, terms = problem(image, emulator)
            solved = solve_terms(emulator, context, scene, terms)
            recipe = Recipe().with_vector(solved.theta)
            without = {}
            for reason in reasons_of(recipe, solved, scene, "span"):
                if reason.term not in without:
                    rest = [term for term in terms if term.name != reason.term]
                    again = solve_terms(emulator, context, scene, rest)
                    without[reason.term] = Recipe().with_vector(again.theta)
                other = getattr(without[reason.term], reason.slider)
                true.append((reason.value - other) * np.sign(reason.value) > 0)
    assert len(true) > 30
    # Reasons come from the linearised solve; a few small moves may turn at a bound.
    assert np.mean(true) >= 0.9


def test_effects_are_those_of_the_linear_problem() -> None:
    """With linear terms the effect is exactly the answer minus the answer without the term."""
    random = np.random.default_rng(5)
    rows, right = random.normal(size=(5, len(FREE))), random.normal(size=5)
    prior = np.diag(prior_precision()[list(FREE)]) + 1e-6 * np.eye(len(FREE))

    def answer(keep: list[int]) -> np.ndarray:
        a, b = rows[keep], right[keep]
        return np.linalg.solve(a.T @ a + prior, a.T @ b)

    names = ["placement", "white", "white", "black", "colour"]
    terms = tuple(Term(name, "sdr_ev", np.array([0]), 0.0, 1.0) for name in names)
    best = answer([0, 1, 2, 3, 4])
    theta = np.zeros(VECTOR_SIZE)
    theta[list(FREE)] = best
    effects = term_effects(solved_of(theta, terms, rows @ best - right, rows))
    assert list(effects) == ["placement", "white", "black", "colour"]
    for name, keep in (("placement", [1, 2, 3, 4]), ("white", [0, 3, 4]), ("black", [0, 1, 2, 4])):
        assert np.allclose(effects[name], best - answer(keep), atol=1e-4)


def solved_of(
    theta: np.ndarray, terms: tuple[Term, ...], residuals: np.ndarray, rows: np.ndarray
) -> Solved:
    return Solved(theta, terms, residuals, rows, 0.0)


def test_the_twins_meet_below_white_and_part_above(editor: str, landscape: Image) -> None:
    recipe = AutoEngine().predict(landscape, editor, HEADROOM).recipe
    emulator = load_emulator(editor)
    sdr, hdr = (render(emulator, landscape, recipe, h) @ LUMINANCE for h in (0.0, HEADROOM))
    dark = landscape.rgb @ LUMINANCE < np.percentile(landscape.rgb @ LUMINANCE, 20)
    assert abs(np.median(np.log2(hdr[dark] / sdr[dark]))) < 0.1
    assert hdr.max() > 1.3 > 1.05 > sdr.max()


class Watched(DarktableEmulator):
    """darktable's emulator, and the Recipes it was asked to refresh its guide for."""

    asked: list[Recipe]

    def guide(self, image: Image, recipe: Recipe | None = None) -> np.ndarray:
        if recipe is not None:
            self.asked.append(recipe)
        return super().guide(image, recipe)


@pytest.mark.parametrize(("light", "moves_far"), [(1.0, False), (0.125, True)])
def test_the_guide_is_taken_anew_once_after_a_large_move(
    light: float, moves_far: bool, interior: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = Watched()
    emulator.asked = []
    monkeypatch.setattr(auto, "load_emulator", lambda editor: emulator)
    image = replace(interior, rgb=interior.rgb * np.float32(light))
    recipe = AutoEngine().predict(image, "darktable", HEADROOM).recipe
    assert (abs(recipe.exposure_ev) > STALE_EXPOSURE_EV) is moves_far
    assert len(emulator.asked) == moves_far
    assert all(is_stale(asked) for asked in emulator.asked)


def test_sliders_stand_on_the_editors_steps(editor: str, landscape: Image) -> None:
    recipe = AutoEngine().predict(landscape, editor).recipe
    for name, value in recipe.sliders().items():
        step = 0.01 if name == "exposure_ev" else 1.0
        assert value / step == pytest.approx(round(value / step), abs=1e-6)
        assert str(value) != "-0.0"


def test_half_the_strength_is_half_the_edit(editor: str, landscape: Image) -> None:
    engine = AutoEngine()
    whole, half, none = (
        engine.predict(landscape, editor, strength=s).recipe for s in (1.0, 0.5, 0.0)
    )
    for name, value in whole.sliders().items():
        step = 0.01 if name == "exposure_ev" else 1.0
        assert getattr(half, name) == pytest.approx(value / 2, abs=step), name
    assert none == Recipe(hdr=whole.hdr)
    assert whole != none


def test_less_is_known_less_is_claimed(landscape: Image) -> None:
    def confidence(image: Image, editor: str = "darktable") -> float:
        return AutoEngine().predict(image, editor).confidence

    jpeg = Preview(np.full((20, 30, 3), 128, np.uint8), True, "its maker")
    full = replace(landscape, preview=jpeg)
    guessed = replace(full, info=replace(full.info, white_balance_source="daylight"))
    clipped = replace(full, clipped=np.broadcast_to(landscape.rgb[..., :1] > 0.5, full.rgb.shape))
    assert confidence(full) > confidence(guessed)
    assert confidence(full) > confidence(clipped)
    assert all(0 <= confidence(image) <= 1 for image in (full, guessed, clipped))


def test_mostly_numbers_is_enough_and_mostly_none_is_not(landscape: Image) -> None:
    some, most = landscape.rgb.copy(), landscape.rgb.copy()
    some[:10, :20] = np.nan
    some[90:, :5, 1] = np.inf
    most[10:] = np.nan
    whole = AutoEngine().predict(landscape, "darktable").recipe.to_vector()
    partly = AutoEngine().predict(replace(landscape, rgb=some), "darktable").recipe.to_vector()
    assert np.abs(whole - partly).max() < 0.5
    with pytest.raises(PhotoError, match="nothing is predicted"):
        AutoEngine().predict(replace(landscape, rgb=most), "darktable")
