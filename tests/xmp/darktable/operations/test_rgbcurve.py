"""rgbcurve v1: nodes (0, 0), (0.18, 0.30), (1, 1), linked."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

IDENTITY = "00000000 00000000 0000803f 0000803f" + "00" * 144
EXAMPLE = f"""
00000000 00000000          # red: (0, 0)
ec51383e 9a99993e          # (0.18, 0.30)
0000803f 0000803f          # (1, 1)
{"00" * 136}
{IDENTITY}
{IDENTITY}
03000000 02000000 02000000 # node_count
02000000 02000000 02000000 # types: monotone Hermite
00000000                   # autoscale: linked
00000000                   # compensate_middle_grey: no
00000000                   # preserve_colors: none
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "rgbcurve",
        EXAMPLE,
        {
            "node_count": (3, 2, 2),
            "types": (2, 2, 2),
            "autoscale": "linked",
            "compensate_middle_grey": False,
            "preserve_colors": "none",
        },
    )


def test_curve_that_is_given_with_its_nodes_alone():
    nodes = [(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)] + [(0.0, 0.0)] * 17
    data = encode("rgbcurve", {"nodes_r": nodes, "node_count": (3, 2, 2)})
    assert data[:24].hex() == "00000000000000000000803e0000003f0000803f0000803f"
    assert data[160:176].hex() == "00000000000000000000803f0000803f"


@pytest.mark.parametrize(
    "values",
    [{"node_count": (1, 2, 2)}, {"nodes_r": [(0.0, 0.0)]}, {"nodes_g": [(0.0, 1.5)] * 20}],
)
def test_refuses_an_impossible_curve(values):
    with pytest.raises(InvalidValueError, match=next(iter(values))):
        encode("rgbcurve", values)
