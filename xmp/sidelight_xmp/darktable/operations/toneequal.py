"""toneequal (tone equalizer), version 2: gains in EV for nine bands of luminance.

The nine gains belong to -8, -7 ... 0 EV of the mask. Source: darktable 4.2.1's introspection
tables; the defaults of `details` and `method` are the module's own (EIGF, euclidean norm).
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "toneequal",
    2,
    """
    noise             float [-2..2]             # -8 EV
    ultra_deep_blacks float [-2..2]
    deep_blacks       float [-2..2]
    blacks            float [-2..2]
    shadows           float [-2..2]             # -4 EV
    midtones          float [-2..2]
    highlights        float [-2..2]
    whites            float [-2..2]
    speculars         float [-2..2]             # 0 EV
    blending          float [0.01..100] = 5     # diameter, % of the long side
    smoothing         float = 1.414213562       # sigma of the gaussians, EV
    feathering        float [0.01..10000] = 1
    quantization      float [0..2]              # EV
    contrast_boost    float [-16..16]           # EV
    exposure_boost    float [-16..16]           # EV
    details           enum(none averaged_guided guided averaged_eigf eigf) = eigf
    method            enum(mean lightness value norm_1 norm_2 norm_power geomean) = norm_2
    iterations        int [1..20] = 1
    """,
)
