"""darktable's 3D LUT in sRGB: clamped, encoded input, tetrahedral interpolation.

In HDR two exposures around it bring light below SDR white and back.
"""

from __future__ import annotations

import numpy as np

from sidelight.emulators import srgb
from sidelight.emulators.arrays import at_least, at_most, like, namespace
from sidelight.emulators.base import Array
from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020
from sidelight.recipe import Lut3D


def blend_amount(lut: Lut3D, amount: float) -> Lut3D:
    """Return the table blended with the identity, which is what a file for darktable holds.

    Args:
        lut: The LUT at full strength.
        amount: 0 to 2; above 1 it is exaggerated.
    """
    if amount == 1.0:
        return lut
    identity = Lut3D.identity(lut.size).table
    table = identity + np.float32(amount) * (lut.table - identity)
    return Lut3D(table, lut.title)


def apply(rgb: Array, lut: Lut3D, headroom: float = 0.0) -> Array:
    """Return display-linear pixels through a table of sRGB code values.

    Args:
        rgb: Display-linear Rec.2020, shape (..., 3); what lies outside sRGB's gamut or above
            2^headroom is clamped.
        lut: The table, its amount blended in.
        headroom: Stops above SDR white that are brought below it around the table.
    """
    xp = namespace(rgb)
    scale = 2.0**headroom
    light = (rgb.reshape((-1, 3)) * (1.0 / scale)) @ like(REC2020_TO_SRGB.T, rgb)
    coded = srgb.encode(at_most(at_least(light, 0.0), 1.0))
    decoded = srgb.decode(_tetrahedral(coded, like(lut.table.reshape(-1, 3), rgb), lut.size))
    out = (decoded @ like(SRGB_TO_REC2020.T, rgb)) * scale
    return xp.reshape(out, rgb.shape)


def _tetrahedral(coded: Array, table: Array, size: int) -> Array:
    """Interpolate between the four corners of the tetrahedron that holds each pixel.

    Args:
        coded: Code values 0..1, shape (N, 3).
        table: Shape (size^3, 3), red slowest.
        size: Steps per axis.
    """
    xp = namespace(coded)
    place = coded * (size - 1.0)
    floor = at_most(xp.floor(place), size - 2.0)
    t = place - floor
    index = floor.astype(np.int64) if isinstance(floor, np.ndarray) else floor.long()
    base = index[:, 0] * (size * size) + index[:, 1] * size + index[:, 2]
    r, g, b = t[:, 0], t[:, 1], t[:, 2]
    red, green, blue = size * size, size, 1
    high = xp.maximum(xp.maximum(r, g), b)
    low = xp.minimum(xp.minimum(r, g), b)
    middle = r + g + b - high - low
    first = xp.where(r >= xp.maximum(g, b), red, xp.where(g >= b, green, blue))
    last = xp.where(b <= xp.minimum(r, g), blue, xp.where(g <= r, green, red))
    # From corner 000 along the channel with the largest fraction, to 111 along the smallest.
    near = table[base]
    one = table[base + first]
    two = table[base + (red + green + blue) - last]
    far = table[base + (red + green + blue)]
    return (
        near * (1.0 - high)[:, None]
        + one * (high - middle)[:, None]
        + two * (middle - low)[:, None]
        + far * low[:, None]
    )
