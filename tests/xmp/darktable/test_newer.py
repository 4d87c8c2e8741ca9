"""Params as darktable 5.4.1 wrote them back after it had read ours."""

from __future__ import annotations

import struct

import pytest

from sidelight_xmp.darktable import decode, encode
from sidelight_xmp.darktable.newer import as_known

EXPOSURE = encode("exposure", {"exposure": 1.1})
SIGMOID = encode("sigmoid", {"middle_grey_contrast": 1.6})
TEMPERATURE = encode("temperature", {"red": 2.0, "blue": 1.5})


@pytest.mark.parametrize(
    ("operation", "modversion", "newer", "expected"),
    [
        ("exposure", 7, EXPOSURE + bytes(4), (6, EXPOSURE)),
        ("sigmoid", 3, SIGMOID + bytes(32), (1, SIGMOID)),
        ("temperature", 4, TEMPERATURE + struct.pack("<i", -1), (3, TEMPERATURE)),
        ("temperature", 4, TEMPERATURE + struct.pack("<i", 2), (3, TEMPERATURE)),
    ],
)
def test_right_after_the_upgrade_they_are_the_old_ones(operation, modversion, newer, expected):
    assert as_known(operation, modversion, newer) == expected
    assert isinstance(decode(operation, *expected), dict)


@pytest.mark.parametrize(
    ("operation", "modversion", "params"),
    [
        ("exposure", 6, EXPOSURE),
        ("exposure", 7, EXPOSURE + struct.pack("<i", 1)),
        ("exposure", 7, EXPOSURE),
        ("exposure", 8, EXPOSURE + bytes(4)),
        ("sigmoid", 3, SIGMOID + struct.pack("<f", 0.1).ljust(32, b"\0")),
        ("sigmoid", 3, SIGMOID + bytes(36)),
        ("temperature", 4, TEMPERATURE + struct.pack("<i", 4)),
        ("crop", 3, bytes(24)),
        ("exposure", 7, b""),
    ],
)
def test_what_says_more_or_is_not_known_stays(operation, modversion, params):
    assert as_known(operation, modversion, params) == (modversion, params)
