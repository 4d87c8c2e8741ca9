"""darktable's operations whose params this package understands, at darktable 4.2.1's versions.

Newer releases upgrade these versions by themselves; 4.2.1 drops newer ones. An operation or
version that is not listed is kept as bytes: unknown is a supported state, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sidelight_xmp.darktable.operations import (
    channelmixerrgb,
    colorbalancergb,
    exposure,
    highlights,
    lut3d,
    rgbcurve,
    sigmoid,
    temperature,
    toneequal,
)
from sidelight_xmp.darktable.params import Layout, Values
from sidelight_xmp.errors import InvalidValueError

OPERATIONS: Final[dict[str, Layout]] = {
    "temperature": temperature.LAYOUT,
    "highlights": highlights.LAYOUT,
    "exposure": exposure.LAYOUT,
    "toneequal": toneequal.LAYOUT,
    "channelmixerrgb": channelmixerrgb.LAYOUT,
    "colorbalancergb": colorbalancergb.LAYOUT,
    "rgbcurve": rgbcurve.LAYOUT,
    "sigmoid": sigmoid.LAYOUT,
    "lut3d": lut3d.LAYOUT,
}


def decode(operation: str, modversion: int, data: bytes) -> Values | bytes:
    """Decode params to values by field name; an unknown operation or version stays bytes.

    Raises InvalidValueError when a known struct has another length.
    """
    layout = OPERATIONS.get(operation)
    if layout is None or layout.modversion != modversion:
        return data
    return layout.decode(data)


def encode(operation: str, values: Mapping[str, Any]) -> bytes:
    """Encode the named values, defaults for the others.

    Raises InvalidValueError, naming the field, for what does not fit.
    """
    return _layout(operation).encode(values)


def defaults(operation: str) -> Values:
    """The default of every field; raises InvalidValueError for an unknown operation."""
    return _layout(operation).defaults()


def modversion(operation: str) -> int:
    """The version `encode` writes; raises InvalidValueError for an unknown operation."""
    return _layout(operation).modversion


def _layout(operation: str) -> Layout:
    try:
        return OPERATIONS[operation]
    except KeyError:
        raise InvalidValueError(f"The layout of {operation} is not known.") from None
