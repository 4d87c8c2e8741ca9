"""darktable's uniform colour space 2022 and the boundary of an RGB space in it.

Formulas: Aurélien Pierre, "Color saturation control for the 21st century" (2022).
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.arrays import at_least, at_most, namespace
from sidelight.emulators.base import Array

Matrix = NDArray[np.float64]

HUE_STEPS = 4096
"""Cells of `boundary_table` round the circle."""

_RANGE, _HALF_LIGHT = 2.098883786377, 1.12426773749357
_LIGHT_POWER, _LUMINANCE_POWER = 0.631651345306265, 1.5831518565279648
_BRIGHTEST = 2.098883

LIGHTNESS_POWER = 0.6523997524738018
COLORFULNESS_POWER = 0.6007557017508491
CHROMA_POWER = 1.33654221029386
L_WHITE = _RANGE / (1.0 + _HALF_LIGHT)
"""Lightness of luminance 1."""

LOG_CHROMA = log(15.932993652962535 / L_WHITE)
"""log(chroma) is this + .6524 log(lightness) + .6008 log(colorfulness squared)."""

_UVD_FROM_XY1 = np.array(
    [
        [-0.783941002840055, 0.277512987809202, 0.153836578598858],
        [0.745273540913283, -0.205375866083878, -0.165478376301988],
        [0.318707282433486, 2.16743692732158, 0.291320554395942],
    ]
)
UVD_FROM_XYZ: Matrix = _UVD_FROM_XY1 @ np.array([[1.0, 0, 0], [0, 1.0, 0], [1.0, 1.0, 1.0]])
"""(3, 3) XYZ to the numerators of U and V and their denominator."""

XYD_FROM_UV: Matrix = np.array(
    [
        [0.167171472114775, 0.141299802443708, -0.00801531300850582],
        [-0.150959086409163, -0.155185060382272, -0.00843312433578007],
        [0.940254742367256, 1.000000000000000, -0.0256325967652889],
    ]
)
"""(3, 3) (U, V, 1) to the numerators of x and y and their denominator."""

UV_FACTOR: Matrix = np.array([[1.39656225667], [1.4513954287]])
UV_HALF: Matrix = np.array([[1.49217352929], [1.52488637914]])


def uv_prime(u_star: Array, v_star: Array) -> tuple[Array, Array]:
    """Return U*', V*' of U*, V*: colorfulness is their length, hue their angle."""
    return (
        -1.124983854323892 * u_star - 0.980483721769325 * v_star,
        1.86323315098672 * u_star + 1.971853092390862 * v_star,
    )


def lightness(y: Array) -> Array:
    """Return L* of luminance, 1 = white."""
    xp = namespace(y)
    power = xp.exp(_LIGHT_POWER * xp.log(at_least(y, 1e-20)))
    return _RANGE * power / (power + _HALF_LIGHT)


def luminance(light: Array) -> Array:
    """Return luminance of L*, the inverse of `lightness`."""
    xp = namespace(light)
    light = at_most(light, _BRIGHTEST)
    return xp.exp(_LUMINANCE_POWER * xp.log(_HALF_LIGHT * light / (_RANGE - light)))


def boundary_table(rgb_to_xyz: Matrix) -> Matrix:
    """Return log of the boundary's chroma at lightness 1, shape (HUE_STEPS + 1,).

    Even steps along the perimeter of a diamond from -180° to 180°. The program keeps the squared
    colorfulness at whole degrees and interpolates linearly; so does this.

    Args:
        rgb_to_xyz: (3, 3) the RGB space, white D65.
    """
    xyz = rgb_to_xyz / rgb_to_xyz.sum(axis=0)
    t = np.linspace(0.0, 1.0, 8192, endpoint=False)[:, None]
    edge = np.concatenate([xyz[:, i] * (1.0 - t) + xyz[:, (i + 1) % 3] * t for i in range(3)])
    uvd = edge @ UVD_FROM_XYZ.T
    uv = (uvd[:, :2] / uvd[:, 2:]).T
    star = UV_FACTOR * uv / (np.abs(uv) + UV_HALF)
    u, v = uv_prime(star[0], star[1])
    degrees, squared = np.degrees(np.arctan2(v, u)), u * u + v * v
    whole = np.interp(np.arange(-180.0, 181.0), *_sorted(degrees, squared), period=360.0)
    position = np.linspace(0.0, 4.0, HUE_STEPS + 1)
    at = np.interp(_diamond_degrees(position), np.arange(-180.0, 181.0), whole)
    return LOG_CHROMA + COLORFULNESS_POWER * np.log(at)


def _sorted(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
    order = np.argsort(x)
    return x[order], y[order]


def _diamond_degrees(position: Matrix) -> Matrix:
    """Return the angle at a position 0..4 along a diamond's perimeter, from -180°."""
    corner = np.array([[-1.0, 0.0], [0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    i = np.minimum(position.astype(int), 3)
    t = (position - i)[:, None]
    points = corner[i] * (1.0 - t) + corner[i + 1] * t
    degrees = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    degrees[0], degrees[-1] = -180.0, 180.0
    return degrees
