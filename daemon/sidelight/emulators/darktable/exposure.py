"""darktable's exposure: a gain on linear light."""

from __future__ import annotations

from sidelight.emulators.base import Array


def apply(rgb: Array, exposure_ev: Array) -> Array:
    """Return `rgb` times 2^exposure_ev; shape (..., 3), no limits, black level 0."""
    return rgb * 2.0**exposure_ev
