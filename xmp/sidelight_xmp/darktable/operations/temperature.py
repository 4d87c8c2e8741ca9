"""temperature, version 3: multipliers of the raw channels, green normally 1.

Source: darktable 4.2.1's introspection tables. darktable's own default is the photo's as-shot
white balance, so red and blue must be given: here they are 1.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "temperature",
    3,
    """
    red   float [0..8] = 1
    green float [0..8] = 1
    blue  float [0..8] = 1
    g2    float [0..8] = nan   # fourth colour of some sensors; NaN for RGB
    """,
)
