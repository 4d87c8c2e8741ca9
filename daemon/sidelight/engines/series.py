"""A series edited alike: one look, with exposure and white balance solved for each photo.

What the camera's exposure and white balance explain is taken out exactly; of what remains, real
changes of light are followed and flicker is not. At the end each photo is rendered beside the one
that rules it, on the places both show, and the rest is solved in the rendered picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import Context, Emulator, run
from sidelight.emulators.slope import keep_rising
from sidelight.engines.base import Reason
from sidelight.engines.series_alignment import align
from sidelight.engines.series_light import Light, measure, smooth
from sidelight.engines.series_member import Cells, Member, working_rgb
from sidelight.imaging.color import luminance
from sidelight.imaging.statistics import near_neutral
from sidelight.recipe import Recipe, WhiteBalance
from sidelight.recipe.fields import BY_NAME

Floats = NDArray[np.float64]

OWN = ("exposure_ev", "temperature_mired", "tint")
"""Sliders that are solved for each photo; all others are the look."""

_FINER = OWN[1:]  # white balance
_STEPS = np.array([0.02, 2.0, 2.0])
_FURTHEST = np.array([0.25, 12.0, 12.0])
_ITERATIONS = 2
_LEAST_NEUTRAL = 24
_FLOOR = 1e-5


@dataclass(frozen=True)
class Place:
    """Where one photo of a solved series stands.

    Attributes:
        recipe: Its settings.
        ruler: Position of the photo that rules it; its own where it is an anchor.
        exposed_ev: How much more light the camera let in than for the photo in the middle of the
            series, None where the file does not say.
        guide_peak: Level of the guide that counts as this photo's peak, in EV: that of the series,
            since a photo's own depends on what the frame just cuts off.
    """

    recipe: Recipe
    ruler: int
    exposed_ev: float | None
    guide_peak: float


def solve_series(
    members: Sequence[Member],
    recipes: Sequence[Recipe],
    editor: str,
    anchors: Mapping[int, Recipe] | None = None,
) -> list[Place]:
    """Return the settings that render a series as one.

    Args:
        members: The photos in order of time.
        recipes: What was predicted for each by itself.
        editor: Whose emulator renders.
        anchors: Position → settings that stay as they are and that the others follow; between
            two of them looks go over evenly. Without any the photo whose look is nearest to the
            median rules.
    """
    light = measure(members)
    states = np.array(
        [_state(member, recipe) for member, recipe in zip(members, recipes, strict=True)]
    )
    if anchors:
        rulers = sorted(anchors)
        own = np.array([_state(members[i], anchors[i]) for i in rulers])
        looks = {i: anchors[i] for i in rulers}
        keys = own + light.recorded[rulers] - light.real[rulers]
    else:
        middle = _middle(recipes)
        rulers, looks = [middle], {middle: recipes[middle]}
        keys = np.median(states + light.recorded - light.real, axis=0)[None]
    wished = _between(rulers, keys, len(members)) + light.real
    solved: list[Recipe] = []
    for i, member in enumerate(members):
        if anchors and i in anchors:
            solved.append(anchors[i])
            continue
        look = _look(editor, rulers, looks, i)
        solved.append(
            _with_state(look, member, wished[i] - light.recorded[i]).on_slider_steps(_FINER)
        )
    peaks = _exposed_peaks(members, solved)
    scene = _Scene(members, light, peaks, editor)
    nearest = [min(rulers, key=lambda ruler: (abs(ruler - i), ruler)) for i in range(len(members))]
    final = [
        solved[i]
        if i == ruler
        else scene.matched(ruler, solved[ruler], i, solved[i]).on_slider_steps(_FINER)
        for i, ruler in enumerate(nearest)
    ]
    exposed = _exposed(members)
    return [
        Place(recipe, ruler, ev, float(peak) - recipe.exposure_ev)
        for recipe, ruler, ev, peak in zip(final, nearest, exposed, peaks, strict=True)
    ]


def reasons_of(place: Place, others: int) -> tuple[Reason, ...]:
    """Return why the sliders of `OWN` stand where they stand.

    Args:
        place: A photo's place.
        others: How many other photos its series has.
    """
    recipe = place.recipe
    photos = "the other photo" if others == 1 else f"the other {others} photos"
    exposed = ""
    if place.exposed_ev is not None and abs(place.exposed_ev) >= 0.05:
        exposed = f"; the camera exposed this one by {place.exposed_ev:+.1f} EV"
    texts = {
        "exposure_ev": f"Exposure {recipe.exposure_ev:+.2f} EV matches {photos} of its "
        f"series{exposed}.",
        "temperature_mired": f"Temperature {recipe.temperature_mired:+.0f} mired gives it "
        f"the white balance of {photos} of its series.",
        "tint": f"Tint {recipe.tint:+.0f} gives it the white balance of {photos} of its series.",
    }
    visible = {"exposure_ev": 0.005, "temperature_mired": 1.0, "tint": 1.0}
    return tuple(
        Reason(name, getattr(recipe, name), "series", text.replace(" -", " \N{MINUS SIGN}"))
        for name, text in texts.items()
        if abs(getattr(recipe, name)) >= visible[name]
    )


def _exposed_peaks(members: Sequence[Member], recipes: Sequence[Recipe]) -> Floats:
    """Return the guide's peak of each photo after its exposure, in EV, changing as evenly as light.

    Each photo's own depends on what the frame just cuts off, and with it the tones that
    Highlights and Shadows reach.
    """
    pairs = zip(members, recipes, strict=True)
    peaks = [member.guide_peak + recipe.exposure_ev for member, recipe in pairs]
    return smooth(np.repeat(np.array(peaks)[:, None], 3, axis=1))[:, 0]


class _Scene:
    """The photos of a series, ready to be rendered beside one another."""

    def __init__(self, members: Sequence[Member], light: Light, peaks: Floats, editor: str) -> None:
        self._members = members
        self._emulator: Emulator = load_emulator(editor)
        self._light = light
        self._peaks = peaks

    def matched(self, ruler: int, ruling: Recipe, i: int, recipe: Recipe) -> Recipe:
        """Return the settings of photo `i` that render it as its ruler, in its own light."""
        match = align(self._members[ruler].cells, self._members[i].cells)
        if match is None or not match.is_one_place:
            return recipe
        states = _state(self._members[i], recipe), _state(self._members[ruler], ruling)
        recorded = self._light.recorded
        green, red, blue = states[0] + recorded[i] - states[1] - recorded[ruler]
        relit = match.first + np.array([green + red, green, green + blue])
        target = self._render(ruler, ruling, relit, self._peaks[i])
        neutral = near_neutral(target)
        if neutral.sum() < _LEAST_NEUTRAL:
            neutral = np.ones(len(target), dtype=bool)

        def missing(own: Floats) -> Floats:
            seen = self._render(i, _with_own(recipe, own), match.second, self._peaks[i])
            return _difference(seen, target, neutral)

        start = np.array([getattr(recipe, name) for name in OWN])
        at = start.copy()
        for _ in range(_ITERATIONS):
            base = missing(at)
            slopes = [(missing(at + step) - base) / step.sum() for step in np.diag(_STEPS)]
            try:
                at = at + np.linalg.solve(np.stack(slopes, axis=1), -base)
            except np.linalg.LinAlgError:
                return recipe
            if not (np.abs(at - start) <= _FURTHEST).all():
                return recipe
        return _with_own(recipe, at)

    def _render(self, i: int, recipe: Recipe, cells: Cells, peak: float) -> NDArray[np.float32]:
        info = self._members[i].info
        context = Context(
            white_balance=info.white_balance,
            guide_peak=peak - recipe.exposure_ev,
            baseline_exposure_ev=info.baseline_exposure_ev,
            hdr=recipe.hdr,
            lut=recipe.lut,
            lut_amount=recipe.lut_amount,
        )
        theta = recipe.to_vector().astype(np.float32)
        return np.asarray(run(self._emulator.stages(context), working_rgb(cells, info), theta))


def _difference(
    rgb: NDArray[np.float32], target: NDArray[np.float32], neutral: NDArray[np.bool_]
) -> Floats:
    """Return medians of what parts two pictures of the same places.

    log2 luminance; of the near-neutral places log2 red/green and blue/green.
    """
    level = np.log2(_above(luminance(rgb)) / _above(luminance(target)))
    change = np.log2(_above(rgb[neutral]) / _above(target[neutral]))
    red, blue = change[:, 0] - change[:, 1], change[:, 2] - change[:, 1]
    return np.array([np.median(level), np.median(red), np.median(blue)], dtype=np.float64)


def _above(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(values, np.float32(_FLOOR))


def _state(member: Member, recipe: Recipe) -> Floats:
    """Return what a Recipe does to raw light, in EV: exposure, red and blue against green."""
    balance = member.info.white_balance
    red, _, blue = np.log2(balance.multipliers(recipe.temperature_mired, recipe.tint))
    return np.array([recipe.exposure_ev, red, blue])


def _with_state(look: Recipe, member: Member, state: Floats) -> Recipe:
    mired, tint = shift_to(member.info.white_balance, state[1:])
    return _with_own(look, np.array([state[0], mired, tint]))


def _with_own(recipe: Recipe, own: Floats) -> Recipe:
    values = {
        name: float(np.clip(value, BY_NAME[name].minimum, BY_NAME[name].maximum))
        for name, value in zip(OWN, own, strict=True)
    }
    return replace(recipe, **values)  # type: ignore[arg-type]


def shift_to(balance: WhiteBalance, wanted: Floats) -> tuple[float, float]:
    """Return the shift in mired and tint that leads to log2 multipliers of red and blue."""
    at = np.zeros(2)

    def gains(shift: Floats) -> Floats:
        return np.log2(balance.multipliers(*shift))[[0, 2]]

    for _ in range(8):
        base = gains(at)
        slopes = np.stack([gains(at + step) - base for step in np.eye(2)], axis=1)
        try:
            step = np.linalg.solve(slopes, wanted - base)
        except np.linalg.LinAlgError:
            break
        at = np.clip(at + np.clip(step, -60, 60), -150, 150)
        if np.abs(step).max() < 0.01:
            break
    return float(at[0]), float(at[1])


def _without_own(recipe: Recipe) -> Floats:
    return _with_own(recipe, np.zeros(len(OWN))).to_vector()


def _middle(recipes: Sequence[Recipe]) -> int:
    """Return the photo whose look is nearest to the median of all looks."""
    vectors = np.array([_without_own(recipe) for recipe in recipes])
    away = np.abs(vectors - np.median(vectors, axis=0)).sum(axis=1)
    middle = (len(recipes) - 1) / 2
    return min(range(len(recipes)), key=lambda i: (round(away[i], 9), abs(i - middle), i))


def _between(rulers: Sequence[int], values: Floats, count: int) -> Floats:
    """Interpolate values of the rulers over all photos, constant beyond the outer ones."""
    at = np.arange(count)
    return np.stack([np.interp(at, rulers, column) for column in values.T], axis=-1)


def _look(editor: str, rulers: Sequence[int], looks: Mapping[int, Recipe], i: int) -> Recipe:
    nearest = looks[min(rulers, key=lambda ruler: (abs(ruler - i), ruler))]
    vectors = np.array([_without_own(looks[ruler]) for ruler in rulers])
    if (vectors == vectors[0]).all():
        return nearest
    vector = _between(rulers, vectors, i + 1)[i]
    return nearest.with_vector(keep_rising(load_emulator(editor), vector))


def _exposed(members: Sequence[Member]) -> list[float | None]:
    known = [ev for member in members if (ev := member.info.ev100) is not None]
    usual = float(np.median(known)) if known else 0.0
    return [None if (ev := member.info.ev100) is None else usual - ev for member in members]
