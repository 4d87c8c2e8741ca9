"""Auto: an edit solved through the target editor's emulator, without training data.

The twins of one settings vector, HDR at the headroom and SDR at zero, are rendered for a few
hundred pixels; named terms say what is wished of them; damped least squares finds the sliders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import Context, Emulator, context_of, lost_gain
from sidelight.emulators.fit import settings_bounds
from sidelight.emulators.guide import is_stale
from sidelight.emulators.lightroom import is_calibrated
from sidelight.emulators.slope import SlopeRows, keep_rising
from sidelight.emulators.solve import chain_jacobian, forward, least_squares
from sidelight.engines.base import Prediction, Reason
from sidelight.engines.camera_tone import camera_tone
from sidelight.engines.default import exposure_at_key, wanted_chroma
from sidelight.engines.illuminant import white_balance_shift
from sidelight.engines.key import key_of
from sidelight.engines.objective import prior_centre, prior_precision, terms_for, useful_headroom
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sdr_white import sdr_whites
from sidelight.engines.sentences import SPEAKS, photo_notes, reason_text
from sidelight.engines.terms import Term, evaluate, feature_slopes, features_of, jacobian
from sidelight.errors import ImplausibleError
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.fields import BY_NAME, INDEX, SLIDERS, VECTOR_SIZE

Vector = NDArray[np.float64]
Pixels = NDArray[np.float32]

FREE = tuple(
    INDEX[name] for name in SLIDERS if name not in ("temperature_mired", "tint", "saturation")
)
WHITE_BALANCE = "white balance"
"""Name of the reason for a changed white balance, which is set before the solve."""

_COLOUR_COLUMNS = [column for column, i in enumerate(FREE) if SLIDERS[i] == "vibrance"]
HABIT = "range"
"""Name under which the slider prior's centre is a reason."""

_VISIBLE = {"EV": 0.03, "points": 1.0, "mired": 2.0}
_SLOPE_WEIGHT = 4.0
_BRIGHTEST = 2.0**12
_LEAK = 0.15
_SHARE_OF_STRONGEST = 0.4
_TOLERANCE, _ROUGH, _ROUGH_SOLVES = 2e-3, 5e-2, 2
_NO_GAIN = 0.25


@dataclass(frozen=True, eq=False)
class Solved:
    """A solve with what its reasons are read from.

    Attributes:
        theta: The settings.
        terms: The terms.
        residuals: Weighted residual of each at the end, shape (T,).
        rows: Their Jacobian, shape (T, len(FREE)).
        centre: Where sliders stand of habit.
        precision: Of the pull to there.
    """

    theta: Vector
    terms: tuple[Term, ...]
    residuals: Vector
    rows: Vector
    centre: Vector
    precision: Vector


class AutoEngine:
    """The HDR-aware Auto."""

    name = "auto"

    def predict(
        self, image: Image, editor: str, headroom: float = 2.3, strength: float = 1.0
    ) -> Prediction:
        """Return Auto's settings; see `Engine.predict`."""
        emulator = load_emulator(editor)
        image = _finite(image)
        scene = analyse(image)
        tone = camera_tone(image)
        key = key_of(scene, tone)
        mired, tint = white_balance_shift(scene.cast, image.info.white_balance_source)
        start = Recipe(
            temperature_mired=mired, tint=tint, hdr=Hdr(enabled=headroom > 0, headroom=headroom)
        )
        guide, peak = emulator.guide(image, index=scene.index), emulator.guide_peak(image)
        context = context_of(image, start, headroom, guide, peak)
        context = replace(context, lost=lost_gain(image, scene.index))
        exposure, mid_ev = exposure_at_key(emulator, context, scene, key)
        chroma = wanted_chroma(emulator, context, scene, exposure, tone)
        asked, headroom = headroom, min(headroom, useful_headroom(scene, key, mid_ev))
        context = replace(context, headroom=headroom, hdr=replace(start.hdr, headroom=headroom))
        centre = prior_centre(key, editor)
        theta = start.to_vector() + centre
        theta[INDEX["exposure_ev"]] = exposure
        for _ in range(_ROUGH_SOLVES):
            # Where highlights belong depends on where the mid-tones really come to lie.
            terms = terms_for(scene, headroom, key, chroma, mid_ev)
            problem = _TermProblem(emulator, context, scene, terms)
            theta, state = problem.solve(centre, theta, _ROUGH)
            mid_ev = problem.mid_ev(state)
            whites = sdr_whites(emulator, context, scene, key, mid_ev, theta)
            context = replace(context, hdr=replace(context.hdr, sdr_whites=whites))
        moved = start.with_vector(theta)
        if is_stale(moved):
            context = replace(context, guide=emulator.guide(image, moved, scene.index))
        terms = terms_for(scene, headroom, key, chroma, mid_ev)
        solved = solve_terms(emulator, context, scene, terms, centre, theta)
        whites = sdr_whites(emulator, context, scene, key, mid_ev, solved.theta)
        start = replace(start, hdr=replace(context.hdr, sdr_whites=whites * strength))
        settled = start.with_vector(keep_rising(emulator, solved.theta) * strength)
        recipe = settled.on_slider_steps()
        return Prediction(
            recipe=recipe,
            reasons=reasons_of(recipe, solved, scene, key.why),
            confidence=_confidence(
                image, scene, solved, editor, camera=tone is not None, hdr=recipe.hdr.enabled
            ),
            notes=photo_notes(image, scene, editor, recipe.hdr, asked - headroom),
        )


def solve_terms(
    emulator: Emulator,
    context: Context,
    scene: Scene,
    terms: Sequence[Term],
    centre: Vector | None = None,
    start: Vector | None = None,
) -> Solved:
    """Find the settings that serve the terms best.

    Args:
        emulator: Whose maths.
        context: The photo's context at full headroom, its guide that of the scene's pixels.
        scene: Sampled pixels and groups.
        terms: What is wished.
        centre: Where sliders stand of habit; zero when absent.
        start: First settings; zero when absent.
    """
    centre = np.zeros(VECTOR_SIZE) if centre is None else centre
    problem = _TermProblem(emulator, context, scene, terms)
    theta, state = problem.solve(centre, np.zeros(VECTOR_SIZE) if start is None else start)
    rows = problem.jacobian(theta, state)[: len(terms)]
    return Solved(theta, tuple(terms), state.values, rows, centre, problem.precision)


@dataclass(frozen=True, eq=False)
class _State:
    """The pixels after every stage, up to where the twins part and beyond; the terms' residuals."""

    both: list[Pixels]
    sdr: list[Pixels]
    hdr: list[Pixels]
    values: Vector


class _TermProblem:
    """Residuals and Jacobian of terms over the twins of one settings vector."""

    def __init__(
        self, emulator: Emulator, context: Context, scene: Scene, terms: Sequence[Term]
    ) -> None:
        self.scene, self.terms = scene, terms
        self.precision = prior_precision(emulator.name)
        self.slope = SlopeRows(emulator, FREE, _SLOPE_WEIGHT)
        sdr = emulator.stages(replace(context, headroom=0.0, leak=_LEAK))
        part = next(k for k, stage in enumerate(sdr) if stage.is_of_rendition)
        self.both, self.sdr = sdr[:part], sdr[part:]
        self.hdr = emulator.stages(context)[part:] if context.headroom > 0 else None

    def solve(
        self, centre: Vector, start: Vector, tolerance: float = _TOLERANCE
    ) -> tuple[Vector, _State]:
        """Return the best settings and the twins they make."""
        solution = least_squares(
            self.residual,
            self.jacobian,
            start,
            FREE,
            settings_bounds(),
            prior=self.precision,
            centre=centre,
            iterations=14,
            tolerance=tolerance,
            least_gain=_NO_GAIN * tolerance,
        )
        return solution.theta, solution.state

    def mid_ev(self, state: _State) -> float:
        """Return where the SDR twin's mid-tones lie, in EV about 0.18."""
        mids = state.sdr[-1][self.scene.groups["mids"]]
        return float(features_of(mids, mids)["sdr_ev"].mean())

    def residual(self, theta: Vector) -> tuple[Vector, _State]:
        both = forward(self.both, self.scene.rgb, theta)
        sdr = forward(self.sdr, both[-1], theta)
        hdr = sdr if self.hdr is None else forward(self.hdr, both[-1], theta)
        values = evaluate(self.terms, features_of(sdr[-1], hdr[-1]))
        return np.concatenate([values, self.slope.values(theta)]), _State(both, sdr, hdr, values)

    def jacobian(self, theta: Vector, state: _State) -> Vector:
        both = chain_jacobian(self.both, state.both, theta, FREE)
        sdr = hdr = chain_jacobian(self.sdr, state.sdr, theta, FREE, both)
        if self.hdr is not None:
            hdr = chain_jacobian(self.hdr, state.hdr, theta, FREE, both)
        slopes = feature_slopes(state.sdr[-1], state.hdr[-1])
        rows = jacobian(self.terms, state.values, slopes, sdr, hdr)
        # Light clips, colourfulness does not mend it: no photographer greys a sunset for its sun.
        rows[np.ix_([term.name == "clipping" for term in self.terms], _COLOUR_COLUMNS)] = 0.0
        return np.vstack([rows, self.slope.jacobian(theta)])


def term_effects(solved: Solved) -> dict[str, Vector]:
    """Return what each named term does to the free settings, in solver units.

    The effect is the linearised difference between the answer and the answer without that term:
    at the optimum all forces cancel, so without one of them the rest moves by H⁻¹ g.
    """
    prior = np.diag(solved.precision[list(FREE)])
    names = list(dict.fromkeys(term.name for term in solved.terms))
    effects = {}
    for name in names:
        own = np.array([term.name == name for term in solved.terms])
        rest = solved.rows[~own]
        hessian = rest.T @ rest + prior + 1e-6 * np.eye(len(FREE))
        force = solved.rows[own].T @ solved.residuals[own]
        effects[name] = -np.linalg.solve(hessian, force)
    if solved.centre.any():
        hessian = solved.rows.T @ solved.rows + prior + 1e-6 * np.eye(len(FREE))
        effects[HABIT] = np.linalg.solve(hessian, prior @ solved.centre[list(FREE)])
    return effects


def reasons_of(recipe: Recipe, solved: Solved, scene: Scene, why: str) -> tuple[Reason, ...]:
    """Return a reason for every slider that moved visibly, the largest move first."""
    effects = term_effects(solved)
    found = []
    for name in ("temperature_mired", "tint"):
        if value := getattr(recipe, name):
            text = reason_text(name, value, WHITE_BALANCE, scene, why)
            found.append(
                (abs(value) / BY_NAME[name].scale, Reason(name, value, WHITE_BALANCE, text))
            )
    for column, setting in enumerate(FREE):
        field = BY_NAME[SLIDERS[setting]]
        value = getattr(recipe, field.name)
        if abs(value) < _VISIBLE[field.unit]:
            continue
        pushes = {name: float(effect[column] * np.sign(value)) for name, effect in effects.items()}
        if solved.centre[setting] * value <= 0:
            # It stands nowhere of habit there; others push it by what they do of theirs.
            pushes.pop(HABIT, None)
        term = _explaining(pushes, SPEAKS[field.name])
        text = reason_text(field.name, value, term, scene, why)
        found.append((abs(value) / field.scale, Reason(field.name, value, term, text)))
    return tuple(reason for _, reason in sorted(found, key=lambda pair: -pair[0]))


def _explaining(pushes: dict[str, float], about: Sequence[str]) -> str:
    """Return the term that moves a slider most; one about it goes before a stronger stranger."""
    strongest = max(pushes, key=lambda name: pushes[name])
    own = max((name for name in about if name in pushes), key=lambda name: pushes[name])
    return own if pushes[own] >= _SHARE_OF_STRONGEST * pushes[strongest] else strongest


def _finite(image: Image) -> Image:
    """Return the image without values that are no light.

    Raises:
        ImplausibleError: Most pixels are none.
    """
    # A maximum carries NaN along, and is much cheaper than looking at every pixel.
    if float(image.rgb.min()) >= -_BRIGHTEST and float(image.rgb.max()) <= _BRIGHTEST:
        return image
    good = np.asarray(np.isfinite(image.rgb).all(axis=-1))
    if good.mean() < 0.5:
        raise ImplausibleError("most of its pixels are not numbers, so nothing is predicted")
    # The median tells nothing: black would be a shadow that the photo does not have.
    middle = np.median(image.rgb[good], axis=0)
    rgb = np.clip(np.where(good[..., None], image.rgb, middle), -_BRIGHTEST, _BRIGHTEST)
    return replace(image, rgb=rgb.astype(np.float32))


def _confidence(
    image: Image, scene: Scene, solved: Solved, editor: str, *, camera: bool, hdr: bool
) -> float:
    """Return 0..1: how well the wishes were met, and how much is known about the photo."""
    miss = float(np.sqrt(np.mean(np.square(solved.residuals))))
    confidence = 0.9 * np.exp(-0.6 * miss)
    if image.info.white_balance_source not in ("camera", "none"):
        confidence *= 0.8
    if scene.light_ev is None and not camera:
        confidence *= 0.85
    if editor == "lightroom" and not is_calibrated(hdr=hdr):
        confidence *= 0.85
    confidence *= 1.0 - 0.5 * min(scene.clipped_share * 4, 1.0)
    return round(float(np.clip(confidence, 0.05, 0.95)), 2)
