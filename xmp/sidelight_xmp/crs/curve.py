"""Point curves (`crs:ToneCurvePV2012` and its three channels) ↔ XMP values."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, TypeAlias

from sidelight_xmp.errors import InvalidValueError
from sidelight_xmp.properties import Array, Value

Curve: TypeAlias = tuple[tuple[int, int], ...]
"""At least two points (input, output), both 0 to 255, inputs strictly rising."""

LINEAR: Final[Curve] = ((0, 0), (255, 255))

_POINT = re.compile(r"\s*(\d{1,3})\s*,\s*(\d{1,3})\s*", re.ASCII)


def is_curve(points: Curve) -> bool:
    """Whether the points obey the format: two or more, in range, inputs rising."""
    inputs = [point[0] for point in points]
    return (
        len(points) >= 2
        and all(
            isinstance(number, int) and 0 <= number <= 255 for point in points for number in point
        )
        and all(left < right for left, right in pairwise(inputs))
    )


def value_to_curve(value: Value | None) -> Curve | None:
    """Return the points of an `rdf:Seq` of "x, y"; None for anything that is not a curve."""
    if not isinstance(value, Array):
        return None
    points = []
    for item in value.items:
        match = _POINT.fullmatch(item) if isinstance(item, str) else None
        if match is None:
            return None
        points.append((int(match[1]), int(match[2])))
    curve = tuple(points)
    return curve if is_curve(curve) else None


def curve_to_value(points: Curve) -> Array:
    """Return the points as Lightroom writes them.

    Raises InvalidValueError when the points are not a curve.
    """
    if not is_curve(points):
        raise InvalidValueError(
            "A tone curve needs two or more points from 0 to 255 with rising inputs."
        )
    return Array("Seq", tuple(f"{x}, {y}" for x, y in points))
