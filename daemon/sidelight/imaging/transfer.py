"""Transfer functions: light to code values and back.

Each pair works on numpy arrays of any shape, keeps float32 as float32, and never returns NaN for
finite input.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[Any]

SDR_WHITE_NITS = 203.0
"""Luminance of 1.0 (ITU-R BT.2408, HDR reference white)."""

_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_LOG_SCALE = 63.0
_LOG_STOPS = 6.0
_LOG_SLOPE = _LOG_SCALE / (_LOG_STOPS * float(np.log(2.0)))


def srgb_encode(linear: ArrayLike) -> Floats:
    """Return sRGB code values (IEC 61966-2-1), odd-symmetric below zero, unbounded above one."""
    values = _floats(linear)
    size = np.abs(values)
    curve = 1.055 * np.power(size, 1 / 2.4) - 0.055
    return np.copysign(np.where(size <= 0.0031308, 12.92 * size, curve), values)


def srgb_decode(encoded: ArrayLike) -> Floats:
    """Return linear light of sRGB code values, the inverse of `srgb_encode`."""
    values = _floats(encoded)
    size = np.abs(values)
    curve = np.power((size + 0.055) / 1.055, 2.4)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, curve), values)


def rec709_decode(encoded: ArrayLike) -> Floats:
    """Return scene light of BT.709 camera code values 0..1 (ITU-R BT.709, section 1.2)."""
    values = np.maximum(_floats(encoded), 0.0)
    return np.where(values < 0.081, values / 4.5, np.power((values + 0.099) / 1.099, 1 / 0.45))


def pq_encode(linear: ArrayLike) -> Floats:
    """Return PQ code values 0..1 (SMPTE ST 2084) of light with 1.0 = 203 nits, up to 10000."""
    values = _floats(linear)
    power = np.power(np.clip(values * (SDR_WHITE_NITS / 10000.0), 0.0, 1.0), _M1)
    return np.power((_C1 + _C2 * power) / (1.0 + _C3 * power), _M2)


def pq_decode(encoded: ArrayLike) -> Floats:
    """Return light, 1.0 = 203 nits, of PQ code values 0..1."""
    values = _floats(encoded)
    power = np.power(np.clip(values, 0.0, 1.0), 1.0 / _M2)
    light = np.maximum(power - _C1, 0.0) / (_C2 - _C3 * power)
    return np.power(light, 1.0 / _M1) * (10000.0 / SDR_WHITE_NITS)


def log_encode(linear: ArrayLike) -> Floats:
    """Return log2(1 + 63 y) / 6: 0 to 0, 1 to 1, and on in a straight line below zero."""
    values = _floats(linear)
    kind = values.dtype.type
    light = np.maximum(values, kind(0))
    curve = np.log2(kind(1) + kind(_LOG_SCALE) * light) / kind(_LOG_STOPS)
    return np.where(values > 0, curve, values * kind(_LOG_SLOPE))


def log_encode_slope(linear: ArrayLike) -> Floats:
    """Return the derivative of `log_encode`."""
    values = _floats(linear)
    kind = values.dtype.type
    return kind(_LOG_SLOPE) / (kind(1) + kind(_LOG_SCALE) * np.maximum(values, kind(0)))


def log_decode(encoded: ArrayLike) -> Floats:
    """Return light of `log_encode`."""
    values = _floats(encoded)
    curve = (np.exp2(_LOG_STOPS * np.maximum(values, 0.0)) - 1.0) / _LOG_SCALE
    return np.where(values > 0, curve, values / _LOG_SLOPE).astype(values.dtype)


def _floats(values: ArrayLike) -> Floats:
    array = np.asarray(values)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
