"""The chain a Recipe makes darktable run, bound to one photo."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log2

import numpy as np
from numpy.typing import NDArray

from sidelight.editors.darktable import operations
from sidelight.editors.darktable import sigmoid as tones
from sidelight.emulators.arrays import like, lookup, namespace
from sidelight.emulators.base import Array, Context, Stage
from sidelight.emulators.darktable import (
    colorbalancergb,
    exposure,
    lut3d,
    rgbcurve,
    sigmoid,
    toneequal,
)
from sidelight.emulators.guide import exposure_boost, exposure_guide, guide_peak, luminance_norm
from sidelight.emulators.white_balance import white_balance_stage
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe
from sidelight.recipe.fields import BY_NAME, CURVE_SLICE, INDEX

_POINTS = BY_NAME["contrast"].scale
_EV = BY_NAME["exposure_ev"].scale
_FLAT = np.array(operations.TONEEQUAL_FLAT)
_HIGHLIGHTS = np.array(operations.TONEEQUAL_HIGHLIGHTS)
_SHADOWS = np.array(operations.TONEEQUAL_SHADOWS)
_FLAT_TABLE = toneequal.BASIS @ np.exp2(_FLAT)
_SLOPE_EV = np.linspace(-8.0, 3.0, 56)
_FADE = 0.05
_STEP = 2e-3
_ABSENT = 0.05
_NEUTRAL_PEAK = 0.5 * float(np.log2(3.0))


class DarktableEmulator:
    """What darktable 4.2.1 renders from the sidecar Sidelight writes.

    The stages are those of `sidelight.editors.darktable.operations`, without what depends on
    surroundings. Two operations are in the sidecar only when one of their settings is not 0, and
    being there already changes something: the tone equalizer ripples by 0.014 EV, color balance
    rgb clips the most saturated colours softly. Within ±5 points of 0 both fade in, which
    keeps the stages smooth.
    """

    name = "darktable"
    raises_sdr_white = True

    def guide(
        self,
        image: Image,
        recipe: Recipe | None = None,
        index: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float32]:
        """Return log2 of the tone equalizer's mask, less its exposures.

        Args:
            image: The proxy, rgb of shape (H, W, 3).
            recipe: Whose white balance and exposure the mask is taken after; exposure 0 and as
                shot when absent.
            index: Flat positions (N,) to return it at; all when absent.

        Returns:
            Shape (H, W) or (N,), in EV; sensor saturation of all channels is +0.79.
        """
        if recipe is None or not (recipe.highlights or recipe.shadows):
            return exposure_guide(image, index=index)
        exposed = operations.exposure(recipe.exposure_ev)
        exposed += exposure_boost(exposure_guide(image), recipe.exposure_ev)
        change = image.info.white_balance.matrix(recipe.temperature_mired, recipe.tint)
        return exposure_guide(image, exposed, change, index)

    def guide_peak(self, image: Image) -> float:
        """Return the level of the guide at the tone equalizer's brightest node, in EV."""
        return guide_peak(exposure_guide(image))

    def stages(self, context: Context) -> Sequence[Stage]:
        """Return the chain, scene-linear Rec.2020 in, display-linear Rec.2020 out."""
        chain = [
            *_highlights_stage(context),
            white_balance_stage(context),
            _exposure_stage(),
            _toneequal_stage(context),
            _colorbalancergb_stage(),
            _rgbcurve_stage(),
            _sigmoid_stage(context),
        ]
        if context.lut is not None:
            chain.append(_lut3d_stage(context))
        return chain

    def tone_slope(self, theta: Array) -> Array:
        """Return d(out EV)/d(in EV) of Highlights, Shadows, Whites and Blacks on neutrals.

        Between 56 levels from -8 to +3 EV around 0.18 after exposure, for a photo whose guide
        peaks at sensor saturation. Highlights and Shadows alone never go below 0.25.
        """
        ev = like(_SLOPE_EV, theta)
        exposed = operations.exposure(theta[INDEX["exposure_ev"]] * _EV)
        mask = ev + (log2(0.18) + _NEUTRAL_PEAK) + _boost(_NEUTRAL_PEAK, exposed)
        table = _gain_table(theta[INDEX["highlights"]], theta[INDEX["shadows"]], theta)
        gain = lookup(table, toneequal.mask_position(mask))
        whites = operations.highlights_y(theta[INDEX["whites"]] * _POINTS)
        blacks = operations.shadows_y(theta[INDEX["blacks"]] * _POINTS)
        y = (0.18 * colorbalancergb.NEUTRAL_LUMINANCE) * 2.0**ev * gain
        gain = gain * colorbalancergb.tonal_gain(y, whites, blacks)
        out = ev + namespace(gain).log2(gain)
        return (out[1:] - out[:-1]) * (1.0 / float(_SLOPE_EV[1] - _SLOPE_EV[0]))


def _highlights_stage(context: Context) -> list[Stage]:
    if context.lost is None:
        return []
    gain = context.lost

    def apply(rgb: Array, theta: Array) -> Array:
        return rgb * like(gain, rgb)[..., None]

    return [Stage("highlights", (), apply, channelwise=True)]


def _exposure_stage() -> Stage:
    ev = INDEX["exposure_ev"]

    def apply(rgb: Array, theta: Array) -> Array:
        return exposure.apply(rgb, operations.exposure(theta[ev] * _EV))

    def columns(before: Array, after: Array, theta: Array) -> list[Array]:
        return [after * (_EV * log(2.0))]

    return Stage("exposure", (ev,), apply, channelwise=True, columns=columns)


def _toneequal_stage(context: Context) -> Stage:
    ev, h, s = INDEX["exposure_ev"], INDEX["highlights"], INDEX["shadows"]
    guide = context.guide
    to_camera = np.asarray(context.white_balance.camera_from_working)
    peak = context.guide_peak
    if peak is None:
        peak = _NEUTRAL_PEAK if guide is None else guide_peak(guide)

    def position(rgb: Array, exposed: Array) -> Array:
        boost = _boost(peak, exposed)
        if guide is None:
            return toneequal.mask_position(luminance_norm(rgb, to_camera) + boost)
        return toneequal.mask_position(like(guide, rgb) + (exposed + boost))

    def apply(rgb: Array, theta: Array) -> Array:
        exposed = operations.exposure(theta[ev] * _EV)
        return (
            rgb * lookup(_gain_table(theta[h], theta[s], theta), position(rgb, exposed))[..., None]
        )

    # By the guide the gain is the same for all channels whatever their light.
    return Stage("toneequal", (ev, h, s), apply, channelwise=guide is not None)


def _gain_table(high: Array, low: Array, theta: Array) -> Array:
    """Return the tone equalizer's gain over its mask, of two sliders in solver units."""
    gains = like(_FLAT, theta) + high * like(_HIGHLIGHTS, theta) + low * like(_SHADOWS, theta)
    absent = _FADE**2 / (high * high + low * low + _FADE**2)
    return toneequal.gain_table(gains) / like(_FLAT_TABLE, theta) ** absent


def _boost(peak: float, exposed: Array) -> Array:
    """Return the mask exposure that brings a guide's peak to 0 EV, within limits."""
    low, high = operations.BOOST_RANGE
    return (-(peak + exposed)).clip(low, high)


def _colorbalancergb_stage() -> Stage:
    w, b, v, s = (INDEX[name] for name in ("whites", "blacks", "vibrance", "saturation"))

    def graded(rgb: Array, theta: Array) -> Array:
        return colorbalancergb.apply(
            rgb,
            operations.highlights_y(theta[w] * _POINTS),
            operations.shadows_y(theta[b] * _POINTS),
            operations.vibrance(theta[v] * _POINTS),
            operations.saturation(theta[s] * _POINTS),
        )

    def apply(rgb: Array, theta: Array) -> Array:
        active = theta[w] ** 2 + theta[b] ** 2 + theta[v] ** 2 + theta[s] ** 2
        if active >= _ABSENT**2:
            return graded(rgb, theta)
        if isinstance(theta, np.ndarray) and active == 0.0:
            return rgb
        absent = (1.0 - active / _ABSENT**2) ** 2
        return graded(rgb, theta) + absent * (rgb - colorbalancergb.apply(rgb))

    def columns(before: Array, after: Array, theta: Array) -> Array:
        """Differences as a solver takes them, all four in one call: small arrays cost overhead."""
        settings = np.repeat(theta[[w, b, v, s]][:, None], 4, axis=1)
        settings += _STEP * np.eye(4, dtype=theta.dtype)
        if (settings**2).sum(axis=0).min() < _ABSENT**2:
            moved = [apply(before, _with(theta, i)) for i in (w, b, v, s)]
        else:
            each = np.repeat(settings, len(before), axis=1) * _POINTS
            moved = colorbalancergb.apply(
                np.tile(before, (4, 1)),
                operations.highlights_y(each[0]),
                operations.shadows_y(each[1]),
                operations.vibrance(each[2]),
                operations.saturation(each[3]),
            ).reshape((4, *before.shape))
        return (np.asarray(moved) - after) * before.dtype.type(1 / _STEP)

    return Stage("colorbalancergb", (w, b, v, s), apply, columns=columns)


def _with(theta: Array, index: int) -> Array:
    moved = theta.copy()
    moved[index] += _STEP
    return moved


def _rgbcurve_stage() -> Stage:
    settings = tuple(range(CURVE_SLICE.start, CURVE_SLICE.stop))

    def apply(rgb: Array, theta: Array) -> Array:
        return rgbcurve.apply(rgb, theta[CURVE_SLICE])

    def columns(before: Array, after: Array, theta: Array) -> Array:
        return rgbcurve.derivatives(before, after, theta[CURVE_SLICE])

    return Stage("rgbcurve", settings, apply, channelwise=True, columns=columns)


def _sigmoid_stage(context: Context) -> Stage:
    c = INDEX["contrast"]
    stops = tones.white_stops(context.headroom, context.hdr.sdr_whites)

    def apply(rgb: Array, theta: Array) -> Array:
        contrast, skew = tones.twin(theta[c] * _POINTS, stops)
        return sigmoid.apply(rgb, contrast, skew if stops else 0.0, 2.0**stops)

    return Stage("sigmoid", (c,), apply, is_of_rendition=True)


def _lut3d_stage(context: Context) -> Stage:
    assert context.lut is not None
    lut = lut3d.blend_amount(context.lut, context.lut_amount)

    def apply(rgb: Array, theta: Array) -> Array:
        return lut3d.apply(rgb, lut, context.headroom)

    return Stage("lut3d", (), apply, is_of_rendition=True)
