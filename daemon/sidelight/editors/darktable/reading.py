"""darktable's history → Recipe: the inverse of `operations`, for the SDR twin.

An operation that says more than a Recipe can hold is named as unread. That is found out by
writing the Recipe again and comparing, so the two directions cannot disagree unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log2
from typing import Any

import numpy as np

from sidelight.editors.base import Reading
from sidelight.editors.darktable import sigmoid
from sidelight.editors.darktable.operations import (
    DEFAULT_EXPOSURE_EV,
    TONEEQUAL_FLAT,
    TONEEQUAL_HIGHLIGHTS,
    TONEEQUAL_NODES,
    TONEEQUAL_SHADOWS,
    highlights_y,
    operations,
    saturation,
    shadows_y,
    vibrance,
)
from sidelight.recipe import Hdr, PhotoInfo, Recipe, ToneCurve, WhiteBalance
from sidelight.recipe.curve import knot_positions
from sidelight.recipe.fields import BY_NAME
from sidelight_xmp.darktable.blend import blends
from sidelight_xmp.darktable.history import KEPT, History, HistoryEntry, effective
from sidelight_xmp.darktable.newer import as_known
from sidelight_xmp.darktable.operations import decode, defaults
from sidelight_xmp.errors import InvalidValueError, SidecarError

STRUCTURAL = frozenset(
    ["rawprepare", "demosaic", "colorin", "colorout", "gamma", "flip", "finalscale", "highlights"]
)
"""Operations of every history that carry no edit of tone or colour."""

DEPENDENT = frozenset({"exposure_boost", "middle_grey_contrast"})
"""Fields that a Recipe does not fix: the picture decides, or one of several equal choices."""

BIAS_LIMIT_EV = 5.0
"""As far as darktable's exposure believes the camera's own bias."""

_TOLERANCE = 2e-3
_SAME_CURVE = 1e-4
_LEAST_RAISED = 1e-3
_SETTLED_SKEW = 0.007

Values = Mapping[str, Any]


def history_to_recipe(history: History, info: PhotoInfo) -> Reading:
    """Return the active history as a Recipe, and the operations that it does not fully hold.

    Operations of ours that are switched off, masked or blended are not read: they do not act, or
    not everywhere. Where color calibration adapts to the light, neither is the white balance,
    which then is darktable's reference for the camera.
    """
    entries = effective(history)
    if not any(entry.enabled for entry in entries):
        return Reading(Recipe())
    values: dict[str, Values] = {}
    unread = []
    for entry in entries:
        known = entry.operation in _READERS and not entry.multi_priority
        found = _values(entry, info) if known else None
        if found is not None:
            values[entry.operation] = found
        elif known or (entry.enabled and entry.operation not in KEPT | STRUCTURAL):
            unread.append(entry.operation)
    if "temperature" in values and any(map(_adapts, entries)):
        del values["temperature"]
        unread.append("temperature")
    settings: dict[str, Any] = {"exposure_ev": -DEFAULT_EXPOSURE_EV}
    for operation, found in values.items():
        settings |= _READERS[operation](found, info.white_balance)
    recipe = Recipe(**{name: _within(name, value) for name, value in settings.items()})
    unread += _differing(recipe, values, info)
    if "sigmoid" not in values:
        unread.append("no sigmoid")
    return Reading(recipe, tuple(dict.fromkeys(unread)))


def _values(entry: HistoryEntry, info: PhotoInfo) -> Values | None:
    """Return what an entry says about the whole picture; None when it does not."""
    try:
        if not entry.enabled or blends(entry.blendop_version, entry.blendop_params):
            return None
    except SidecarError:
        return None
    values = _decode(entry)
    if values is None or entry.operation != "exposure":
        return values
    if values["compensate_exposure_bias"]:
        bias = float(np.clip(info.exposure_bias_ev or 0.0, -BIAS_LIMIT_EV, BIAS_LIMIT_EV))
        plain = {"exposure": values["exposure"] - bias, "compensate_exposure_bias": False}
        return {**values, **plain}
    return values


def _decode(entry: HistoryEntry) -> Values | None:
    modversion, params = as_known(entry.operation, entry.modversion, entry.params)
    try:
        values = decode(entry.operation, modversion, params)
    except InvalidValueError:
        return None  # darktable drops such an entry
    return values if isinstance(values, dict) else None


def _adapts(entry: HistoryEntry) -> bool:
    if entry.operation != "channelmixerrgb" or not entry.enabled:
        return False
    values = _decode(entry)
    return values is None or values["adaptation"] != "rgb"


def _within(name: str, value: Any) -> Any:
    if name not in BY_NAME:
        return value
    field = BY_NAME[name]
    # Six digits are more than float32 holds, and make a default exactly zero.
    return round(float(np.clip(np.nan_to_num(value), field.minimum, field.maximum)), 6) + 0.0


def _differing(recipe: Recipe, values: Mapping[str, Values], info: PhotoInfo) -> list[str]:
    """Return the operations that the Recipe would not write as they are."""
    again: dict[str, Values] = {name: defaults(name) for name in values}
    for operation in operations(recipe, info.white_balance, 0.0):
        entry = HistoryEntry.from_values(operation.name, operation.params)
        again[operation.name] = _decode(entry) or {}
    return [name for name, found in values.items() if not _same(found, again[name])]


def _same(a: Values, b: Values) -> bool:
    return all(
        _close(a[name], b[name], _SETTLED_SKEW if name == "contrast_skewness" else _TOLERANCE)
        for name in a
        if name not in DEPENDENT
    )


def _close(a: Any, b: Any, tolerance: float) -> bool:
    try:
        left, right = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    except (TypeError, ValueError):
        return bool(a == b)
    return bool(np.allclose(left, right, rtol=tolerance, atol=tolerance, equal_nan=True))


def _temperature(values: Values, white_balance: WhiteBalance) -> dict[str, Any]:
    from scipy.optimize import least_squares

    wanted = _log_ratios([values["red"], values["green"], values["blue"]])

    def residual(shift: np.ndarray) -> np.ndarray:
        return _log_ratios(white_balance.multipliers(*(100.0 * shift))) - wanted

    as_shot = np.zeros(2)
    if np.abs(residual(as_shot)).max() < 1e-5:
        return {"temperature_mired": 0.0, "tint": 0.0}
    found = least_squares(residual, as_shot, bounds=(-1.5, 1.5), xtol=1e-12, ftol=1e-14)
    return {"temperature_mired": 100.0 * found.x[0], "tint": 100.0 * found.x[1]}


def _log_ratios(multipliers: Any) -> np.ndarray:
    red, green, blue = np.maximum(np.asarray(multipliers, dtype=float), 1e-6)
    return np.log2([red / green, blue / green])


def _exposure(values: Values, _: WhiteBalance) -> dict[str, Any]:
    return {"exposure_ev": values["exposure"] - DEFAULT_EXPOSURE_EV}


def _toneequal(values: Values, _: WhiteBalance) -> dict[str, Any]:
    gains = np.array([values[name] for name in TONEEQUAL_NODES]) - TONEEQUAL_FLAT
    columns = np.stack([TONEEQUAL_HIGHLIGHTS, TONEEQUAL_SHADOWS], axis=1)
    (highlights, shadows), *_rest = np.linalg.lstsq(columns, gains, rcond=None)
    return {"highlights": 100.0 * highlights, "shadows": 100.0 * shadows}


def _colorbalancergb(values: Values, _: WhiteBalance) -> dict[str, Any]:
    return {
        "whites": _points(highlights_y, values["highlights_Y"]),
        "blacks": _points(shadows_y, values["shadows_Y"]),
        "vibrance": _points(vibrance, values["vibrance"]),
        "saturation": _points(saturation, values["saturation_global"]),
    }


def _points(function: Callable[[float], float], value: float) -> float:
    """Return where a rising function of -100 to 100 takes a value, its end if it does not."""
    from scipy.optimize import brentq

    if abs(value) < 1e-9 or not function(-100.0) < value < function(100.0):
        return float(np.sign(value) * (100.0 if abs(value) >= 1e-9 else 0.0))
    return brentq(lambda points: function(points) - value, -100.0, 100.0, xtol=1e-9)


def _rgbcurve(values: Values, _: WhiteBalance) -> dict[str, Any]:
    from scipy.interpolate import PchipInterpolator

    count = int(values["node_count"][0])
    x, y = _srgb_encode(np.asarray(values["nodes_r"], dtype=float)[:count]).T
    keep = np.concatenate([[True], np.diff(x) > 1e-6])
    if count < 2 or keep.sum() < 2 or not np.isfinite([x, y]).all():
        return {}
    knots = knot_positions()[1:-1]
    inside = np.clip(knots, x[0], x[-1])
    offsets = PchipInterpolator(x[keep], y[keep])(inside) - knots
    return {
        "curve": ToneCurve()
        if np.abs(offsets).max() < _SAME_CURVE
        else ToneCurve.from_offsets(offsets)
    }


def _srgb_encode(linear: np.ndarray) -> np.ndarray:
    values = np.clip(linear, 0.0, 1.0)
    return np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)


def _sigmoid(values: Values, _: WhiteBalance) -> dict[str, Any]:
    contrast, skew = values["middle_grey_contrast"], values["contrast_skewness"]
    white = values["display_white_target"]
    if (contrast, skew) == (sigmoid.BASE_CONTRAST, 0.0):
        return {"contrast": 0.0}
    # Contrast enters through q alone, in proportion.
    power = sigmoid.program_film_power(contrast, skew, white)
    exact = max(power / float(sigmoid.film_and_paper(1.0, skew, white / 100.0)[1]), 1e-6)
    stops = log2(max(white, 1.0) / 100.0)
    if not _LEAST_RAISED < stops <= sigmoid.SDR_WHITES_STOPS + _LEAST_RAISED:
        return {"contrast": 100.0 * log2(exact / sigmoid.BASE_CONTRAST)}
    raised = round(sigmoid.sdr_whites(stops), 3)
    return {"contrast": sigmoid.points(exact, stops), "hdr": Hdr(sdr_whites=raised)}


_READERS: dict[str, Callable[[Values, WhiteBalance], dict[str, Any]]] = {
    "temperature": _temperature,
    "exposure": _exposure,
    "toneequal": _toneequal,
    "colorbalancergb": _colorbalancergb,
    "rgbcurve": _rgbcurve,
    "sigmoid": _sigmoid,
}
