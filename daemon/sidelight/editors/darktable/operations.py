"""Recipe → darktable operations, as the sidecar writer writes and the emulator renders them.

The mapping functions are plain arithmetic, so that a solver may pass array scalars or tensors.
A zero Recipe is darktable's own default: white balance as shot, exposure +0.7 EV, sigmoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

import numpy as np

from sidelight.editors.darktable import sigmoid
from sidelight.errors import RecipeError
from sidelight.recipe import Recipe, WhiteBalance

Scalar = Any
"""A float or a scalar of an array library."""

Value = float | int | str | list[Any]

DEFAULT_EXPOSURE_EV = 0.7
SDR_WHITE_NITS = 203.0
PQ_PEAK_NITS = 10000.0

LCH, OPPOSED = 1, 5
"""Modes of darktable's highlight reconstruction; the second is its default."""

BOOST_RANGE = (-4.0, 2.0)
"""Limits, in EV, of the tone equalizer's mask exposure."""

TONEEQUAL_NODES = (
    "noise",
    "ultra_deep_blacks",
    "deep_blacks",
    "blacks",
    "shadows",
    "midtones",
    "highlights",
    "whites",
    "speculars",
)
"""The tone equalizer's gains, for -8, -7 … 0 EV of its mask."""

TONEEQUAL_HIGHLIGHTS = (0.0, 0.0, 0.0, 0.0, 0.056, 0.432, 1.0, 1.568, 1.944)
TONEEQUAL_SHADOWS = (1.98, 1.9314129, 1.4814815, 0.8340192, 0.2524006, 0.0, 0.0, 0.0, 0.0)
"""Gains in EV at +100. At every pair of sliders the solved curve keeps a slope of at least 0.25."""

TONEEQUAL_FLAT = (
    -0.01392618,
    -0.00303441,
    -0.00289523,
    0.01044152,
    -0.01392618,
    0.01044152,
    -0.00289523,
    -0.00303441,
    -0.01392618,
)
"""Gains in EV whose solved curve is closest to no change, ±0.014 EV; zeros give ±0.025 EV."""

PLACEMENTS = {("exposure", 1): "lut3d", ("exposure", 2): "colisa", ("exposure", 3): "colorout"}
"""Second instances and the operation each goes before: around the LUT, and for PQ files."""

_TONE_EV = 0.9
_VIBRANCE = 0.8
_VIBRANCE_START = 1e-8


@dataclass(frozen=True)
class Operation:
    """One history entry.

    Attributes:
        name: darktable's name of the operation.
        params: Every field of its params that matters, by darktable's field name.
        multi_priority, multi_name: Instance.
    """

    name: str
    params: dict[str, Value] = field(default_factory=dict)
    multi_priority: int = 0
    multi_name: str = ""


def operations(
    recipe: Recipe,
    white_balance: WhiteBalance,
    headroom: float,
    exposure_boost: float = 0.0,
    *,
    neutral_highlights: bool = False,
    lut_path: str = "",
    pq: bool = False,
    compensate: bool = True,
) -> list[Operation]:
    """Return the operations of a Recipe in the order of darktable's pipe (v3.0 RAW).

    Args:
        recipe: The settings.
        white_balance: The photo's white balance.
        headroom: Stops above SDR white, 0 to 4; 0 is the SDR twin.
        exposure_boost: Mask exposure of the tone equalizer, in EV
            (`sidelight.emulators.guide.exposure_boost`).
        neutral_highlights: Reconstruct what the sensor lost without a colour (`LCH`) instead of
            with that of its surroundings (`OPPOSED`, which makes large lost areas pink or beige).
        lut_path: The LUT file relative to darktable's LUT folder, its table already blended with
            the identity by the Recipe's amount; needed if the Recipe has a LUT.
        pq: Add the exposure before the output profile that makes 1.0 203 nits in a PQ file.
        compensate: Keep HDR and SDR twins alike below white; False is darktable's own sigmoid
            with the headroom as its white target.

    Raises:
        RecipeError: Headroom outside 0 to 4, or a LUT without a path.
    """
    if not 0.0 <= headroom <= 4.0:
        raise RecipeError("headroom is between 0 and 4 stops")
    chain = [
        Operation("temperature", temperature_params(white_balance, recipe)),
        Operation("highlights", {**_HIGHLIGHTS, "mode": LCH if neutral_highlights else OPPOSED}),
        _exposure(exposure(recipe.exposure_ev)),
    ]
    if recipe.highlights or recipe.shadows:
        gains = toneequal_gains(recipe.highlights, recipe.shadows)
        nodes = {name: float(gain) for name, gain in zip(TONEEQUAL_NODES, gains, strict=True)}
        boost = float(exposure_boost)
        chain.append(Operation("toneequal", {**nodes, **_TONEEQUAL, "exposure_boost": boost}))
    if recipe.whites or recipe.blacks or recipe.vibrance or recipe.saturation:
        chain.append(Operation("colorbalancergb", _colorbalancergb_params(recipe)))
    if not recipe.curve.is_identity:
        chain.append(Operation("rgbcurve", _rgbcurve_params(recipe)))
    chain.append(Operation("sigmoid", _sigmoid_params(recipe, headroom, compensate)))
    if recipe.lut is not None:
        chain.extend(_lut3d(lut_path, headroom))
    if pq:
        chain.append(_exposure(log2(SDR_WHITE_NITS / PQ_PEAK_NITS), 3, "PQ"))
    return chain


def exposure(exposure_ev: Scalar) -> Scalar:
    """Return darktable's exposure in EV."""
    return DEFAULT_EXPOSURE_EV + exposure_ev


def toneequal_gains(highlights: Scalar, shadows: Scalar) -> list[Scalar]:
    """Return nine gains in EV of Highlights and Shadows, -100 to 100."""
    h, s = highlights / 100.0, shadows / 100.0
    nodes = zip(TONEEQUAL_FLAT, TONEEQUAL_HIGHLIGHTS, TONEEQUAL_SHADOWS, strict=True)
    return [flat + h * high + s * low for flat, high, low in nodes]


def highlights_y(whites: Scalar) -> Scalar:
    """Return color balance rgb's `highlights_Y` of Whites, -100 to 100: ±0.9 EV at the top."""
    return 2.0 ** (_TONE_EV * whites / 100.0) - 1.0


def shadows_y(blacks: Scalar) -> Scalar:
    """Return color balance rgb's `shadows_Y` of Blacks, -100 to 100: ±0.9 EV at the bottom."""
    return 2.0 ** (_TONE_EV * blacks / 100.0) - 1.0


def vibrance(points: Scalar) -> Scalar:
    """Return color balance rgb's `vibrance`, -0.8 to 0.8, of a Recipe's.

    darktable's effect grows with the square of its value near 0; the root makes ours even.
    """
    x = points / 100.0
    return _VIBRANCE * x / (x * x + _VIBRANCE_START) ** 0.25


def saturation(points: Scalar) -> Scalar:
    """Return color balance rgb's `saturation_global`, -1 to 1."""
    return points / 100.0


def curve_nodes(x: Sequence[float]) -> list[float]:
    """Return linear positions of nodes on the sRGB-encoded axis, 0 to 1."""
    return [float(srgb_decode(value)) for value in x]


def srgb_decode(value: Scalar) -> Scalar:
    """Return linear light of one sRGB code value, 0 to 1 (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def temperature_params(white_balance: WhiteBalance, recipe: Recipe) -> dict[str, Value]:
    """Return the multipliers of a Recipe's white balance; the fourth is for other sensors."""
    red, green, blue = white_balance.multipliers(recipe.temperature_mired, recipe.tint)
    return {"red": float(red), "green": float(green), "blue": float(blue), "g2": float("nan")}


def _exposure(exposure_ev: float, instance: int = 0, name: str = "") -> Operation:
    params: dict[str, Value] = {
        "mode": 0,
        "black": 0.0,
        "exposure": float(exposure_ev),
        "deflicker_percentile": 50.0,
        "deflicker_target_level": -4.0,
        "compensate_exposure_bias": 0,
    }
    return Operation("exposure", params, instance, name)


def _colorbalancergb_params(recipe: Recipe) -> dict[str, Value]:
    return {
        **_COLORBALANCERGB,
        "highlights_Y": float(highlights_y(recipe.whites)),
        "shadows_Y": float(shadows_y(recipe.blacks)),
        "vibrance": float(vibrance(recipe.vibrance)),
        "saturation_global": float(saturation(recipe.saturation)),
    }


def _rgbcurve_params(recipe: Recipe) -> dict[str, Value]:
    points = recipe.curve.points()
    x, y = curve_nodes(points[:, 0].tolist()), curve_nodes(points[:, 1].tolist())
    nodes = [[a, b] for a, b in zip(x, y, strict=True)] + [[0.0, 0.0]] * (20 - len(x))
    identity = [[0.0, 0.0], [1.0, 1.0]] + [[0.0, 0.0]] * 18
    return {
        "nodes_r": nodes,
        "nodes_g": identity,
        "nodes_b": identity,
        "node_count": [len(x), 2, 2],
        "types": [2, 2, 2],
        "autoscale": 0,
        "compensate_middle_grey": 0,
        "preserve_colors": 0,
    }


def _sigmoid_params(recipe: Recipe, headroom: float, compensate: bool) -> dict[str, Value]:
    if compensate:
        stops = sigmoid.white_stops(headroom, recipe.hdr.sdr_whites)
        chosen = sigmoid.settle(*sigmoid.twin(recipe.contrast, stops), 2.0**stops)
    else:
        chosen = sigmoid.Sigmoid(sigmoid.contrast(recipe.contrast), 0.0, 100.0 * 2.0**headroom)
    return {
        "middle_grey_contrast": float(chosen.contrast),
        "contrast_skewness": float(chosen.skew),
        "display_white_target": float(np.clip(chosen.white_percent, 20.0, 1600.0)),
        "display_black_target": sigmoid.BLACK_TARGET_PERCENT,
        "color_processing": 0,
        "hue_preservation": 100.0,
    }


def _lut3d(path: str, headroom: float) -> list[Operation]:
    if not path:
        raise RecipeError("a Recipe with a LUT needs the path of its file in darktable's folder")
    params: dict[str, Value] = {
        "filepath": path,
        "colorspace": 0,
        "interpolation": 0,
        "nb_keypoints": 0,
        "lutname": "",
    }
    lut = Operation("lut3d", params)
    if not headroom:
        return [lut]
    # lut3d clips its input to 0..1, so light up to the headroom is scaled below 1 and back.
    return [_exposure(-headroom, 1, "LUT in"), lut, _exposure(headroom, 2, "LUT out")]


_HIGHLIGHTS: dict[str, Value] = {
    "mode": 5,
    "blendL": 1.0,
    "blendC": 0.0,
    "strength": 0.0,
    "clip": 1.0,
    "noise_level": 0.0,
    "iterations": 1,
    "scales": 5,
    "candidating": 0.4,
    "combine": 2.0,
    "recovery": 0,
    "solid_color": 0.0,
}

_TONEEQUAL: dict[str, Value] = {
    "blending": 5.0,
    "smoothing": 2.0**0.5,
    "feathering": 1.0,
    "quantization": 0.0,
    "contrast_boost": 0.0,
    "details": 4,
    "method": 4,
    "iterations": 1,
}

_COLORBALANCERGB: dict[str, Value] = {
    "shadows_Y": 0.0,
    "shadows_C": 0.0,
    "shadows_H": 0.0,
    "midtones_Y": 0.0,
    "midtones_C": 0.0,
    "midtones_H": 0.0,
    "highlights_Y": 0.0,
    "highlights_C": 0.0,
    "highlights_H": 0.0,
    "global_Y": 0.0,
    "global_C": 0.0,
    "global_H": 0.0,
    "shadows_weight": 1.0,
    "white_fulcrum": 0.0,
    "highlights_weight": 1.0,
    "chroma_shadows": 0.0,
    "chroma_highlights": 0.0,
    "chroma_global": 0.0,
    "chroma_midtones": 0.0,
    "saturation_global": 0.0,
    "saturation_highlights": 0.0,
    "saturation_midtones": 0.0,
    "saturation_shadows": 0.0,
    "hue_angle": 0.0,
    "brilliance_global": 0.0,
    "brilliance_highlights": 0.0,
    "brilliance_midtones": 0.0,
    "brilliance_shadows": 0.0,
    "mask_grey_fulcrum": 0.1845,
    "vibrance": 0.0,
    "grey_fulcrum": 0.1845,
    "contrast": 0.0,
    "saturation_formula": 1,
}
