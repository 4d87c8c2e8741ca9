"""lut3d, version 3: a 3D LUT read at render time from below the user's LUT folder.

The input is clamped to 0..1 in the chosen colour space. `filepath` is relative to the LUT
folder, with `/`. Source: darktable 4.2.1's introspection tables.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "lut3d",
    3,
    """
    filepath      char(512)
    colorspace    enum(srgb adobe_rgb gamma_rec709 linear_rec709 linear_rec2020)
    interpolation enum(tetrahedral trilinear pyramid)
    nb_keypoints  int                        # 0: the LUT is a file
    c_clut        bytes(12288)               # compressed LUT of builds with G'MIC
    lutname       char(128)
    """,
)
