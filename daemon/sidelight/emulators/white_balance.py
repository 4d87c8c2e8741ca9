"""The white-balance stage both emulators share.

A change of white balance is a diagonal gain in camera RGB. The gains come from the camera's
matrix; here they are polynomials in (mired, tint), fitted per photo, so that the stage is smooth
in its settings, cheap, and works on tensors. A camera with two calibrated lights bends where its
interpolation between them ends; there one polynomial ends and the next begins. They are fitted
closest where photographers move: within 1e-3 of the exact gains up to 60 mired and 20 points of
tint.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

from sidelight.emulators.arrays import like, namespace, stack
from sidelight.emulators.base import Array, Context, Stage
from sidelight.recipe import CameraWhiteBalance, WhiteBalance
from sidelight.recipe.fields import BY_NAME, INDEX

_DEGREE = 8
_NODES = 17
_MIRED, _TINT = BY_NAME["temperature_mired"].scale, BY_NAME["tint"].scale


@dataclass(frozen=True, eq=False)
class GainPolynomials:
    """log2 of the gains of red and blue, in solver units (u, v) of temperature and tint.

    Attributes:
        edges: Where the pieces meet, rising values of u.
        centers, halves: Middle and half width of each piece, shape (P,).
        coefficients: Of each piece in ((u - center) / half, v), shape (P, 2, degree + 1,
            degree + 1), red before blue.
    """

    edges: tuple[float, ...]
    centers: NDArray[np.float64]
    halves: NDArray[np.float64]
    coefficients: NDArray[np.float64]

    def gains(self, u: Array, v: Array) -> list[Array]:
        """Return the gains of red and blue at one setting, array scalars or tensors."""
        piece = bisect(self.edges, u.item())
        local = (u - float(self.centers[piece])) * float(1.0 / self.halves[piece])
        across, down = _powers(v), _powers(local)
        return [2.0 ** (down @ (like(k, down) @ across)) for k in self.coefficients[piece]]


@lru_cache(maxsize=32)
def gain_polynomials(white_balance: WhiteBalance) -> GainPolynomials:
    """Return the gains of a photo's white balance, 1 as shot."""
    edges = _bends(white_balance)
    ends = np.array([-1.0, *edges, 1.0])
    centers, halves = 0.5 * (ends[1:] + ends[:-1]), 0.5 * (ends[1:] - ends[:-1])
    pieces = [
        _fit(white_balance, center, half) for center, half in zip(centers, halves, strict=True)
    ]
    home = bisect(edges, 0.0)
    as_shot = float(-centers[home] / halves[home])
    for channel in pieces[home]:
        channel[0, 0] -= polynomial.polyval2d(as_shot, 0.0, channel)
    return GainPolynomials(edges, centers, halves, np.array(pieces))


def _bends(white_balance: WhiteBalance) -> tuple[float, ...]:
    """Return the temperatures, in solver units, at which a camera's matrix starts to change."""
    if not isinstance(white_balance, CameraWhiteBalance) or len(white_balance.calibrations) != 2:
        return ()
    shot = 1e6 / white_balance.kelvin
    shifts = sorted((1e6 / item.kelvin - shot) / _MIRED for item in white_balance.calibrations)
    return tuple(shift for shift in dict.fromkeys(shifts) if -1.0 < shift < 1.0)


def _fit(white_balance: WhiteBalance, center: float, half: float) -> NDArray[np.float64]:
    """Return coefficients of one piece, (2, degree + 1, degree + 1), from Chebyshev nodes."""
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    s, v = (grid.ravel() for grid in np.meshgrid(nodes, nodes, indexing="ij"))
    u = center + half * s
    base = np.log2(white_balance.multipliers())
    gains = np.stack(
        [
            np.log2(white_balance.multipliers(a * _MIRED, b * _TINT)) - base
            for a, b in zip(u, v, strict=True)
        ]
    )
    design = polynomial.polyvander2d(s, v, [_DEGREE, _DEGREE])
    weight = 1.0 / (1.0 + 30.0 * (u * u + 4.0 * v * v)) ** 2
    solved, *_ = np.linalg.lstsq(
        design * weight[:, None], gains[:, [0, 2]] * weight[:, None], rcond=None
    )
    return solved.T.reshape(2, _DEGREE + 1, _DEGREE + 1)


def white_balance_stage(context: Context, name: str = "temperature") -> Stage:
    """Return the stage that turns as-shot working RGB into the Recipe's white balance."""
    to_camera = np.asarray(context.white_balance.camera_from_working, dtype=np.float64)
    from_camera = np.linalg.inv(to_camera)
    t, k = INDEX["temperature_mired"], INDEX["tint"]

    def apply(rgb: Array, theta: Array) -> Array:
        # As shot nothing changes, and a photo's polynomials take longer than all that follows.
        if isinstance(theta, np.ndarray) and not theta[t] and not theta[k]:
            return rgb
        red, blue = gain_polynomials(context.white_balance).gains(theta[t], theta[k])
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
