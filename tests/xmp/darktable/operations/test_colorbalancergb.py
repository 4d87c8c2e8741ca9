"""colorbalancergb v5: saturation +0.1, vibrance +0.3, contrast +0.1."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

EXAMPLE = """
00000000 00000000 00000000           # shadows Y, C, H
00000000 00000000 00000000           # midtones Y, C, H
00000000 00000000 00000000           # highlights Y, C, H
00000000 00000000 00000000           # global Y, C, H
0000803f                             # shadows_weight: 1
00000000                             # white_fulcrum: 0 EV
0000803f                             # highlights_weight: 1
00000000 00000000 00000000 00000000  # chroma shadows, highlights, global, midtones
cdcccc3d                             # saturation_global: 0.1
00000000 00000000 00000000           # saturation highlights, midtones, shadows
00000000                             # hue_angle
00000000 00000000 00000000 00000000  # brilliance global, highlights, midtones, shadows
91ed3c3e                             # mask_grey_fulcrum: 0.1845
9a99993e                             # vibrance: 0.3
91ed3c3e                             # grey_fulcrum
cdcccc3d                             # contrast: 0.1
01000000                             # saturation_formula: darktable UCS
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "colorbalancergb",
        EXAMPLE,
        {
            "shadows_weight": 1.0,
            "highlights_weight": 1.0,
            "saturation_global": 0.1,
            "saturation_shadows": 0.0,
            "mask_grey_fulcrum": 0.1845,
            "vibrance": 0.3,
            "contrast": 0.1,
            "saturation_formula": "darktable_ucs",
        },
    )


def test_refuses_a_misspelt_field():
    with pytest.raises(InvalidValueError, match="no field saturation"):
        encode("colorbalancergb", {"saturation": 0.1})
