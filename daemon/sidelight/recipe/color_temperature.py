"""Kelvin and tint of a light, and its chromaticity.

Kelvin is the temperature of the nearest Planckian radiator in CIE 1960 u, v (ANSI C78.377), tint
is 3000 times the signed distance from it (Duv), which gives daylight about +10.
"""

from __future__ import annotations

from math import hypot, isfinite

MINIMUM_KELVIN = 2000.0
MAXIMUM_KELVIN = 50000.0
TINT_PER_DUV = 3000.0
MAXIMUM_TINT = 300.0

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


def kelvin_tint_to_xy(kelvin: float, tint: float = 0.0) -> tuple[float, float]:
    """Return CIE 1931 (x, y) of a light.

    Args:
        kelvin: Correlated colour temperature, clamped to 2000..50000.
        tint: 3000 Duv in points, clamped to ±300; positive lies above the Planckian locus.
    """
    u, v, du, dv = _locus(1e6 / limited_kelvin(kelvin))
    # (du, dv) points towards higher mired; its left normal points away from green.
    length = hypot(du, dv)
    duv = limited_tint(tint) / TINT_PER_DUV
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
    return 1e6 / (0.5 * (low + high)), limited_tint(duv * TINT_PER_DUV)


def limited_kelvin(kelvin: float) -> float:
    """Return kelvin within 2000..50000; that of D65 for no number."""
    if not isfinite(kelvin):
        return D65_KELVIN
    return min(max(float(kelvin), MINIMUM_KELVIN), MAXIMUM_KELVIN)


def limited_tint(tint: float) -> float:
    """Return tint within ±300; 0 for no number."""
    return min(max(float(tint), -MAXIMUM_TINT), MAXIMUM_TINT) if isfinite(tint) else 0.0


def shifted_kelvin(kelvin: float, mired: float) -> float:
    """Return kelvin (2000..50000) of a light `mired` away; more mired is lower kelvin."""
    shifted = 1e6 / kelvin + (float(mired) if isfinite(mired) else 0.0)
    return limited_kelvin(1e6 / max(shifted, 1.0))


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
