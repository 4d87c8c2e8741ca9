"""darktable's highlight reconstruction, as far as it is pointwise.

Mode 0 clips every channel at the level at which the first one saturates. The other modes leave
unclipped pixels alone; what they invent in clipped areas depends on the surroundings and is not
predicted here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sidelight.emulators.arrays import at_most
from sidelight.emulators.base import Array

CLIP = 0
OPPOSED = 5


def apply(
    camera_rgb: Array, multipliers: ArrayLike, mode: int = OPPOSED, clip: float = 1.0
) -> Array:
    """Return balanced camera RGB after the operation.

    Args:
        camera_rgb: Raw channels times their multipliers, shape (..., 3).
        multipliers: (3,) the multipliers.
        mode: darktable's mode; all but 0 return the pixels unchanged.
        clip: Threshold, 1 = the sensor's limit.
    """
    if mode != CLIP:
        return camera_rgb
    return at_most(camera_rgb, clip * float(np.min(multipliers)))
