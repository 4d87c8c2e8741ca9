"""darktable's tone equalizer: a gain by the luminance of an edge-aware mask.

Nine gains at -8 … 0 EV of the mask are approximated by eight gaussians (sigma sqrt 2 EV, centres
evenly from -8 to 0) in linear gain, least squares; outside -8 … 0 EV the gain is constant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.arrays import like, lookup, namespace
from sidelight.emulators.base import Array

LOWEST_EV, HIGHEST_EV = -8.0, 0.0
GAIN_RANGE = (0.25, 4.0)

_STEPS_PER_EV = 32
_CENTRES = np.linspace(LOWEST_EV, HIGHEST_EV, 8)
_NODES = np.linspace(LOWEST_EV, HIGHEST_EV, 9)
_POSITIONS = np.linspace(LOWEST_EV, HIGHEST_EV, 8 * _STEPS_PER_EV + 1)


def _gaussians(ev: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-((ev[:, None] - _CENTRES) ** 2) / 4.0)


BASIS: NDArray[np.float64] = _gaussians(_POSITIONS) @ np.linalg.pinv(_gaussians(_NODES))
"""Linear gain at `_STEPS_PER_EV` positions per EV from -8 to 0, per linear gain of a node."""


def gain_table(gains_ev: Array) -> Array:
    """Return the linear gain over the mask's range, shape (257,), of nine gains in EV."""
    xp = namespace(gains_ev)
    table = like(BASIS, gains_ev) @ 2.0**gains_ev
    return xp.clip(table, *GAIN_RANGE)


def apply(rgb: Array, mask_ev: Array, gains_ev: Array) -> Array:
    """Return pixels times their gain.

    Args:
        rgb: Linear RGB, shape (..., 3).
        mask_ev: log2 of the mask with its exposure boost, shape (...).
        gains_ev: (9,) gains in EV at -8 … 0 EV.
    """
    return rgb * lookup(gain_table(gains_ev), mask_position(mask_ev))[..., None]


def mask_position(mask_ev: Array) -> Array:
    """Return where in `gain_table` a mask value falls; outside is held by the lookup."""
    return (mask_ev - LOWEST_EV) * _STEPS_PER_EV


def slopes(gains_ev: Sequence[float]) -> NDArray[np.float64]:
    """Return d(out EV)/d(in EV) between the table's positions; outside the mask it is 1."""
    table = np.clip(BASIS @ np.exp2(np.asarray(gains_ev, dtype=np.float64)), *GAIN_RANGE)
    return 1.0 + np.diff(np.log2(table)) * _STEPS_PER_EV
