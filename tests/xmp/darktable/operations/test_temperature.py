"""temperature v3: multipliers of the raw channels."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

CHART = """
00000040  # red: 2
0000803f  # green: 1
4fecc43f  # blue: 1 / 0.65
0000c07f  # g2: NaN, an RGB sensor
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "temperature",
        CHART,
        {"red": 2.0, "green": 1.0, "blue": 1 / 0.65, "g2": float("nan")},
    )


def test_only_the_fourth_channel_may_be_nan():
    with pytest.raises(InvalidValueError, match="blue"):
        encode("temperature", {"blue": float("nan")})
    assert encode("temperature", {"g2": 1.0})[12:] == bytes.fromhex("0000803f")
