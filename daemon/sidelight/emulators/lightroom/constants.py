"""The constants of Lightroom's emulator, as one value.

The defaults are a generic layer, not Lightroom's own numbers, which are not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from typing import Any

from sidelight.errors import RecipeError

GROUPS = (
    "exposure_ev", "contrast", "highlights", "shadows", "whites", "blacks", "vibrance",
    "saturation", "hdr",
)  # fmt: skip
"""What constants belong to: a slider of a Recipe, or HDR mode."""


def _constant(default: float, low: float, high: float, group: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "group": group})


@dataclass(frozen=True)
class LightroomConstants:
    """Numbers of the emulator; the sliders are meant at their full amount.

    Attributes:
        exposure_offset_ev: Exposure that Adobe's profile of a camera adds unasked.
        contrast_slope: EV that Contrast adds for each EV from mid-grey.
        highlights_ev, shadows_ev, whites_ev, blacks_ev: EV a slider adds where it acts in full.
        *_steepness: How fast it fades, per EV.
        *_pivot_ev: EV from mid-grey at which it acts by half.
        vibrance_scale: Growth of the chroma of greys.
        vibrance_falloff: How fast that fades with relative chroma.
        saturation_scale: Growth of chroma.
        hdr_knee: Output of the default curve at which HDR mode leaves it.
        hdr_gain_ev: How much brighter HDR mode is throughout.
        hdr_slope: Slope above the knee, log light in to log light out.
        hdr_roll_ev: Stops below the limit at which the roll-off begins.

    Raises:
        RecipeError: A constant is not a number within its bounds.
    """

    exposure_offset_ev: float = _constant(0.0, -2.0, 2.0, "exposure_ev")
    contrast_slope: float = _constant(0.5, 0.05, 0.95, "contrast")
    highlights_ev: float = _constant(1.5, 0.1, 4.0, "highlights")
    highlights_steepness: float = _constant(1.5, 0.4, 5.0, "highlights")
    highlights_pivot_ev: float = _constant(0.6, -1.5, 2.5, "highlights")
    shadows_ev: float = _constant(1.5, 0.1, 4.0, "shadows")
    shadows_steepness: float = _constant(1.5, 0.4, 5.0, "shadows")
    shadows_pivot_ev: float = _constant(-1.0, -4.0, 1.0, "shadows")
    whites_ev: float = _constant(1.2, 0.1, 4.0, "whites")
    whites_steepness: float = _constant(2.0, 0.4, 6.0, "whites")
    whites_pivot_ev: float = _constant(1.8, -0.5, 4.0, "whites")
    blacks_ev: float = _constant(1.2, 0.1, 4.0, "blacks")
    blacks_steepness: float = _constant(2.0, 0.4, 6.0, "blacks")
    blacks_pivot_ev: float = _constant(-3.0, -6.0, -0.5, "blacks")
    vibrance_scale: float = _constant(1.0, 0.1, 3.0, "vibrance")
    vibrance_falloff: float = _constant(2.0, 0.0, 8.0, "vibrance")
    saturation_scale: float = _constant(1.0, 0.1, 2.0, "saturation")
    hdr_knee: float = _constant(0.5, 0.02, 0.8, "hdr")
    hdr_gain_ev: float = _constant(0.0, -1.0, 1.0, "hdr")
    hdr_slope: float = _constant(1.0, 0.5, 3.0, "hdr")
    hdr_roll_ev: float = _constant(0.5, 0.1, 2.0, "hdr")

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            low, high = item.metadata["low"], item.metadata["high"]
            if not (isinstance(value, int | float) and isfinite(value) and low <= value <= high):
                raise RecipeError(f"{item.name} is not a number between {low:g} and {high:g}")

    def to_json(self) -> dict[str, float]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LightroomConstants:
        """Build constants from `to_json`; absent ones are the defaults.

        Raises:
            RecipeError: An unknown constant, or a value outside its bounds.
        """
        unknown = sorted(set(values) - {item.name for item in fields(cls)})
        if unknown:
            raise RecipeError(f"unknown constants: {', '.join(unknown)}")
        return cls(**values)


DEFAULTS = LightroomConstants()


def names_of(groups: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the constants of some groups, in their order."""
    return tuple(
        item.name for item in fields(LightroomConstants) if item.metadata["group"] in groups
    )


def bounds_of(name: str) -> tuple[float, float]:
    """Return the lowest and highest value of a constant."""
    (found,) = (item for item in fields(LightroomConstants) if item.name == name)
    return found.metadata["low"], found.metadata["high"]
