"""White balance of one photo: kelvin and tint, multipliers, and the matrix a change makes.

Kelvin is the temperature of the nearest Planckian radiator in CIE 1960 u, v (ANSI C78.377), tint
is 3000 times the signed distance from it (Duv), which gives daylight about +10. A shift is the
setting's mired minus the as-shot mired: negative warms the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot, isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]

MINIMUM_KELVIN = 2000.0
MAXIMUM_KELVIN = 50000.0
TINT_PER_DUV = 3000.0
MAXIMUM_TINT = 300.0

WORKING_TO_XYZ: Matrix = np.array(
    [
        [0.6369580483012914, 0.14461690358620832, 0.16888097516417210],
        [0.2627002120112671, 0.67799807151887080, 0.05930171646986196],
        [0.0, 0.02807269304908743, 1.06098505771079100],
    ]
)
"""Linear Rec.2020 to XYZ, both with white D65 (ITU-R BT.2020, table 3)."""

D65_KELVIN = 6504.0
"""Kelvin reported for a picture whose light source is unknown."""

_STEP = 10.0
_PLANCKIAN = (
    (0.1800644, 0.2635212),
    (0.1806553, 0.2658948),
    (0.1813252, 0.2684553),
    (0.1820819, 0.2711877),
    (0.1829328, 0.2740731),
    (0.1838846, 0.2770892),
    (0.1849431, 0.2802118),
    (0.1861131, 0.2834157),
    (0.1873978, 0.2866753),
    (0.1887994, 0.2899659),
    (0.1903185, 0.2932642),
    (0.1919547, 0.2965488),
    (0.1937061, 0.2998007),
    (0.1955702, 0.3030032),
    (0.1975435, 0.3061419),
    (0.1996220, 0.3092051),
    (0.2018011, 0.3121830),
    (0.2040759, 0.3150680),
    (0.2064414, 0.3178543),
    (0.2088923, 0.3205376),
    (0.2114236, 0.3231150),
    (0.2140301, 0.3255849),
    (0.2167067, 0.3279465),
    (0.2194486, 0.3302000),
    (0.2222510, 0.3323462),
    (0.2251094, 0.3343866),
    (0.2280194, 0.3363229),
    (0.2309769, 0.3381573),
    (0.2339779, 0.3398925),
    (0.2370185, 0.3415310),
    (0.2400952, 0.3430760),
    (0.2432046, 0.3445303),
    (0.2463434, 0.3458972),
    (0.2495085, 0.3471799),
    (0.2526970, 0.3483814),
    (0.2559061, 0.3495052),
    (0.2591333, 0.3505543),
    (0.2623761, 0.3515320),
    (0.2656321, 0.3524413),
    (0.2688991, 0.3532854),
    (0.2721750, 0.3540672),
    (0.2754579, 0.3547898),
    (0.2787460, 0.3554559),
    (0.2820374, 0.3560682),
    (0.2853306, 0.3566296),
    (0.2886240, 0.3571426),
    (0.2919161, 0.3576097),
    (0.2952056, 0.3580332),
    (0.2984912, 0.3584156),
    (0.3017716, 0.3587590),
    (0.3050458, 0.3590656),
    (0.3083126, 0.3593374),
    (0.3115711, 0.3595764),
    (0.3148202, 0.3597844),
    (0.3180592, 0.3599632),
    (0.3212872, 0.3601146),
    (0.3245034, 0.3602401),
    (0.3277070, 0.3603413),
    (0.3308974, 0.3604196),
    (0.3340740, 0.3604765),
    (0.3372360, 0.3605132),
)
"""CIE 1960 (u, v) of the Planckian radiator every 10 mired from 0 to 600.

Planck's law with c2 = 1.438776877e-2 m K, summed against the CIE 1931 2° observer at 1 nm.
"""

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
        neutral = self._neutral(_shifted(self.kelvin, mired), _limited_tint(self.tint + tint))
        reference = self._reference
        green = neutral[1] / reference[1]
        red = float(self.as_shot[0]) * reference[0] / neutral[0] * green
        blue = float(self.as_shot[2]) * reference[2] / neutral[2] * green
        return np.array([_limited_multiplier(red), 1.0, _limited_multiplier(blue)])

    def matrix(self, mired: float = 0.0, tint: float = 0.0) -> Matrix:
        """Return the (3, 3) change of working RGB that a shift from as-shot makes."""
        gains = self.multipliers(mired, tint) / self.as_shot
        return (self.camera_to_working * gains) @ self.camera_from_working

    def multipliers_at(self, kelvin: float, tint: float) -> Matrix:
        """Return (3,) multipliers, green = 1, that make light of `kelvin` and `tint` neutral."""
        red, green, blue = self._neutral(_limited_kelvin(kelvin), _limited_tint(tint))
        return np.array([_limited_multiplier(green / red), 1.0, _limited_multiplier(green / blue)])

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


def kelvin_tint_to_xy(kelvin: float, tint: float = 0.0) -> tuple[float, float]:
    """Return CIE 1931 (x, y) of a light.

    Args:
        kelvin: Correlated colour temperature, clamped to 2000..50000.
        tint: 3000 Duv in points, clamped to ±300; positive lies above the Planckian locus.
    """
    u, v, du, dv = _locus(1e6 / _limited_kelvin(kelvin))
    # (du, dv) points towards higher mired; its left normal points away from green.
    length = hypot(du, dv)
    duv = _limited_tint(tint) / TINT_PER_DUV
    return _uv_to_xy(u - duv * dv / length, v + duv * du / length)


def xy_to_kelvin_tint(x: float, y: float) -> tuple[float, float]:
    """Return kelvin (2000..50000) and tint (±300) of CIE 1931 (x, y).

    The foot of the normal to the Planckian locus in CIE 1960 u, v, found by bisection.
    """
    scale = -2.0 * x + 12.0 * y + 3.0
    if not (isfinite(x) and isfinite(y)) or scale <= 0:
        return D65_KELVIN, 0.0
    u, v = 4.0 * x / scale, 6.0 * y / scale
    low, high = 1e6 / MAXIMUM_KELVIN, 1e6 / MINIMUM_KELVIN
    for _ in range(30):
        mired = 0.5 * (low + high)
        at_u, at_v, du, dv = _locus(mired)
        if (u - at_u) * du + (v - at_v) * dv > 0:
            low = mired
        else:
            high = mired
    at_u, at_v, du, dv = _locus(0.5 * (low + high))
    duv = (-(u - at_u) * dv + (v - at_v) * du) / hypot(du, dv)
    return 1e6 / (0.5 * (low + high)), _limited_tint(duv * TINT_PER_DUV)


def _limited_kelvin(kelvin: float) -> float:
    if not isfinite(kelvin):
        return D65_KELVIN
    return min(max(float(kelvin), MINIMUM_KELVIN), MAXIMUM_KELVIN)


def _limited_tint(tint: float) -> float:
    return min(max(float(tint), -MAXIMUM_TINT), MAXIMUM_TINT) if isfinite(tint) else 0.0


def _limited_multiplier(value: float) -> float:
    return min(max(value, 1.0 / MAXIMUM_MULTIPLIER), MAXIMUM_MULTIPLIER)


def _shifted(kelvin: float, mired: float) -> float:
    shifted = 1e6 / kelvin + (float(mired) if isfinite(mired) else 0.0)
    return _limited_kelvin(1e6 / max(shifted, 1.0))


def _locus(mired: float) -> tuple[float, float, float, float]:
    """Return u, v and their derivatives along the locus, cubic through the table."""
    index = min(max(int(mired / _STEP), 1), len(_PLANCKIAN) - 3)
    t = mired / _STEP - index
    (u0, v0), (u1, v1), (u2, v2), (u3, v3) = _PLANCKIAN[index - 1 : index + 3]
    return (
        _cubic(u0, u1, u2, u3, t),
        _cubic(v0, v1, v2, v3, t),
        _cubic_slope(u0, u1, u2, u3, t),
        _cubic_slope(v0, v1, v2, v3, t),
    )


def _cubic(a: float, b: float, c: float, d: float, t: float) -> float:
    """Catmull and Rom's cubic between b and c, neighbours a and d; its slope is continuous."""
    square, cube = a - 2.5 * b + 2.0 * c - 0.5 * d, 0.5 * (d - a) + 1.5 * (b - c)
    return b + t * (0.5 * (c - a) + t * (square + t * cube))


def _cubic_slope(a: float, b: float, c: float, d: float, t: float) -> float:
    square, cube = a - 2.5 * b + 2.0 * c - 0.5 * d, 0.5 * (d - a) + 1.5 * (b - c)
    return 0.5 * (c - a) + t * (2.0 * square + t * 3.0 * cube)


def _uv_to_xy(u: float, v: float) -> tuple[float, float]:
    scale = 2.0 * u - 8.0 * v + 4.0
    return 3.0 * u / scale, 2.0 * v / scale


def _working_light(mired: float, tint: float) -> tuple[float, float, float]:
    """Return working RGB of a light shifted from D65, kept above zero."""
    x, y = kelvin_tint_to_xy(_shifted(_D65[0], mired), _D65[1] + _limited_tint(tint))
    a, c = x / y, (1.0 - x - y) / y
    red, green, blue = (row[0] * a + row[1] + row[2] * c for row in _XYZ_TO_WORKING)
    green = max(green, _LEAST_NEUTRAL)
    return max(red, _LEAST_NEUTRAL * green), green, max(blue, _LEAST_NEUTRAL * green)


_XYZ_TO_WORKING: tuple[tuple[float, ...], ...] = tuple(
    tuple(row) for row in np.linalg.inv(WORKING_TO_XYZ).tolist()
)
_D65 = xy_to_kelvin_tint(0.3127, 0.3290)
