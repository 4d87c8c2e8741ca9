"""Fit the constants of Lightroom's emulator to what Lightroom made of photos.

Each example is a photo, the settings it was exported with, and the exported picture. Recipes stay
as they are; the constants move, so that the emulator renders what Lightroom did. Residuals live in
the encoding log2(1 + 63 y) / 6, as in `sidelight.emulators.fit`, on pixels whose surroundings are
even: there averaging before and after a curve is nearly the same, so that an export of another
size, its sharpening and its JPEG blocks matter little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.optimize import least_squares

from sidelight.emulators.base import Context, context_of, render, run
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.emulators.lightroom.constants import DEFAULTS, GROUPS, bounds_of, names_of
from sidelight.emulators.sample import stratified_pixels
from sidelight.imaging.color import REC2020_TO_SRGB, apply_matrix, luminance
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import log_encode
from sidelight.learning.comparison import compare_renders
from sidelight.recipe import Recipe
from sidelight.recipe.fields import BY_NAME

PIXELS = 500
"""Pixels of each example that the solver sees."""

LEAST_EXAMPLES = 3
"""Examples that must move a slider before its constants do."""

MOVED = 0.1
"""Share of a slider's range, half of it, from which on an example counts as moving it."""

SLIDER_GROUPS = tuple(group for group in GROUPS if group != "hdr")
_OFFSET = "exposure_ev"

_EVEN = 0.6
_GAMUT = (0.002, 0.96)
_BESIDE_PX = 5
_ROBUST = 0.03
_PRIOR = 0.03


@dataclass(frozen=True, eq=False)
class Example:
    """A photo, its settings, and what Lightroom made of it.

    Attributes:
        image: The photo.
        recipe: The settings.
        target: float32, display-linear Rec.2020, the same pixels as `image.rgb`.
    """

    image: Image
    recipe: Recipe
    target: NDArray[np.float32]

    def usable(self) -> NDArray[np.bool_]:
        """Return the pixels, (H, W), that neither the sensor nor the export's gamut cut off.

        Nor those beside: a JPEG mixes their colors.
        """
        srgb = apply_matrix(self.target, REC2020_TO_SRGB)
        low, high = _GAMUT
        inside = (srgb.min(axis=-1) > low) & (srgb.max(axis=-1) < high)
        inside &= ~self.image.clipped.any(axis=-1)
        return np.asarray(minimum_filter(inside, _BESIDE_PX))


@dataclass(frozen=True, eq=False)
class Sample:
    """The part of an example that a fit looks at.

    Attributes:
        recipe: The settings.
        context: Of exactly these pixels.
        rgb: float32, (N, 3), after white balance and camera profile, which hold no constants.
        target: float32, (N, 3), in the log encoding.
    """

    recipe: Recipe
    context: Context
    rgb: NDArray[np.float32]
    target: NDArray[np.float32]


@dataclass(frozen=True)
class ExampleError:
    """CIEDE2000 of a render at 128 pixels.

    Attributes:
        mean, p95: Over the usable pixels; NaN when there are none.
        share: How many of all pixels those are.
    """

    mean: float
    p95: float
    share: float


def sample_of(example: Example, pixels: int = PIXELS, seed: int = 0) -> Sample | None:
    """Return the pixels to fit on, None where hardly any are usable."""
    usable = example.usable()
    tone = np.log2(np.maximum(luminance(example.image.rgb), 2.0**-12))
    contrast = maximum_filter(tone, 3) - minimum_filter(tone, 3)
    if usable.any():
        usable &= contrast <= np.quantile(contrast[usable], _EVEN)
    index = stratified_pixels(example.image.rgb, pixels, usable=usable, seed=seed)
    if len(index) < pixels // 10:
        return None
    emulator = LightroomEmulator()
    guide = emulator.guide(example.image).reshape(-1)
    context = context_of(example.image, example.recipe, 0.0, guide).take(index)
    theta = example.recipe.to_vector().astype(np.float32)
    rgb = run(_fixed(emulator, context), example.image.rgb.reshape(-1, 3)[index], theta)
    target = log_encode(example.target.reshape(-1, 3)[index]).astype(np.float32)
    return Sample(example.recipe, context, rgb, target)


def _fixed(emulator: LightroomEmulator, context: Context) -> list:
    return [s for s in emulator.stages(context) if s.name in ("white balance", "camera profile")]


def _rendered(sample: Sample, constants: LightroomConstants) -> NDArray[np.float32]:
    stages = LightroomEmulator(constants).stages(sample.context)
    held = len(_fixed(LightroomEmulator(), sample.context))
    return run(stages[held:], sample.rgb, sample.recipe.to_vector().astype(np.float32))


def moves(recipe: Recipe, slider: str) -> bool:
    """Whether a Recipe moves a slider far enough to tell what it does."""
    return abs(getattr(recipe, slider)) >= MOVED * BY_NAME[slider].maximum


def groups_to_fit(recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """Return the groups of constants that enough Recipes speak of.

    The exposure that Adobe's profile of a camera adds shows in every photo.
    """
    return tuple(
        group
        for group in SLIDER_GROUPS
        if group == _OFFSET or sum(moves(recipe, group) for recipe in recipes) >= LEAST_EXAMPLES
    )


def fit_constants(
    samples: Sequence[Sample], groups: Sequence[str], start: LightroomConstants = DEFAULTS
) -> LightroomConstants:
    """Return the constants with which the emulator renders the samples best.

    Args:
        samples: At least one.
        groups: Whose constants may move; a weak prior pulls them to `start`.
        start: The others stay as they are here.
    """
    names = names_of(groups)
    first = np.array([getattr(start, name) for name in names])
    low, high = np.array([bounds_of(name) for name in names]).T
    span = high - low
    norm = np.sqrt(sum(sample.target.size for sample in samples))

    def constants_of(values: NDArray[np.float64]) -> LightroomConstants:
        clipped = np.clip(values, low, high)
        return replace(start, **dict(zip(names, map(float, clipped), strict=True)))

    def residual(values: NDArray[np.float64]) -> NDArray[np.float64]:
        constants = constants_of(values)
        rows = [
            (log_encode(_rendered(sample, constants)) - sample.target).ravel() for sample in samples
        ]
        prior = _PRIOR * _ROBUST * (values - first) / span
        return np.concatenate([np.concatenate(rows).astype(np.float64) / norm, prior])

    found = least_squares(
        residual,
        first,
        bounds=(low, high),
        x_scale=span,
        diff_step=1e-3,
        loss="soft_l1",
        f_scale=_ROBUST / norm,
        ftol=1e-6,
        xtol=1e-6,
        max_nfev=60,
    )
    return constants_of(found.x)


def example_error(example: Example, constants: LightroomConstants) -> ExampleError:
    """Return how far the emulator's picture of an example is from Lightroom's."""
    ours = render(LightroomEmulator(constants), example.image, example.recipe)
    found = compare_renders(ours, example.target, ~example.usable())
    return ExampleError(found.mean, found.p95, 1.0 - found.clipped_share)
