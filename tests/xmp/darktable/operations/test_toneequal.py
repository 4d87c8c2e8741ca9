"""toneequal v2: shadows up, highlights down."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

SHADOWS_UP = """
00000000  # noise, -8 EV
00000000  # ultra_deep_blacks
00000000  # deep_blacks
0000003f  # blacks: +0.5 EV
0000803f  # shadows, -4 EV: +1 EV
0000003f  # midtones: +0.5 EV
00000000  # highlights
000000bf  # whites: -0.5 EV
000080bf  # speculars, 0 EV: -1 EV
0000a040  # blending: 5 %
f304b53f  # smoothing: sqrt 2
0000803f  # feathering: 1
00000000  # quantization: off
00000000  # contrast_boost
0000803f  # exposure_boost: +1 EV
04000000  # details: EIGF
04000000  # method: euclidean norm
01000000  # iterations: 1
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "toneequal",
        SHADOWS_UP,
        {
            "noise": 0.0,
            "blacks": 0.5,
            "shadows": 1.0,
            "speculars": -1.0,
            "blending": 5.0,
            "smoothing": 2**0.5,
            "exposure_boost": 1.0,
            "details": "eigf",
            "method": "norm_2",
            "iterations": 1,
        },
    )


@pytest.mark.parametrize("values", [{"shadows": 2.01}, {"iterations": 0}, {"blending": 0.001}])
def test_refuses_what_is_out_of_range(values):
    with pytest.raises(InvalidValueError, match=next(iter(values))):
        encode("toneequal", values)
