"""colorbalancergb (color balance rgb), version 5: grading, chroma, saturation, contrast.

Y, C and H are luminance, chroma and hue (degrees) of a colour; the suffixes name the range of
tones. Source: darktable 4.2.1's introspection tables.
"""

from __future__ import annotations

from typing import Final

from sidelight_xmp.darktable.params import Layout

LAYOUT: Final = Layout.from_text(
    "colorbalancergb",
    5,
    """
    shadows_Y             float [-1..1]
    shadows_C             float [0..1]
    shadows_H             float [0..360]
    midtones_Y            float [-1..1]
    midtones_C            float [0..1]
    midtones_H            float [0..360]
    highlights_Y          float [-1..1]
    highlights_C          float [0..1]
    highlights_H          float [0..360]
    global_Y              float [-1..1]
    global_C              float [0..1]
    global_H              float [0..360]
    shadows_weight        float [0..3] = 1
    white_fulcrum         float [-16..16]           # EV
    highlights_weight     float [0..3] = 1
    chroma_shadows        float [-1..1]
    chroma_highlights     float [-1..1]
    chroma_global         float [-1..1]
    chroma_midtones       float [-1..1]
    saturation_global     float [-1..1]
    saturation_highlights float [-1..1]
    saturation_midtones   float [-1..1]
    saturation_shadows    float [-1..1]
    hue_angle             float [-180..180]
    brilliance_global     float [-1..1]
    brilliance_highlights float [-1..1]
    brilliance_midtones   float [-1..1]
    brilliance_shadows    float [-1..1]
    mask_grey_fulcrum     float [0..1] = 0.1845
    vibrance              float [-1..1]
    grey_fulcrum          float [0..1] = 0.1845
    contrast              float [-1..1]
    saturation_formula    enum(jzazbz darktable_ucs) = darktable_ucs
    """,
)
