"""White balance of one photo: its multipliers, and the matrix a change makes.

A shift is the setting's mired minus the as-shot mired: negative warms the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.recipe.color_temperature import (
    D65_KELVIN,
    kelvin_tint_to_xy,
    limited_tint,
    shifted_kelvin,
    xy_to_kelvin_tint,
)

Matrix = NDArray[np.float64]

WORKING_TO_XYZ: Matrix = np.array(
    [
        [0.6369580483012914, 0.14461690358620832, 0.16888097516417210],
        [0.2627002120112671, 0.67799807151887080, 0.05930171646986196],
        [0.0, 0.02807269304908743, 1.06098505771079100],
    ]
)
"""Linear Rec.2020 to XYZ, both with white D65 (ITU-R BT.2020, table 3)."""

_LEAST_NEUTRAL = 0.02
MAXIMUM_MULTIPLIER = 8.0
"""Largest multiplier darktable's white balance takes."""


class WhiteBalance(Protocol):
    """What emulators and editors need to know about a photo's white balance."""

    def __hash__(self) -> int:
        """Equal values may be remembered by."""
        ...

    @property
    def kelvin(self) -> float:
        """As-shot correlated colour temperature, in kelvin."""
        ...

    @property
    def tint(self) -> float:
        """As-shot tint, in Lightroom's points."""
        ...

    @property
    def camera_from_working(self) -> Matrix:
        """(3, 3) from working RGB to as-shot balanced camera RGB; identity for non-raw files."""
        ...

    def multipliers(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return (3,) camera multipliers, green = 1, for a shift from as-shot."""
        ...

    def matrix(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return the (3, 3) change of working RGB that a shift from as-shot makes."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for `white_balance_from_json`."""
        ...


@dataclass(frozen=True)
class ColorMatrix:
    """XYZ (white at Y = 1) to unbalanced camera RGB under one calibration illuminant.

    Attributes:
        kelvin: Temperature of the illuminant.
        xyz_to_camera: Nine numbers, row by row.
    """

    kelvin: float
    xyz_to_camera: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class CameraWhiteBalance:
    """White balance of sensor data.

    Attributes:
        xyz_to_camera: (3, 3) XYZ to unbalanced camera RGB.
        as_shot: (3,) multipliers the camera chose, green = 1.
        camera_to_working: (3, 3) balanced camera RGB to linear Rec.2020, rows summing to 1.
        calibrations: Two matrices to interpolate in 1/kelvin in place of `xyz_to_camera`
            (DNG specification 1.4, "Mapping camera color space to CIE XYZ space"), or none.
    """

    xyz_to_camera: Matrix
    as_shot: Matrix
    camera_to_working: Matrix
    calibrations: tuple[ColorMatrix, ...] = ()
    kelvin: float = field(init=False)
    tint: float = field(init=False)
    camera_from_working: Matrix = field(init=False, repr=False)
    _reference: tuple[float, float, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        as_shot = np.asarray(self.as_shot, dtype=np.float64).reshape(3)
        if not (np.isfinite(as_shot).all() and (as_shot > 0).all()):
            raise ValueError("white-balance multipliers are positive numbers")
        limit = MAXIMUM_MULTIPLIER * as_shot[1]
        as_shot = np.clip(as_shot, as_shot[1] / MAXIMUM_MULTIPLIER, limit)
        put = object.__setattr__
        put(self, "as_shot", as_shot / as_shot[1])
        put(self, "camera_from_working", np.linalg.inv(self.camera_to_working))
        kelvin, tint = self._as_shot_light()
        put(self, "kelvin", kelvin)
        put(self, "tint", tint)
        put(self, "_reference", self._neutral(kelvin, tint))

    @classmethod
    def from_color_matrix(
        cls,
        xyz_to_camera: ArrayLike,
        as_shot: ArrayLike,
        calibrations: tuple[ColorMatrix, ...] = (),
    ) -> CameraWhiteBalance:
        """Build it from a colour matrix alone.

        The camera's rows are scaled so that its balanced white is Rec.2020's white.
        """
        matrix = np.asarray(xyz_to_camera, dtype=np.float64).reshape(3, 3)
        balanced = matrix @ WORKING_TO_XYZ
        balanced /= balanced.sum(axis=1, keepdims=True)
        shot = np.asarray(as_shot, dtype=np.float64)
        to_working = np.asarray(np.linalg.inv(balanced), dtype=np.float64)
        return cls(matrix, shot, to_working, calibrations)

    def multipliers(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return (3,) camera multipliers, green = 1, for a shift from as-shot.

        Args:
            mired: Setting's mired minus as-shot mired.
            tint: Setting's tint minus as-shot tint, in points.
        """
        neutral = self._neutral(shifted_kelvin(self.kelvin, mired), limited_tint(self.tint + tint))
        reference = self._reference
        green = neutral[1] / reference[1]
        red = float(self.as_shot[0]) * reference[0] / neutral[0] * green
        blue = float(self.as_shot[2]) * reference[2] / neutral[2] * green
        return np.array([_limited_multiplier(red), 1.0, _limited_multiplier(blue)])

    def matrix(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return the (3, 3) change of working RGB that a shift from as-shot makes."""
        gains = self.multipliers(mired, tint) / self.as_shot
        return (self.camera_to_working * gains) @ self.camera_from_working

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for `white_balance_from_json`."""
        return {
            "kind": "camera",
            "xyz_to_camera": np.asarray(self.xyz_to_camera).tolist(),
            "as_shot": self.as_shot.tolist(),
            "camera_to_working": np.asarray(self.camera_to_working).tolist(),
            "calibrations": [
                {"kelvin": float(item.kelvin), "xyz_to_camera": [*map(float, item.xyz_to_camera)]}
                for item in self.calibrations
            ],
        }

    def _as_shot_light(self) -> tuple[float, float]:
        """Return kelvin and tint of the light that the as-shot multipliers make neutral."""
        kelvin, tint = D65_KELVIN, 0.0
        for _ in range(20 if self.calibrations else 1):
            matrix = np.asarray(self._matrix_at(kelvin)).reshape(3, 3)
            x, y, z = np.linalg.solve(matrix, 1.0 / self.as_shot)
            total = x + y + z
            if not (isfinite(total) and total > 0 and y > 0):
                return D65_KELVIN, 0.0
            before = kelvin
            kelvin, tint = xy_to_kelvin_tint(x / total, y / total)
            if abs(1e6 / kelvin - 1e6 / before) < 1e-3:
                break
        return kelvin, tint

    def _matrix_at(self, kelvin: float) -> tuple[float, ...]:
        if len(self.calibrations) != 2:
            return tuple(self.xyz_to_camera.ravel().tolist())
        low, high = sorted(self.calibrations, key=lambda item: item.kelvin)
        span = 1.0 / low.kelvin - 1.0 / high.kelvin
        share = 0.0 if span <= 0 else (1.0 / kelvin - 1.0 / high.kelvin) / span
        share = min(max(share, 0.0), 1.0)
        pairs = zip(low.xyz_to_camera, high.xyz_to_camera, strict=True)
        return tuple(share * a + (1.0 - share) * b for a, b in pairs)

    def _neutral(self, kelvin: float, tint: float) -> tuple[float, float, float]:
        """Return the camera's response to a light, kept above zero, green of order 1."""
        x, y = kelvin_tint_to_xy(kelvin, tint)
        a, c = x / y, (1.0 - x - y) / y
        m = self._matrix_at(kelvin)
        green = max(m[3] * a + m[4] + m[5] * c, _LEAST_NEUTRAL)
        least = _LEAST_NEUTRAL * green
        red = max(m[0] * a + m[1] + m[2] * c, least)
        return red, green, max(m[6] * a + m[7] + m[8] * c, least)


@dataclass(frozen=True)
class RelativeWhiteBalance:
    """White balance of a rendered picture: von Kries gains on working RGB, from D65."""

    kelvin: float = D65_KELVIN
    tint: float = 0.0

    @property
    def camera_from_working(self) -> Matrix:
        """(3, 3) identity: there is no camera space to go back to."""
        return np.eye(3)

    def multipliers(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return (3,) gains of working RGB, green = 1, for a shift from the file's own."""
        red, green, blue = _working_light(0.0, 0.0)
        red_at, green_at, blue_at = _working_light(mired, tint)
        scale = green_at / green
        return np.array(
            [
                _limited_multiplier(red / red_at * scale),
                1.0,
                _limited_multiplier(blue / blue_at * scale),
            ]
        )

    def matrix(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return the (3, 3) diagonal of `multipliers`."""
        return np.diag(self.multipliers(mired, tint))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for `white_balance_from_json`."""
        return {"kind": "relative", "kelvin": float(self.kelvin), "tint": float(self.tint)}


def white_balance_from_json(values: Mapping[str, Any]) -> WhiteBalance:
    """Build a white balance from its `to_json`.

    Raises:
        KeyError, TypeError, ValueError: A value is missing or unusable.
    """
    if values["kind"] == "relative":
        return RelativeWhiteBalance(float(values["kelvin"]), float(values["tint"]))
    if values["kind"] != "camera":
        raise ValueError(f"there is no white balance of kind {values['kind']!r}")
    return CameraWhiteBalance(
        np.asarray(values["xyz_to_camera"], dtype=np.float64).reshape(3, 3),
        np.asarray(values["as_shot"], dtype=np.float64),
        np.asarray(values["camera_to_working"], dtype=np.float64).reshape(3, 3),
        tuple(
            ColorMatrix(float(item["kelvin"]), tuple(map(float, item["xyz_to_camera"])))
            for item in values["calibrations"]
        ),
    )


def _limited_multiplier(value: float) -> float:
    return min(max(value, 1.0 / MAXIMUM_MULTIPLIER), MAXIMUM_MULTIPLIER)


def _working_light(mired: float, tint: float) -> tuple[float, float, float]:
    """Return working RGB of a light shifted from D65, kept above zero."""
    x, y = kelvin_tint_to_xy(shifted_kelvin(_D65[0], mired), _D65[1] + limited_tint(tint))
    a, c = x / y, (1.0 - x - y) / y
    red, green, blue = (row[0] * a + row[1] + row[2] * c for row in _XYZ_TO_WORKING)
    green = max(green, _LEAST_NEUTRAL)
    return max(red, _LEAST_NEUTRAL * green), green, max(blue, _LEAST_NEUTRAL * green)


_XYZ_TO_WORKING: tuple[tuple[float, ...], ...] = tuple(
    tuple(row) for row in np.linalg.inv(WORKING_TO_XYZ).tolist()
)
_D65 = xy_to_kelvin_tint(0.3127, 0.3290)
