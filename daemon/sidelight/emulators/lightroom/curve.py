"""The base curve, its continuation in HDR mode, and the point curve.

Adobe's default curve acts in linear ProPhoto RGB on the largest and smallest channel, with the
middle one interpolated. A tone curve of the camera's profile takes its place.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from sidelight.emulators import srgb
from sidelight.emulators.arrays import at_least, at_most, like, lookup, namespace, stack
from sidelight.emulators.base import Array, Context, Stage
from sidelight.emulators.lightroom.constants import DEFAULTS, LightroomConstants
from sidelight.imaging.camera_profile import CameraProfile
from sidelight.imaging.color import PROPHOTO_TO_REC2020, REC2020_TO_PROPHOTO
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import CURVE_SLICE

# Adobe's default curve: input * 1024, output (imaging facts, section 3).
_DEFAULT_CURVE = np.array(
    [
        (0, 0), (3, 0.00242), (8, 0.00623), (14, 0.01238), (23, 0.02485), (36, 0.04730),
        (65, 0.10652), (103, 0.19641), (123, 0.24717), (146, 0.30305), (183, 0.38533),
        (218, 0.45447), (264, 0.53356), (312, 0.60373), (339, 0.63854), (372, 0.67723),
        (415, 0.72212), (452, 0.75643), (491, 0.78884), (546, 0.82888), (595, 0.85971),
        (672, 0.90035), (755, 0.93515), (803, 0.95163), (918, 0.98189), (1024, 1.0),
    ]
)  # fmt: skip
_STEPS = 1024


def default_curve_table() -> NDArray[np.float64]:
    """Return Adobe's default curve, shape (1025,), linear input k/1024 → linear output."""
    x, y = _DEFAULT_CURVE.T
    return PchipInterpolator(x, y)(np.arange(_STEPS + 1))


def _spline_basis() -> NDArray[np.float64]:
    """Natural cubic spline basis of the inner knots, shape (1025, inner knots)."""
    knots = knot_positions()
    basis = np.eye(len(knots))[:, 1:-1]
    return CubicSpline(knots, basis, bc_type="natural")(np.linspace(0, 1, _STEPS + 1))


_CURVE_TABLE = default_curve_table()
_BASIS = _spline_basis()


@lru_cache(maxsize=32)
def curve_table(profile: CameraProfile | None) -> NDArray[np.float64]:
    """Return the base curve of a photo as `default_curve_table` does."""
    if profile is None or profile.tone_curve is None:
        return _CURVE_TABLE
    x, y = profile.tone_curve.T
    table = CubicSpline(x, y, bc_type="natural")(np.linspace(0, 1, _STEPS + 1))
    return np.maximum.accumulate(np.clip(table, 0.0, 1.0))


@lru_cache(maxsize=64)
def _knee_input(profile: CameraProfile | None, knee: float) -> float:
    """Return the input at which a photo's base curve reaches the knee."""
    axis = np.arange(_STEPS + 1) / _STEPS
    return max(float(np.interp(knee, curve_table(profile), axis)), 1e-3)


def hdr_curve(
    x: Array,
    headroom: float,
    constants: LightroomConstants = DEFAULTS,
    profile: CameraProfile | None = None,
) -> Array:
    """Continue the base curve above its knee in a straight log-log line, rolled off at the peak.

    Args:
        x: Linear input, at or above the knee's input.
        headroom: Stops above SDR white.
        constants: Knee, slope, gain and roll-off.
        profile: The photo's camera profile.
    """
    knee = _knee_input(profile, constants.hdr_knee)
    gain = 2.0**constants.hdr_gain_ev
    return _rolled(_continued(x, knee, constants) * gain, headroom, constants.hdr_roll_ev)


def _continued(x: Array, knee: float, constants: LightroomConstants) -> Array:
    if constants.hdr_slope == 1.0:
        return x * (constants.hdr_knee / knee)
    return constants.hdr_knee * (at_least(x, knee) * (1 / knee)) ** constants.hdr_slope


def _rolled(y: Array, headroom: float, roll_ev: float) -> Array:
    xp = namespace(y)
    peak = 2.0**headroom
    start = peak * 2.0**-roll_ev
    room = peak - start
    rolled = start + room * (1.0 - xp.exp((start - at_least(y, start)) * (1 / room)))
    return xp.where(y > start, rolled, y)


def _matrix(rgb: Array, matrix: NDArray[np.float64]) -> Array:
    return rgb @ like(np.ascontiguousarray(matrix.T), rgb)


def base_stage(context: Context, constants: LightroomConstants) -> Stage:
    """Return the stage of the base curve."""
    table = curve_table(context.camera_profile)
    hdr = context.hdr.enabled and context.headroom > 0
    knee = _knee_input(context.camera_profile, constants.hdr_knee) if hdr else 0.0
    gain = 2.0**constants.hdr_gain_ev

    def curve(x: Array) -> Array:
        y = lookup(like(table, x), x * _STEPS)
        if hdr:
            y = namespace(x).where(x > knee, _continued(x, knee, constants), y)
            return _rolled(y if gain == 1.0 else y * gain, context.headroom, constants.hdr_roll_ev)
        return y + context.leak * at_least(x - 1.0, 0.0) if context.leak else y

    def apply(rgb: Array, theta: Array) -> Array:
        pro = _matrix(rgb, REC2020_TO_PROPHOTO)
        r, g, b = pro[..., 0], pro[..., 1], pro[..., 2]
        xp = namespace(rgb)
        low = xp.minimum(xp.minimum(r, g), b)
        high = xp.maximum(xp.maximum(r, g), b)
        ends = curve(stack([low, high], rgb))
        low_out, high_out = ends[..., 0], ends[..., 1]
        slope = (high_out - low_out) / at_least(high - low, 1e-6)
        out = low_out[..., None] + (pro - low[..., None]) * slope[..., None]
        return _matrix(out, PROPHOTO_TO_REC2020)

    return Stage("base curve", (), apply, is_of_rendition=True)


def point_curve_stage() -> Stage:
    """Return the stage of the Recipe's tone curve."""
    settings = tuple(range(CURVE_SLICE.start, CURVE_SLICE.stop))
    axis = np.linspace(0.0, 1.0, _STEPS + 1)

    def apply(rgb: Array, theta: Array) -> Array:
        table = like(axis, rgb) + like(_BASIS, rgb) @ theta[CURVE_SLICE]
        x = at_least(rgb, 0.0)
        encoded = srgb.encode(x)
        y = lookup(table, encoded * _STEPS) + at_least(encoded - 1.0, 0.0)
        return srgb.decode(y) + (rgb - x)

    def columns(before: Array, after: Array, theta: Array) -> Array:
        """The curve is linear in its knots on the encoded axis."""
        y = at_least(after, 0.0)
        position = np.minimum(srgb.encode(at_most(at_least(before, 0.0), 1.0)), 1.0) * _STEPS
        slope = np.where(
            y <= 0.0031308, 1 / 12.92, 2.4 / 1.055 * ((srgb.encode(y) + 0.055) / 1.055) ** 1.4
        )
        index = np.minimum(position.astype(np.int32), _STEPS - 1)
        part = (position - index)[..., None].astype(before.dtype)
        table = like(_BASIS, before)
        basis = table[index] + (table[index + 1] - table[index]) * part
        # (N, 3, knots) → (knots, N, 3)
        return np.moveaxis(basis * slope[..., None].astype(before.dtype), -1, 0)

    return Stage("point curve", settings, apply, channelwise=True, columns=columns)
