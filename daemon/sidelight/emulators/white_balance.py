"""The white-balance stage both emulators share.

A change of white balance is a diagonal gain in camera RGB. The gains come from the camera's
matrix; here they are a polynomial in (mired, tint), fitted per photo, so that the stage is smooth
in its settings, cheap, and works on tensors. It is fitted closest where photographers move: within
2e-3 of the exact gains up to 60 mired and 20 points of tint.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

from sidelight.emulators.arrays import like, namespace, stack
from sidelight.emulators.base import Array, Context, Stage
from sidelight.recipe import WhiteBalance
from sidelight.recipe.fields import BY_NAME, INDEX

_DEGREE = 8
_NODES = 17


@lru_cache(maxsize=32)
def gain_polynomial(white_balance: WhiteBalance) -> NDArray[np.float64]:
    """Return coefficients of log2 gains, shape (2, degree + 1, degree + 1), for red and blue.

    The polynomial is in solver units of (temperature, tint), fitted on Chebyshev nodes.
    """
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    base = np.log2(white_balance.multipliers())
    u, v = (grid.ravel() for grid in np.meshgrid(nodes, nodes, indexing="ij"))
    mired, tint = BY_NAME["temperature_mired"].scale, BY_NAME["tint"].scale
    gains = np.stack(
        [
            np.log2(white_balance.multipliers(a * mired, b * tint)) - base
            for a, b in zip(u, v, strict=True)
        ]
    )
    design = polynomial.polyvander2d(u, v, [_DEGREE, _DEGREE])
    weight = 1.0 / (1.0 + 30.0 * (u * u + 4.0 * v * v)) ** 2
    solved, *_ = np.linalg.lstsq(
        design[:, 1:] * weight[:, None], gains[:, [0, 2]] * weight[:, None], rcond=None
    )
    full = np.vstack([np.zeros((1, 2)), solved])
    return full.T.reshape(2, _DEGREE + 1, _DEGREE + 1)


def white_balance_stage(context: Context, name: str = "temperature") -> Stage:
    """Return the stage that turns as-shot working RGB into the Recipe's white balance."""
    to_camera = np.asarray(context.white_balance.camera_from_working, dtype=np.float64)
    from_camera = np.linalg.inv(to_camera)
    coefficients = gain_polynomial(context.white_balance)
    t, k = INDEX["temperature_mired"], INDEX["tint"]

    def gains(u: Array, v: Array) -> list[Array]:
        across, down = _powers(v), _powers(u)
        return [2.0 ** (down @ (like(channel, down) @ across)) for channel in coefficients]

    def apply(rgb: Array, theta: Array) -> Array:
        red, blue = gains(theta[t], theta[k])
        rows = []
        for i in range(3):
            row = []
            for j in range(3):
                a, b, c = (float(from_camera[i, m] * to_camera[m, j]) for m in range(3))
                row.append(a * red + b + c * blue)
            rows.append(row)
        r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
        return stack([row[0] * r + row[1] * g + row[2] * b for row in rows], rgb)

    return Stage(name, (t, k), apply)


def _powers(x: Array) -> Array:
    """Return x^0 … x^degree, shape (degree + 1,)."""
    powers = [0.0 * x + 1.0]
    for _ in range(_DEGREE):
        powers.append(powers[-1] * x)
    return namespace(x).stack(powers)
