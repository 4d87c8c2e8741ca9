"""darktable's color balance rgb: tonal gains, vibrance and saturation.

Luminance and chroma are those of Kirk, "Chromaticity coordinates for graphic arts based on CIE
2006 LMS with even spacing of Munsell colours" (CIC 2019); saturation is that of darktable's
uniform colour space 2022. Light passes both spaces even when all settings are 0, which softly
clips saturation near Rec.2020's boundary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.arrays import at_least, like, lookup, namespace
from sidelight.emulators.base import Array
from sidelight.emulators.darktable.profile import WORKING_TO_XYZ_D65, XYZ_D65_TO_WORKING
from sidelight.emulators.darktable.ucs import (
    CHROMA_POWER,
    COLORFULNESS_POWER,
    HUE_STEPS,
    L_WHITE,
    LIGHTNESS_POWER,
    LOG_CHROMA,
    UV_FACTOR,
    UV_HALF,
    UVD_FROM_XYZ,
    XYD_FROM_UV,
    boundary_table,
    lightness,
    luminance,
    uv_prime,
)

_XYZ_TO_LMS = np.array(
    [
        [0.257085, 0.859943, -0.031061],
        [-0.394427, 1.175800, 0.106423],
        [0.064856, -0.076250, 0.559067],
    ]
)
_LMS_TO_XYZ = np.array(
    [
        [1.80794659, -1.29971660, 0.34785879],
        [0.61783960, 0.39595453, -0.04104687],
        [-0.12546960, 0.20478038, 1.74274183],
    ]
)
_GRADING_TO_LMS = np.array([[0.95, 0.38, 0.0], [0.05, 0.62, 0.03], [0.0, 0.0, 0.97]])
_LMS_TO_GRADING = np.linalg.inv(_GRADING_TO_LMS)
_GRADING_LUMINANCE = np.array([0.68990272, 0.34832189, 0.0]) @ _GRADING_TO_LMS
_WHITE_R, _WHITE_G = 0.21902143, 0.54371398
_WHITE_B = 1.0 - _WHITE_R - _WHITE_G

_MASK_POWER = 0.4101205819200422
_MASK_FULCRUM = 0.1845**_MASK_POWER
_MASK_WEIGHT = 4.0
_TINY = 1e-20
_DARKEST = 1e-8

_TO_GRADING = _LMS_TO_GRADING @ _XYZ_TO_LMS @ WORKING_TO_XYZ_D65
_XYZ_FROM_GRADING = _LMS_TO_XYZ @ _GRADING_TO_LMS
# Rows: U, V and D numerators, and luminance, of unnormalised grading RGB.
_UVDY: NDArray[np.float64] = np.vstack([UVD_FROM_XYZ @ _XYZ_FROM_GRADING, _XYZ_FROM_GRADING[1]])
# Rows: working RGB and y numerator of (U, V, 1); XYZ is Y / y times the numerators of x, y, z.
_XYZ_FROM_XYD = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, -1.0, 1.0]])
_OUT: NDArray[np.float64] = np.vstack(
    [XYZ_D65_TO_WORKING @ _XYZ_FROM_XYD @ XYD_FROM_UV, XYD_FROM_UV[1]]
)
NEUTRAL_LUMINANCE = float((_GRADING_LUMINANCE @ _TO_GRADING).sum())
"""CIE 2006 luminance of R = G = B = 1."""

_BOUNDARY = boundary_table(WORKING_TO_XYZ_D65)


def apply(
    rgb: Array,
    highlights_y: Array = 0.0,
    shadows_y: Array = 0.0,
    vibrance: Array = 0.0,
    saturation: Array = 0.0,
) -> Array:
    """Return graded pixels; negative light becomes 0, light above 1 stays.

    Args:
        rgb: Linear Rec.2020, shape (..., 3).
        highlights_y, shadows_y, vibrance, saturation: `highlights_Y`, `shadows_Y`, `vibrance` and
            `saturation_global` of the operation, -1 to 1; its other fields are at their defaults.
    """
    flat = at_least(rgb.reshape((-1, 3)), 0.0) + _DARKEST
    grading = like(_TO_GRADING, rgb) @ flat.T
    grading = _vibrance(grading, vibrance)
    y = like(_GRADING_LUMINANCE, rgb) @ grading
    gain = tonal_gain(y, highlights_y, shadows_y)
    out = _saturation(like(_UVDY, rgb) @ grading, gain, saturation)
    return at_least(out.T, 0.0).reshape(rgb.shape)


def tonal_gain(y: Array, highlights_y: Array, shadows_y: Array) -> Array:
    """Return the gain of `highlights_Y` and `shadows_Y`.

    Args:
        y: Positive CIE 2006 luminance (`NEUTRAL_LUMINANCE` times the value of a neutral).
        highlights_y, shadows_y: As in `apply`.
    """
    xp = namespace(y)
    x = xp.exp(_MASK_POWER * xp.log(y))
    bright = 1.0 / (1.0 + xp.exp(_MASK_WEIGHT - (_MASK_WEIGHT / _MASK_FULCRUM) * x))
    dark = 1.0 - bright
    return dark * (1.0 + shadows_y * dark) + bright * (1.0 + highlights_y)


def _vibrance(grading: Array, vibrance: Array) -> Array:
    """Scale chroma at constant luminance, held where a cone response would become negative."""
    xp = namespace(grading)
    weights = like(_GRADING_LUMINANCE, grading)
    white = like(np.array([[_WHITE_R], [_WHITE_G], [_WHITE_B]]), grading)
    away = grading / (grading[0] + grading[1] + grading[2]) - white
    chroma2 = away[0] * away[0] + away[1] * away[1]
    power = xp.exp((0.5 * abs(vibrance)) * xp.log(at_least(chroma2, _TINY)))
    factor = at_least(1.0 + vibrance * (1.0 - power), 0.0)
    room = at_least(-away / white, _TINY)
    factor = xp.minimum(factor, 1.0 / xp.maximum(xp.maximum(room[0], room[1]), room[2]))
    scaled = white + factor * away
    return scaled * ((weights @ grading) / (weights @ scaled))


def _saturation(uvdy: Array, gain: Array, saturation: Array) -> Array:
    """Return working RGB, shape (3, N), with saturation changed at constant brightness.

    Args:
        uvdy: Numerators of U and V, their denominator, and luminance before the gain, (4, N).
        gain: Of luminance, shape (N,).
        saturation: The operation's, -1 to 1.
    """
    xp = namespace(uvdy)
    uv = uvdy[:2] / uvdy[2]
    factor, half = like(UV_FACTOR, uvdy), like(UV_HALF, uvdy)
    uv_star = factor * uv / (xp.abs(uv) + half)
    u, v = uv_prime(uv_star[0], uv_star[1])
    colorfulness2 = at_least(u * u + v * v, _TINY)
    light = lightness(uvdy[3] * gain)
    log_light = xp.log(light)
    log_chroma = (
        LOG_CHROMA + LIGHTNESS_POWER * log_light + COLORFULNESS_POWER * xp.log(colorfulness2)
    )
    chroma = xp.exp(log_chroma)
    brightness = (light / L_WHITE) * (xp.exp(CHROMA_POWER * log_chroma) + 1.0)

    # Saturation turns the (chroma, brightness) vector at constant length, P along chroma.
    c2 = chroma * chroma
    length2 = c2 + brightness * brightness
    length = xp.sqrt(length2)
    a = _soft_limit(1.0 + saturation, xp.sqrt(c2 + length2) / chroma, 0.5)
    turned = xp.sqrt(at_least(c2 * (1.0 - a * a) + length2, 0.0)) / length
    moved = (a - 1.0) / length
    ratio = at_least(moved * brightness + turned, 0.0)
    brightness = at_least(turned * brightness - moved * c2, _TINY)
    chroma = at_least(ratio * chroma, _TINY)

    # Gamut: the boundary's chroma at this lightness and hue, as saturation.
    hue = _hue_position(u, v)
    light = brightness * L_WHITE / (xp.exp(CHROMA_POWER * xp.log(chroma)) + 1.0)
    log_most = LIGHTNESS_POWER * xp.log(light) + lookup(like(_BOUNDARY, uvdy), hue)
    most = xp.exp(log_most) * L_WHITE / (light * (xp.exp(CHROMA_POWER * log_most) + 1.0))
    before = chroma / brightness
    limit = _soft_limit(before, most, 0.8) / before
    ratio = ratio * limit
    chroma = chroma * limit
    light = brightness * L_WHITE / (xp.exp(CHROMA_POWER * xp.log(chroma)) + 1.0)
    change = xp.log(at_least(ratio, _TINY)) + LIGHTNESS_POWER * (log_light - xp.log(light))
    uv_star = uv_star * xp.exp(change * (0.5 / COLORFULNESS_POWER))
    uv = half * uv_star / (factor - xp.abs(uv_star))
    matrix = like(_OUT, uvdy)
    numerators = matrix[:, :2] @ uv + matrix[:, 2:]
    return numerators[:3] * (luminance(light) / numerators[3])


def _soft_limit(x: Array, hard: Array, share: float) -> Array:
    """Return x, above share * hard bent exponentially towards hard."""
    xp = namespace(hard)
    z = at_least(x / hard, share)
    return xp.minimum(
        x + 0.0 * hard, hard * (1.0 - (1.0 - share) * xp.exp((share - z) / (1.0 - share)))
    )


def _hue_position(u: Array, v: Array) -> Array:
    """Return where in the boundary table the hue of (u, v) falls."""
    xp = namespace(u)
    part = v / (xp.abs(u) + xp.abs(v) + _TINY)
    # 0..4 round the circle from -180°: a diamond's perimeter instead of an arc tangent.
    turn = xp.where(u < 0.0, xp.where(v < 0.0, -part, 4.0 - part), 2.0 + part)
    return turn * (HUE_STEPS / 4.0)
