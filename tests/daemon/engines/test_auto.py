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
    HABIT,
    WHITE_BALANCE,
    AutoEngine,
    Solved,
    reasons_of,
    solve_terms,
    term_effects,
)
from sidelight.engines.camera_tone import camera_tone
from sidelight.engines.default import exposure_at_key, wanted_chroma
from sidelight.engines.key import Key, key_of
from sidelight.engines.objective import prior_centre, prior_precision, terms_for
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.terms import Term, evaluate, features_of
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import log_encode
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.fields import INDEX, SLIDERS, VECTOR_SIZE

HEADROOM = 2.3
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])
ImageOf = Callable[..., Image]
Problem = tuple[Context, Scene, list[Term], np.ndarray]


@pytest.fixture(params=sorted(EMULATORS))
def editor(request: pytest.FixtureRequest) -> str:
    return request.param


def problem(image: Image, emulator: Emulator) -> Problem:
    scene, tone = analyse(image), camera_tone(image)
    key = key_of(scene, tone)
    recipe = Recipe(hdr=Hdr(True, HEADROOM))
    guide = emulator.guide(image, index=scene.index)
    context = context_of(image, recipe, HEADROOM, guide, emulator.guide_peak(image))
    exposure, mid_ev = exposure_at_key(emulator, context, scene, key)
    chroma = wanted_chroma(emulator, context, scene, exposure, tone)
    terms = terms_for(scene, HEADROOM, key, chroma, mid_ev)
    return context, scene, terms, prior_centre(key, emulator.name)


def costs(emulator: Emulator, case: Problem, theta: np.ndarray) -> float:
    """What the solver minimises, but for what keeps tones rising."""
    context, scene, terms, centre = case
    out = []
    # Where an editor clips the solver sees a slope, so that it finds back.
    for twin in (replace(context, headroom=0.0, leak=auto._LEAK), context):
        rgb = scene.rgb
        for stage in emulator.stages(twin):
            rgb = stage.apply(rgb, theta.astype(np.float32))
        out.append(rgb)
    residuals = evaluate(terms, features_of(*out))
    return float(residuals @ residuals + prior_precision(emulator.name) @ (theta - centre) ** 2)


@pytest.mark.parametrize("photo", ["landscape", "interior", "portrait"])
def test_the_answer_is_better_than_zero_and_than_its_neighbours(
    editor: str, photo: str, request: pytest.FixtureRequest
) -> None:
    emulator = load_emulator(editor)
    case = problem(request.getfixturevalue(photo), emulator)
    theta = solve_terms(emulator, *case).theta
    best = costs(emulator, case, theta)
    assert best < 0.85 * costs(emulator, case, np.zeros(VECTOR_SIZE))
    tried = 0
    for setting in FREE:
        if SLIDERS[setting] == "vibrance":
            continue  # It mends no clipping, though that would cost less.
        for step in (-0.1, 0.1):
            moved = theta.copy()
            moved[setting] = np.clip(moved[setting] + step, -1, 1)
            # The cost here leaves out what keeps tones rising: only fair where that is no worse.
            if emulator.tone_slope(moved).min() >= min(emulator.tone_slope(theta).min(), 0.3):
                tried += 1
                assert costs(emulator, case, moved) > 0.9 * best, SLIDERS[setting]
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
    landscape: Image, interior: Image, portrait: Image, image_of: ImageOf
) -> None:
    """Each reason names what pushes the slider to its side: solve again without it."""
    wide = image_of(2.0 * landscape.rgb ** np.float32(1.4))
    true, habits = [], []
    for name in sorted(EMULATORS):
        emulator = load_emulator(name)
        for image in (landscape, interior, wide, portrait):
            context, scene, terms, centre = problem(image, emulator)
            solved = solve_terms(emulator, context, scene, terms, centre)
            recipe = Recipe().with_vector(solved.theta)
            without = {}
            for reason in reasons_of(recipe, solved, scene, "light"):
                if reason.term not in without:
                    rest = [term for term in terms if term.name != reason.term]
                    # Habit is no term: it is where the prior pulls to.
                    pull = None if reason.term == HABIT else centre
                    again = solve_terms(emulator, context, scene, rest, pull)
                    without[reason.term] = Recipe().with_vector(again.theta)
                other = getattr(without[reason.term], reason.slider)
                agrees = (reason.value - other) * np.sign(reason.value) > 0
                (habits if reason.term == HABIT else true).append(agrees)
    assert len(true) > 30
    # Reasons come from the linearised solve; a few small moves may turn at a bound.
    assert np.mean(true) >= 0.9
    assert habits
    assert np.mean(habits) >= 0.9


def test_habit_is_a_reason_only_where_there_is_one(editor: str, landscape: Image) -> None:
    emulator = load_emulator(editor)
    case = problem(landscape, emulator)
    assert HABIT in term_effects(solve_terms(emulator, *case))
    assert HABIT not in term_effects(solve_terms(emulator, *case[:3]))


def test_habit_explains_no_slider_that_has_none(
    editor: str, landscape: Image, interior: Image, portrait: Image
) -> None:
    for image in (landscape, interior, portrait):
        centre = Recipe().with_vector(prior_centre(key_of(analyse(image), None)))
        for reason in AutoEngine().predict(image, editor, HEADROOM).reasons:
            if reason.term == HABIT:
                assert getattr(centre, reason.slider) * reason.value > 0


def test_the_prior_pulls_to_its_centre(editor: str, landscape: Image) -> None:
    """Without a wish, sliders stand where they do of habit."""
    emulator = load_emulator(editor)
    context, scene, terms, _ = problem(landscape, emulator)
    centre = 0.4 * prior_centre(Key(0.0, "light", 1.0))
    nothing = [replace(term, weight=1e-6) for term in terms]
    solved = solve_terms(emulator, context, scene, nothing, centre)
    assert np.allclose(solved.theta, centre, atol=0.03)


def test_effects_are_those_of_the_linear_problem() -> None:
    """With linear terms the effect is exactly the answer minus the answer without the term."""
    random = np.random.default_rng(5)
    rows, right = random.normal(size=(5, len(FREE))), random.normal(size=5)
    prior = np.diag(prior_precision()[list(FREE)]) + 1e-6 * np.eye(len(FREE))

    centre = np.zeros(VECTOR_SIZE)
    centre[list(FREE)] = random.normal(0, 0.3, len(FREE))

    def answer(keep: list[int], pull: float = 1.0) -> np.ndarray:
        a, b = rows[keep], right[keep]
        return np.linalg.solve(a.T @ a + prior, a.T @ b + pull * prior @ centre[list(FREE)])

    names = ["placement", "white", "white", "black", "colour"]
    terms = tuple(Term(name, "sdr_ev", np.array([0]), 0.0, 1.0) for name in names)
    best = answer([0, 1, 2, 3, 4])
    theta = np.zeros(VECTOR_SIZE)
    theta[list(FREE)] = best
    effects = term_effects(
        Solved(theta, terms, rows @ best - right, rows, centre, prior_precision())
    )
    assert list(effects) == ["placement", "white", "black", "colour", HABIT]
    for name, keep in (("placement", [1, 2, 3, 4]), ("white", [0, 3, 4]), ("black", [0, 1, 2, 4])):
        assert np.allclose(effects[name], best - answer(keep), atol=1e-4)
    assert np.allclose(effects[HABIT], best - answer([0, 1, 2, 3, 4], 0.0), atol=1e-4)


def test_white_balance_is_changed_where_nobody_measured_and_says_so(
    editor: str, interior: Image
) -> None:
    """The room is warm: yellow near-neutral walls."""
    guessed = replace(interior, info=replace(interior.info, white_balance_source="daylight"))
    prediction = AutoEngine().predict(guessed, editor, HEADROOM)
    recipe = prediction.recipe
    assert 0 < abs(recipe.temperature_mired) <= 25
    assert abs(recipe.tint) <= 8
    rgb = interior.rgb.mean(axis=(0, 1))
    changed = interior.info.white_balance.matrix(recipe.temperature_mired, recipe.tint) @ rgb
    assert np.ptp(changed / changed[1]) < np.ptp(rgb / rgb[1])
    (reason,) = [one for one in prediction.reasons if one.slider == "temperature_mired"]
    assert reason.term == WHITE_BALANCE
    assert reason.value == recipe.temperature_mired
    half = AutoEngine().predict(guessed, editor, HEADROOM, strength=0.5).recipe
    assert half.temperature_mired == pytest.approx(recipe.temperature_mired / 2, abs=0.1)
    measured = AutoEngine().predict(interior, editor, HEADROOM).recipe
    assert (measured.temperature_mired, measured.tint) == (0.0, 0.0)


def test_headroom_without_a_use_is_not_taken(
    editor: str, image_of: ImageOf, landscape: Image
) -> None:
    random = np.random.default_rng(3)
    wall = image_of(0.3 * 2.0 ** random.normal(0, 0.2, (80, 80, 1)) * np.ones(3))
    prediction = AutoEngine().predict(wall, editor, HEADROOM)
    assert prediction.recipe.hdr.enabled
    assert prediction.recipe.hdr.headroom < 0.5
    assert any("HDR" in note for note in prediction.notes)
    rendered = render(load_emulator(editor), wall, prediction.recipe, HEADROOM)
    assert np.percentile(rendered @ LUMINANCE, 99.9) < 1.3
    assert AutoEngine().predict(landscape, editor, HEADROOM).recipe.hdr.headroom == HEADROOM
    assert not AutoEngine().predict(wall, editor, 0.0).recipe.hdr.enabled


def test_every_reason_of_every_kind_of_photo_has_its_sentence(
    editor: str, landscape: Image, interior: Image, portrait: Image
) -> None:
    for image in (landscape, interior, portrait):
        for iso in (50.0, 800.0, 102400.0):
            info = replace(image.info, exposure_s=1 / 60, f_number=4.0, iso=iso)
            found = AutoEngine().predict(replace(image, info=info), editor, HEADROOM)
            assert found.reasons
            assert all(reason.text.endswith(".") for reason in found.reasons)


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

    def guide(
        self, image: Image, recipe: Recipe | None = None, index: np.ndarray | None = None
    ) -> np.ndarray:
        if recipe is not None:
            self.asked.append(recipe)
        return super().guide(image, recipe, index)


@pytest.mark.parametrize(("light", "moves_far"), [(2.0, False), (0.125, True)])
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

    exposure = {"exposure_s": 1 / 500, "f_number": 11.0, "iso": 100.0}
    full = replace(landscape, info=replace(landscape.info, **exposure))
    guessed = replace(full, info=replace(full.info, white_balance_source="daylight"))
    clipped = replace(full, clipped=np.broadcast_to(landscape.rgb[..., :1] > 0.5, full.rgb.shape))
    assert confidence(full) > confidence(landscape), "nothing tells how much light there was"
    assert confidence(full) > confidence(full, "lightroom") > 0
    assert confidence(full) > confidence(guessed)
    assert confidence(full) > confidence(clipped)
    assert all(0 <= confidence(image) <= 1 for image in (full, guessed, clipped))


def test_mostly_numbers_is_enough_and_mostly_none_is_not(landscape: Image) -> None:
    some, most = landscape.rgb.copy(), landscape.rgb.copy()
    some[::16, ::16] = np.nan
    some[3::16, 5::32, 1] = np.inf
    most[10:] = np.nan
    whole = AutoEngine().predict(landscape, "darktable").recipe
    partly = AutoEngine().predict(replace(landscape, rgb=some), "darktable").recipe
    # Sliders can trade places; it is the picture that must be the same.
    one, two = (
        log_encode(render(DarktableEmulator(), landscape, recipe)) for recipe in (whole, partly)
    )
    assert np.abs(one - two).mean() < 0.04
    with pytest.raises(PhotoError, match="nothing is predicted"):
        AutoEngine().predict(replace(landscape, rgb=most), "darktable")


def test_shadows_are_opened_less_where_the_sensitivity_is_high(
    editor: str, interior: Image, image_of: ImageOf
) -> None:
    engine = AutoEngine()
    opened = []
    for iso in (100.0, 25600.0):
        recipe = engine.predict(image_of(interior.rgb, iso=iso), editor).recipe
        opened.append(recipe.shadows + recipe.blacks)
    assert opened[1] <= opened[0]
