"""The sliders of a Recipe: names, ranges and the scale on which a solver moves them.

Sliders are in Lightroom's basic-panel terms. Zero is always the editor's default rendering.
"""

from __future__ import annotations

from dataclasses import dataclass

CURVE_KNOTS = 16
"""Knots of the tone curve, uniform on the sRGB-encoded axis, ends included."""


@dataclass(frozen=True)
class Field:
    """One slider.

    Attributes:
        name: Attribute name in :class:`sidelight.recipe.Recipe`.
        label: What a photographer calls it.
        minimum, maximum: Legal range, in `unit`.
        scale: Amount that counts as one unit of solver space.
        unit: `"EV"`, `"mired"` or `"points"`.
    """

    name: str
    label: str
    minimum: float
    maximum: float
    scale: float
    unit: str


FIELDS: tuple[Field, ...] = (
    Field("temperature_mired", "Temperature", -150.0, 150.0, 150.0, "mired"),
    Field("tint", "Tint", -150.0, 150.0, 150.0, "points"),
    Field("exposure_ev", "Exposure", -5.0, 5.0, 5.0, "EV"),
    Field("contrast", "Contrast", -100.0, 100.0, 100.0, "points"),
    Field("highlights", "Highlights", -100.0, 100.0, 100.0, "points"),
    Field("shadows", "Shadows", -100.0, 100.0, 100.0, "points"),
    Field("whites", "Whites", -100.0, 100.0, 100.0, "points"),
    Field("blacks", "Blacks", -100.0, 100.0, 100.0, "points"),
    Field("vibrance", "Vibrance", -100.0, 100.0, 100.0, "points"),
    Field("saturation", "Saturation", -100.0, 100.0, 100.0, "points"),
)

SLIDERS: tuple[str, ...] = tuple(field.name for field in FIELDS)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
INDEX: dict[str, int] = {name: index for index, name in enumerate(SLIDERS)}
"""Position of each slider in a settings vector; the curve's inner knots follow."""

CURVE_SLICE = slice(len(SLIDERS), len(SLIDERS) + CURVE_KNOTS - 2)
"""Where the offsets of the inner knots sit in a settings vector."""

VECTOR_SIZE = CURVE_SLICE.stop
