"""sigmoid, version 1: the tone mapper; targets in percent of SDR white.

Source: darktable 4.2.1's introspection tables.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "sigmoid",
    1,
    """
    middle_grey_contrast float [0.1..10] = 1.5
    contrast_skewness    float [-1..1]
    display_white_target float [20..1600] = 100    # %
    display_black_target float [0..15] = 0.0152    # %
    color_processing     enum(per_channel rgb_ratio)
    hue_preservation     float [0..100] = 100      # %
    """,
)
