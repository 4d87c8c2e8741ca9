"""The tone sliders: Contrast, Highlights, Shadows, Whites and Blacks, in EV."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.arrays import at_least, at_most, like, namespace
from sidelight.emulators.base import Array, Context, Stage
from sidelight.emulators.lightroom.constants import DEFAULTS, LightroomConstants
from sidelight.imaging.color import LUMINANCE
from sidelight.recipe.fields import BY_NAME, INDEX

_SIDES = {"highlights": +1, "shadows": -1, "whites": +1, "blacks": -1}
_WEIGHTS = tuple(LUMINANCE.tolist())
_TONE = ("contrast", *_SIDES)
_GUIDED = ("highlights", "shadows")
_GUIDE_GREY = float(np.log2(0.18 * np.sqrt(3.0)))  # the guide is a euclidean norm
_SLOPE_AXIS = np.arange(-8.0, 3.01, 0.25)


def _region(constants: LightroomConstants, name: str) -> tuple[float, float, float]:
    """Return amount in EV, steepness and pivot of a slider."""
    return (
        getattr(constants, f"{name}_ev"),
        getattr(constants, f"{name}_steepness"),
        getattr(constants, f"{name}_pivot_ev"),
    )


def _regions(e: Array, mask: Array, constants: LightroomConstants) -> list[Array]:
    """Return what one unit of contrast, highlights, shadows, whites and blacks adds, in EV."""
    xp = namespace(e)
    parts = [constants.contrast_slope * e]
    for name, side in _SIDES.items():
        amount, steepness, pivot = _region(constants, name)
        axis = mask if name in _GUIDED else e
        exponent = at_most((-side * steepness) * (axis - pivot), 40.0)
        parts.append(amount / (1.0 + xp.exp(exponent)))
    return parts


def tone_gain_ev(
    e: Array, mask: Array, theta: Array, constants: LightroomConstants = DEFAULTS
) -> Array:
    """Return the EV the tone sliders add.

    Args:
        e: log2(Y / 0.18) of each pixel after exposure, shape (...).
        mask: The same of its neighbourhood (the guide); highlights and shadows read it.
        theta: Settings vector.
        constants: How much each slider does.
    """
    return sum(
        theta[INDEX[name]] * part
        for name, part in zip(_TONE, _regions(e, mask, constants), strict=True)
    )


def tone_slope(theta: Array, constants: LightroomConstants = DEFAULTS) -> Array:
    """Return d(out EV)/d(in EV) of the tone sliders on neutral tones, from -8 to +3 EV."""
    e = like(_SLOPE_AXIS, theta)
    out = e + tone_gain_ev(e, e, theta, constants)
    return (out[1:] - out[:-1]) * (1 / float(_SLOPE_AXIS[1] - _SLOPE_AXIS[0]))


def luminance_of(rgb: Array) -> Array:
    """Return luminance, shape (...), of arrays or tensors."""
    r, g, b = _WEIGHTS
    return r * rgb[..., 0] + g * rgb[..., 1] + b * rgb[..., 2]


def tone_stage(context: Context, constants: LightroomConstants) -> Stage:
    """Return the stage of the tone sliders."""
    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale
    guide = context.guide
    baseline_ev = context.baseline_exposure_ev + constants.exposure_offset_ev

    def axes(rgb: Array, theta: Array) -> tuple[Array, Array]:
        e = namespace(rgb).log2(at_least(luminance_of(rgb), 2.0**-14) * (1 / 0.18))
        if guide is None:
            return e, e
        return e, like(guide, rgb) + (theta[i] * scale + (baseline_ev - _GUIDE_GREY))

    def apply(rgb: Array, theta: Array) -> Array:
        return rgb * (2.0 ** tone_gain_ev(*axes(rgb, theta), theta, constants))[..., None]

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        e, mask = axes(before, theta)
        parts = _regions(e, mask, constants)
        if guide is not None:
            slope = 0.0 * mask
            for name, part in zip(_TONE[1:], parts[1:], strict=True):
                if name in _GUIDED:
                    amount, steepness, _ = _region(constants, name)
                    slope = slope + theta[INDEX[name]] * (_SIDES[name] * steepness) * part * (
                        1.0 - part * (1 / amount)
                    )
            parts.append(slope * scale)
        unit = after * float(np.log(2))
        return [unit * part[..., None] for part in parts]

    settings = tuple(INDEX[name] for name in _TONE)
    if guide is not None:
        settings = (*settings, i)
    return Stage("tone", settings, apply, columns=columns)
