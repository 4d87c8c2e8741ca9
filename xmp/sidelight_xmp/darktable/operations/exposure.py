"""exposure, version 6: brightness of the scene-referred picture, in EV.

out = (in - black) / (2^-exposure - black). Source: darktable 4.2.1's introspection tables.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "exposure",
    6,
    """
    mode                     enum(manual deflicker)
    black                    float [-1..1]
    exposure                 float [-18..18]           # EV
    deflicker_percentile     float [0..100] = 50
    deflicker_target_level   float [-18..18] = -4      # EV
    compensate_exposure_bias bool                      # subtracts the camera's own bias
    """,
)
