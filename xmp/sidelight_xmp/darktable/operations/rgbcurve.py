"""rgbcurve, version 1: curves on linear Rec.2020, up to 20 nodes (x, y) each.

`nodes_*` hold unused nodes as zeros; `node_count` says how many count. `types`: 0 cubic
spline, 1 Catmull-Rom, 2 monotone Hermite. Linked curves use the red one for all channels.
Source: darktable 4.2.1's introspection tables; the default is the identity.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "rgbcurve",
    1,
    """
    nodes_r                float[20][2] [0..1] = 0 0 1 1
    nodes_g                float[20][2] [0..1] = 0 0 1 1
    nodes_b                float[20][2] [0..1] = 0 0 1 1
    node_count             int[3] [2..20] = 2
    types                  int[3] [0..2] = 2
    autoscale              enum(linked independent)
    compensate_middle_grey bool
    preserve_colors        enum(none luminance max average sum norm power) = luminance
    """,
)
