"""Settings found for one before/after pair: sliders first, the tone curve as residual.

Residuals live in the encoding log2(1 + 63 y) / 6, which has gradient above SDR white. The tone
sliders keep d(out EV)/d(in EV) at 0.25 or more, so that no fit turns tones over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Context, Emulator, Stage, context_of
from sidelight.emulators.sample import stratified_pixels
from sidelight.emulators.slope import TONE_SETTINGS, SlopeRows, keep_rising
from sidelight.emulators.solve import Solution, chain_jacobian, forward, least_squares
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import log_encode, log_encode_slope
from sidelight.recipe import Recipe
from sidelight.recipe.fields import (
    BY_NAME,
    CURVE_KNOTS,
    CURVE_SLICE,
    FIELDS,
    INDEX,
    SLIDERS,
    VECTOR_SIZE,
)

_CURVE_LIMIT = 0.35
_CURVE_GAIN_DB = 0.1
_HOPS = 16
_HOP = 0.4
_SHIFTS_EV = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5, 1.5)
_SLOPE_WEIGHT = 0.1
_COARSE = 150
_ENOUGH = 0.5e-9  # 90 dB
_GOOD = 0.5e-7  # 70 dB

Vector = NDArray[np.float64]
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class FitResult:
    """What `fit_pair` found.

    Attributes:
        recipe: The settings.
        psnr_db: Peak signal-to-noise ratio on held-back pixels, in the log encoding.
        psnr_sliders_db: The same with sliders alone.
        uncertainty: Standard deviation of each slider, in its own unit.
    """

    recipe: Recipe
    psnr_db: float
    psnr_sliders_db: float
    uncertainty: dict[str, float]


def settings_bounds() -> tuple[Vector, Vector]:
    """Return the lowest and highest settings vector a solver may reach."""
    low = np.array([f.minimum / f.scale for f in FIELDS] + [-_CURVE_LIMIT] * (CURVE_KNOTS - 2))
    high = np.array([f.maximum / f.scale for f in FIELDS] + [_CURVE_LIMIT] * (CURVE_KNOTS - 2))
    return low, high


def fit_pixels(
    emulator: Emulator,
    context: Context,
    rgb: NDArray[np.float32],
    target: NDArray[np.float32],
    *,
    start: Vector | None = None,
    free: Sequence[int] | None = None,
    iterations: int = 16,
    tolerance: float = 1e-3,
    stiffness: float = 1e-9,
    constrained: bool = True,
) -> Solution:
    """Solve for the settings that render `rgb` as `target`.

    Args:
        emulator: Whose maths.
        context: White balance, headroom and the guide of exactly these pixels.
        rgb: Scene-linear pixels, shape (N, 3).
        target: Display-linear pixels, shape (N, 3).
        start: First settings vector; zero when absent.
        free: Settings that may move; all that the chain reads when absent.
        iterations, tolerance: As in `least_squares`.
        stiffness: Precision of the prior that pulls every setting to zero.
        constrained: Whether tones must keep rising (hinge residuals).
    """
    stages = emulator.stages(context)
    if free is None:
        free = sorted({i for stage in stages for i in stage.settings})
    wanted = log_encode(target).astype(np.float32)
    rows = SlopeRows(emulator, free, _SLOPE_WEIGHT) if constrained else None
    norm = np.sqrt(wanted.size)

    def residual(theta: Vector) -> tuple[Vector, list[Pixels]]:
        states = forward(stages, rgb, theta)
        pixels = (log_encode(states[-1]) - wanted).reshape(-1) / norm
        return pixels if rows is None else np.concatenate([pixels, rows.values(theta)]), states

    def jacobian(theta: Vector, states: list[Pixels]) -> Vector:
        pixels = chain_jacobian(stages, states, theta, free)
        pixels *= log_encode_slope(states[-1])[..., None] / norm
        flat = pixels.reshape(-1, len(free)).astype(np.float64)
        return flat if rows is None else np.vstack([flat, rows.jacobian(theta)])

    theta = np.zeros(VECTOR_SIZE) if start is None else start
    prior = np.full(VECTOR_SIZE, stiffness)
    return least_squares(
        residual,
        jacobian,
        theta,
        free,
        settings_bounds(),
        prior=prior,
        centre=np.zeros(VECTOR_SIZE),
        iterations=iterations,
        tolerance=tolerance,
        enough=_ENOUGH,
    )


def psnr_db(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return the PSNR of two display-linear renders in the log encoding, in dB."""
    error = float(np.mean((log_encode(a) - log_encode(b)) ** 2))
    return float(10 * np.log10(1 / max(error, 1e-20)))


def fit_two_steps(
    emulator: Emulator,
    context: Context,
    rgb: NDArray[np.float32],
    target: NDArray[np.float32],
) -> tuple[Solution, Solution]:
    """Fit the sliders roughly on some of the pixels, then sliders and curve on all of them."""
    few, few_rgb, few_target = _few(context, rgb, target)
    first = _fit_roughly(emulator, few, few_rgb, few_target)
    best, tried = first, _Starts(first.theta)
    for start in tried:
        both = _fit_some(emulator, few, few_rgb, few_target, start)
        if best is first or both.cost < best.cost:
            best = both
            tried.best = both.theta
        if best.cost < _GOOD:
            break
    return first, _fit_all(emulator, context, rgb, target, best.theta)


def _few(context: Context, rgb: Pixels, target: Pixels) -> tuple[Context, Pixels, Pixels]:
    some = np.arange(0, len(rgb), max(len(rgb) // _COARSE, 1))
    return context.take(some), rgb[some], target[some]


def _fit_roughly(emulator: Emulator, context: Context, rgb: Pixels, target: Pixels) -> Solution:
    """Fit the sliders alone, in few steps."""
    # A path to an allowed answer may lead through answers that are not: constrain at the end.
    return fit_pixels(
        emulator, context, rgb, target, free=_sliders(emulator, context), iterations=3,
        tolerance=0.3, stiffness=1e-3, constrained=False,
    )  # fmt: skip


def _fit_some(
    emulator: Emulator, context: Context, rgb: Pixels, target: Pixels, start: Vector
) -> Solution:
    """Fit sliders and curve on some of the pixels."""
    return fit_pixels(
        emulator, context, rgb, target, start=start, free=_reads(emulator, context),
        iterations=20, tolerance=0.01, constrained=False,
    )  # fmt: skip


def _fit_all(
    emulator: Emulator, context: Context, rgb: Pixels, target: Pixels, start: Vector
) -> Solution:
    """Fit sliders and curve from a near start, constrained only where tones would not rise."""
    free = _reads(emulator, context)
    found = fit_pixels(emulator, context, rgb, target, start=start, free=free, constrained=False)
    if not SlopeRows(emulator, free, _SLOPE_WEIGHT).values(found.theta).any():
        return found
    return fit_pixels(emulator, context, rgb, target, start=found.theta, free=free)


def _reads(emulator: Emulator, context: Context) -> list[int]:
    """Return the settings that the chain reads."""
    return sorted({i for stage in emulator.stages(context) for i in stage.settings})


def _sliders(emulator: Emulator, context: Context) -> list[int]:
    """Return the sliders that the chain reads."""
    return [i for i in _reads(emulator, context) if i < len(SLIDERS)]


class _Starts:
    """Where to start the joint solve from, the most promising first.

    Sliders and curve can trade places: a curve whose bends sit at the wrong tones is a minimum of
    its own. Another exposure moves the tones under the curve, and the solver off that minimum;
    after those come random moves of the tone sliders away from the best answer so far.
    """

    def __init__(self, sliders: Vector) -> None:
        self.sliders = self.best = sliders

    def __iter__(self) -> Iterator[Vector]:
        for base in (self.sliders, np.zeros_like(self.sliders)):
            for shift_ev in _SHIFTS_EV:
                start = base.copy()
                start[INDEX["exposure_ev"]] += shift_ev / BY_NAME["exposure_ev"].scale
                yield start
        random = np.random.default_rng(0)
        for _ in range(_HOPS):
            start = self.best.copy()
            start[TONE_SETTINGS] += random.normal(0.0, _HOP, len(TONE_SETTINGS))
            start[CURVE_SLICE] = 0.0
            yield start


def _solve(
    emulator: Emulator,
    context: Context,
    rgb: Pixels,
    target: Pixels,
    index: NDArray[np.intp],
    refreshed: Callable[[Vector], Context],
) -> tuple[Solution, Solution, Context]:
    """Fit sliders alone, and sliders and curve, taking the guide anew on the way.

    Args:
        emulator: Whose maths.
        context: The whole photo's, its guide as shot.
        rgb, target: The pixels at `index`, before and after.
        index: Flat positions in the photo.
        refreshed: Settings → the whole photo's context, its guide taken at them.
    """
    few = _few(context.take(index), rgb, target)
    near = _fit_some(emulator, *few, _fit_roughly(emulator, *few).theta)
    context = refreshed(near.theta)
    rough, second = fit_two_steps(emulator, context.take(index), rgb, target)
    context = refreshed(second.theta)
    bound = context.take(index)
    second = _fit_all(emulator, bound, rgb, target, second.theta)
    free = _sliders(emulator, bound)
    first = fit_pixels(emulator, bound, rgb, target, start=rough.theta, free=free)
    return first, second, context


def fit_pair(
    before: Image,
    after: NDArray[np.float32],
    emulator: Emulator,
    *,
    headroom: float = 0.0,
    recipe: Recipe | None = None,
    pixels: int = 1000,
    seed: int = 0,
) -> FitResult:
    """Find the Recipe that turns one picture into another.

    Args:
        before: Scene-linear pixels.
        after: Display-linear Rec.2020 of the same view and size, shape (H, W, 3).
        emulator: The editor the Recipe is for.
        headroom: Stops above SDR white that `after` may use.
        recipe: Start, for its HDR settings; a zero Recipe when absent.
        pixels: How many pixels the solver sees; as many again are held back.
        seed: Of the pixel choice.

    Raises:
        PhotoError: The sizes differ, or nothing usable is left.
    """
    if before.rgb.shape != after.shape:
        raise PhotoError("the two pictures differ in size")
    recipe = recipe or Recipe()
    clipped = np.asarray(before.clipped.any(axis=-1))
    usable = ~clipped & np.asarray(np.isfinite(after).all(axis=-1))
    index = stratified_pixels(before.rgb, 2 * pixels, usable=usable, seed=seed)
    if len(index) < 32:
        raise PhotoError("too few unclipped pixels are left to compare")
    rgb, target = before.rgb.reshape(-1, 3), after.reshape(-1, 3)
    fitted, held = index[::2], index[1::2]
    context = context_of(before, recipe, headroom, emulator.guide(before).reshape(-1))

    def refreshed(theta: Vector) -> Context:
        """The guide is taken after exposure and white balance, which a solve finds out."""
        found = recipe.with_vector(keep_rising(emulator, theta))
        return replace(context, guide=emulator.guide(before, found).reshape(-1))

    first, second, context = _solve(
        emulator, context, rgb[fitted], target[fitted], fitted, refreshed
    )
    alone_theta = keep_rising(emulator, first.theta)
    both_theta = keep_rising(emulator, second.theta)

    def held_psnr(theta: Vector) -> float:
        stages: Sequence[Stage] = emulator.stages(context.take(held))
        out = forward(stages, rgb[held], recipe.with_vector(theta).to_vector())[-1]
        return psnr_db(out, target[held])

    alone, both = held_psnr(alone_theta), held_psnr(both_theta)
    curve_pays = both > alone + _CURVE_GAIN_DB
    best = second if curve_pays else first
    found = recipe.with_vector(both_theta if curve_pays else alone_theta)
    width = _uncertainty(best, emulator, context, 3 * len(fitted))
    return FitResult(found, max(alone, both), alone, width)


def _uncertainty(
    solution: Solution, emulator: Emulator, context: Context, residuals: int
) -> dict[str, float]:
    """Posterior width of each slider: s² (JᵀJ)⁻¹, the residuals being divided by their number."""
    reads = _reads(emulator, context)
    size = len(solution.normal_matrix)
    free = _sliders(emulator, context) if size < len(reads) else reads
    covariance = np.linalg.pinv(solution.normal_matrix) * 2 * max(solution.cost, 1e-12)
    covariance /= residuals
    width = dict(zip(free, np.sqrt(np.maximum(np.diag(covariance), 0)), strict=True))
    return {f.name: float(width[INDEX[f.name]] * f.scale) for f in FIELDS if INDEX[f.name] in width}


__all__ = ["FitResult", "fit_pair", "fit_pixels", "fit_two_steps", "psnr_db"]
