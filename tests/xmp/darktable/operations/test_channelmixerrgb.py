"""channelmixerrgb v3: a diagonal matrix without adaptation."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

DIAGONAL = """
cdcc8c3f 00000000 00000000 00000000  # red: 1.1 0 0, unused
00000000 0000803f 00000000 00000000  # green: 0 1 0
00000000 00000000 6666663f 00000000  # blue: 0 0 0.9
00000000 00000000 00000000 00000000  # saturation
00000000 00000000 00000000 00000000  # lightness
00000000 00000000 00000000 00000000  # grey
00000000 00000000 00000000           # normalize_R, G, B
00000000 00000000 00000000           # normalize_sat, light, grey
00000000                             # illuminant: same as the pipe
02000000                             # illum_fluo
04000000                             # illum_led
04000000                             # adaptation: none (RGB)
fa7eaa3e fa7eaa3e                    # x, y: 0.333
00589c45                             # temperature: 5003 K
0000803f                             # gamut: 1
01000000                             # clip: yes
02000000                             # version: 3rd
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "channelmixerrgb",
        DIAGONAL,
        {
            "green": (0.0, 1.0, 0.0, 0.0),
            "normalize_R": False,
            "illuminant": "pipe",
            "illum_fluo": 2,
            "illum_led": 4,
            "adaptation": "rgb",
            "temperature": 5003.0,
            "gamut": 1.0,
            "clip": True,
            "version": "v3",
        },
    )


def test_refuses_a_row_of_three():
    with pytest.raises(InvalidValueError, match=r"red cannot hold .* must have 4 values, not 3"):
        encode("channelmixerrgb", {"red": (1, 0, 0)})
