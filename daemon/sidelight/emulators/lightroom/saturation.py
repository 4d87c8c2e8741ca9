"""Vibrance and Saturation: chroma about luminance."""

from __future__ import annotations

from sidelight.emulators.arrays import at_least, at_most, namespace
from sidelight.emulators.base import Array, Stage
from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.emulators.lightroom.tone import luminance_of
from sidelight.recipe.fields import INDEX


def saturation_stage(constants: LightroomConstants) -> Stage:
    """Return the stage of both sliders; Vibrance acts less on what is vivid already."""
    v, s = INDEX["vibrance"], INDEX["saturation"]
    of_v, of_s = constants.vibrance_scale, constants.saturation_scale

    def parts(rgb: Array) -> tuple[Array, Array, Array]:
        xp = namespace(rgb)
        y = luminance_of(rgb)[..., None]
        r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
        top = xp.maximum(xp.maximum(r, g), b)
        spread = top - xp.minimum(xp.minimum(r, g), b)
        relative = at_most(spread / (at_least(top, 0.0) + 1e-4), 2.0)
        return y, rgb - y, xp.exp(-constants.vibrance_falloff * relative)[..., None]

    def apply(rgb: Array, theta: Array) -> Array:
        y, difference, muted = parts(rgb)
        return y + difference * ((1.0 + of_s * theta[s]) * (1.0 + (of_v * theta[v]) * muted))

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        _, difference, muted = parts(before)
        return [
            difference * muted * (of_v * (1.0 + of_s * theta[s])),
            difference * (of_s * (1.0 + (of_v * theta[v]) * muted)),
        ]

    return Stage("saturation", (v, s), apply, columns=columns)
