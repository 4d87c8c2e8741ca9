"""channelmixerrgb (color calibration), version 3: chromatic adaptation and a 3x3 matrix.

Source: darktable 4.2.1's introspection tables. The defaults are the identity matrix without
adaptation; darktable's own (illuminant daylight, CAT16) depend on the photo.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "channelmixerrgb",
    3,
    """
    red             float[4] [-2..2] = 1 0 0 0    # row of the output's red; the fourth is unused
    green           float[4] [-2..2] = 0 1 0 0
    blue            float[4] [-2..2] = 0 0 1 0
    saturation      float[4] [-2..2]
    lightness       float[4] [-2..2]
    grey            float[4] [-2..2]
    normalize_R     bool
    normalize_G     bool
    normalize_B     bool
    normalize_sat   bool
    normalize_light bool
    normalize_grey  bool
    illuminant      enum(pipe a d e f led planckian custom surfaces edges camera)
    illum_fluo      int [0..11] = 2
    illum_led       int [0..8] = 4
    adaptation      enum(linear_bradford cat16 bradford xyz rgb) = rgb
    x               float = 0.333
    y               float = 0.333
    temperature     float [1667..25000] = 5003    # kelvin
    gamut           float [0..12] = 1
    clip            bool = 1
    version         enum(v1 v2 v3) = v3           # of the saturation formula
    """,
)
