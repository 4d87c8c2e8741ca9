"""Lightroom's rendering as a chain of stages: Adobe's public default curve and generic sliders.

The default tone curve is Adobe's published one (DNG SDK), acting in linear ProPhoto RGB on the
largest and smallest channel with the middle one interpolated. The sliders' regions are a generic
layer in EV, not calibrated against Lightroom; HDR mode is uncalibrated too. Both are said so in
`docs/lightroom.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from sidelight.emulators import srgb
from sidelight.emulators.arrays import at_least, at_most, like, lookup, namespace, stack
from sidelight.emulators.base import Array, Context, Stage
from sidelight.emulators.guide import exposure_guide
from sidelight.emulators.white_balance import white_balance_stage
from sidelight.imaging.color import LUMINANCE, PROPHOTO_TO_REC2020, REC2020_TO_PROPHOTO
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import BY_NAME, CURVE_SLICE, INDEX

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
_HDR_KNEE = 0.5

# Regions of the tone sliders: amount in EV at full slider, steepness, pivot in EV about 0.18.
_REGIONS = {
    "highlights": (1.5, 1.5, 0.6, +1),
    "shadows": (1.5, 1.5, -1.0, -1),
    "whites": (1.2, 2.0, 1.8, +1),
    "blacks": (1.2, 2.0, -3.0, -1),
}
_CONTRAST_SLOPE = 0.5
_WEIGHTS = tuple(LUMINANCE.tolist())
_TONE = ("contrast", *_REGIONS)
_GUIDED = ("highlights", "shadows")
_GUIDE_GREY = float(np.log2(0.18 * np.sqrt(3.0)))  # the guide is a euclidean norm
_SLOPE_AXIS = np.arange(-8.0, 3.01, 0.25)


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
_KNEE_INPUT = float(np.interp(_HDR_KNEE, _CURVE_TABLE, np.arange(_STEPS + 1) / _STEPS))


def hdr_curve(x: Array, headroom: float) -> Array:
    """Continue the default curve above output 0.5 in log-log slope 1, rolled off to 2^headroom.

    Args:
        x: Linear input, at or above the knee's input.
        headroom: Stops above SDR white.
    """
    xp = namespace(x)
    peak = 2.0**headroom
    start = peak * 2.0**-0.5
    y = x * (_HDR_KNEE / _KNEE_INPUT)
    room = peak - start
    rolled = start + room * (1.0 - xp.exp((start - at_least(y, start)) * (1 / room)))
    return xp.where(y > start, rolled, y)


def _regions(e: Array, mask: Array) -> list[Array]:
    """Return what one unit of contrast, highlights, shadows, whites and blacks adds, in EV."""
    xp = namespace(e)
    parts = [_CONTRAST_SLOPE * e]
    for name, (amount, steepness, pivot, side) in _REGIONS.items():
        axis = mask if name in _GUIDED else e
        exponent = at_most((-side * steepness) * (axis - pivot), 40.0)
        parts.append(amount / (1.0 + xp.exp(exponent)))
    return parts


def tone_gain_ev(e: Array, mask: Array, theta: Array) -> Array:
    """Return the EV the tone sliders add.

    Args:
        e: log2(Y / 0.18) of each pixel after exposure, shape (...).
        mask: The same of its neighbourhood (the guide); highlights and shadows read it.
        theta: Settings vector.
    """
    return sum(
        theta[INDEX[name]] * part for name, part in zip(_TONE, _regions(e, mask), strict=True)
    )


def tone_slope(theta: Array) -> Array:
    """Return d(out EV)/d(in EV) of the tone sliders on neutral tones, from -8 to +3 EV."""
    e = like(_SLOPE_AXIS, theta)
    out = e + tone_gain_ev(e, e, theta)
    return (out[1:] - out[:-1]) * (1 / float(_SLOPE_AXIS[1] - _SLOPE_AXIS[0]))


def _luminance(rgb: Array) -> Array:
    r, g, b = _WEIGHTS
    return r * rgb[..., 0] + g * rgb[..., 1] + b * rgb[..., 2]


def _exposure_stage(context: Context) -> Stage:
    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale

    def apply(rgb: Array, theta: Array) -> Array:
        return rgb * 2.0 ** (theta[i] * scale + context.baseline_exposure_ev)

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        return [after * float(np.log(2) * scale)]

    return Stage("exposure", (i,), apply, channelwise=True, columns=columns)


def _tone_stage(context: Context) -> Stage:
    i, scale = INDEX["exposure_ev"], BY_NAME["exposure_ev"].scale
    guide = context.guide

    def axes(rgb: Array, theta: Array) -> tuple[Array, Array]:
        e = namespace(rgb).log2(at_least(_luminance(rgb), 2.0**-14) * (1 / 0.18))
        if guide is None:
            return e, e
        shift = theta[i] * scale + (context.baseline_exposure_ev - _GUIDE_GREY)
        return e, like(guide, rgb) + shift

    def apply(rgb: Array, theta: Array) -> Array:
        return rgb * (2.0 ** tone_gain_ev(*axes(rgb, theta), theta))[..., None]

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        e, mask = axes(before, theta)
        parts = _regions(e, mask)
        if guide is not None:
            slope = 0.0 * mask
            for name, part in zip(_TONE[1:], parts[1:], strict=True):
                if name in _GUIDED:
                    amount, steepness, _, side = _REGIONS[name]
                    slope = slope + theta[INDEX[name]] * (side * steepness) * part * (
                        1.0 - part * (1 / amount)
                    )
            parts.append(slope * scale)
        unit = after * float(np.log(2))
        return [unit * part[..., None] for part in parts]

    settings = tuple(INDEX[name] for name in _TONE)
    if guide is not None:
        settings = (*settings, i)
    return Stage("tone", settings, apply, columns=columns)


def _matrix(rgb: Array, matrix: NDArray[np.float64]) -> Array:
    return rgb @ like(np.ascontiguousarray(matrix.T), rgb)


def _base_stage(context: Context) -> Stage:
    hdr = context.hdr.enabled and context.headroom > 0

    def curve(x: Array) -> Array:
        y = lookup(like(_CURVE_TABLE, x), x * _STEPS)
        if hdr:
            high = hdr_curve(at_least(x, _KNEE_INPUT), context.headroom)
            return namespace(x).where(x > _KNEE_INPUT, high, y)
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

    return Stage("base curve", (), apply)


def _point_curve_stage() -> Stage:
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


def _saturation_stage() -> Stage:
    v, s = INDEX["vibrance"], INDEX["saturation"]

    def parts(rgb: Array) -> tuple[Array, Array, Array]:
        xp = namespace(rgb)
        y = _luminance(rgb)[..., None]
        r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
        top = xp.maximum(xp.maximum(r, g), b)
        spread = top - xp.minimum(xp.minimum(r, g), b)
        relative = at_most(spread / (at_least(top, 0.0) + 1e-4), 2.0)
        return y, rgb - y, xp.exp(-2.0 * relative)[..., None]

    def apply(rgb: Array, theta: Array) -> Array:
        y, difference, muted = parts(rgb)
        return y + difference * ((1.0 + theta[s]) * (1.0 + theta[v] * muted))

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        _, difference, muted = parts(before)
        return [difference * muted * (1.0 + theta[s]), difference * (1.0 + theta[v] * muted)]

    return Stage("saturation", (v, s), apply, columns=columns)


def _lut_stage(context: Context) -> Stage:
    from sidelight.imaging.lut import apply_display_lut

    def apply(rgb: Array, theta: Array) -> Array:
        return apply_display_lut(rgb, context.lut, context.lut_amount)

    return Stage("look", (), apply)


class LightroomEmulator:
    """Lightroom's rendering, uncalibrated."""

    name = "lightroom"

    def guide(self, image: Image, recipe: Recipe | None = None) -> NDArray[np.float32]:
        """Return the log2 edge-aware mask of an image, shape (H, W), as shot for any Recipe."""
        return exposure_guide(image)

    def stages(self, context: Context) -> Sequence[Stage]:
        """Return the chain; the point curve is left out in HDR mode."""
        chain = [
            white_balance_stage(context, "white balance"),
            _exposure_stage(context),
            _tone_stage(context),
            _base_stage(context),
        ]
        if not context.hdr.enabled:
            chain.append(_point_curve_stage())
        chain.append(_saturation_stage())
        if context.lut is not None:
            chain.append(_lut_stage(context))
        return tuple(chain)

    def tone_slope(self, theta: Array) -> Array:
        """Return d(out EV)/d(in EV) of the tone sliders, from -8 to +3 EV."""
        return tone_slope(theta)
