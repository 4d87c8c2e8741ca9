"""lut3d v3: a file below the LUT folder, in sRGB."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

EXAMPLE = f"""
{b"sub/half.cube".hex()}{"00" * 499}  # filepath
00000000                              # colorspace: sRGB
00000000                              # interpolation: tetrahedral
00000000                              # nb_keypoints
{"00" * 12288}
{"00" * 128}
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "lut3d",
        EXAMPLE,
        {
            "filepath": "sub/half.cube",
            "colorspace": "srgb",
            "interpolation": "tetrahedral",
            "nb_keypoints": 0,
            "c_clut": bytes(12288),
            "lutname": "",
        },
    )


def test_path_is_utf8_and_ends_with_nul():
    assert encode("lut3d", {"filepath": "Grün.cube"}).startswith("Grün.cube".encode() + b"\0")
    assert encode("lut3d", {"filepath": "a" * 511})[510:512] == b"a\0"
    with pytest.raises(InvalidValueError, match="filepath must be shorter than 512 bytes"):
        encode("lut3d", {"filepath": "a" * 512})
