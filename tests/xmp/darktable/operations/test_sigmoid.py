"""sigmoid v1: an HDR target of 400 %."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

WHITE_400 = """
0000c03f  # middle_grey_contrast: 1.5
00000000  # contrast_skewness: 0
0000c843  # display_white_target: 400 %
6c09793c  # display_black_target: 0.0152 %
00000000  # color_processing: per channel
0000c842  # hue_preservation: 100 %
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "sigmoid",
        WHITE_400,
        {
            "middle_grey_contrast": 1.5,
            "contrast_skewness": 0.0,
            "display_white_target": 400.0,
            "display_black_target": 0.0152,
            "color_processing": "per_channel",
            "hue_preservation": 100.0,
        },
    )


def test_bounds_are_taken_at_float32():
    assert encode("sigmoid", {"middle_grey_contrast": 0.1})[:4] == bytes.fromhex("cdcccc3d")
    with pytest.raises(InvalidValueError, match=r"0\.1\.\.10"):
        encode("sigmoid", {"middle_grey_contrast": 0.0999})
