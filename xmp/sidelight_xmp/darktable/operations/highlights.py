"""highlights, version 4: what happens where the sensor clipped.

Source: darktable 4.2.1's introspection tables; the default mode is the one its own module
writes into a new photo.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "highlights",
    4,
    """
    mode        enum(clip lch inpaint laplacian segments opposed) = opposed
    blendL      float = 1
    blendC      float
    strength    float [0..1]
    clip        float [0..2] = 1             # threshold relative to sensor clipping
    noise_level float [0..0.5]
    iterations  int [1..64] = 1
    scales      int [0..9] = 5
    candidating float [0..1] = 0.4
    combine     float [0..8] = 2
    recovery    int [0..6]
    solid_color float [0..1]
    """,
)
