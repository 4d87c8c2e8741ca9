"""A Recipe: editor-neutral settings of one photo."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.errors import RecipeError
from sidelight.recipe.curve import ToneCurve
from sidelight.recipe.fields import CURVE_SLICE, FIELDS, SLIDERS, VECTOR_SIZE
from sidelight.recipe.lut import Lut3D

SCHEMA = 1

_PLACES = {"EV": 2, "mired": 1, "points": 0}
"""Decimal places of a slider's step, by its unit."""


@dataclass(frozen=True)
class Hdr:
    """Whether and how far the rendition goes above SDR white.

    Attributes:
        enabled: HDR editing on.
        headroom: Stops above SDR white, 0 to 4.
        sdr_*: Lightroom's sliders for the SDR rendition, -100 to 100. darktable takes
            `sdr_whites`: above 0 it raises the white of the SDR rendition, HDR editing on or off.
    """

    enabled: bool = False
    headroom: float = 2.3
    sdr_brightness: float = 0.0
    sdr_contrast: float = 0.0
    sdr_clarity: float = 0.0
    sdr_highlights: float = 0.0
    sdr_shadows: float = 0.0
    sdr_whites: float = 0.0
    sdr_blend: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.headroom <= 4.0:
            raise RecipeError("headroom is between 0 and 4 stops")
        for item in fields(self)[2:]:
            value = getattr(self, item.name)
            if not (np.isfinite(value) and -100 <= value <= 100):
                raise RecipeError(f"{item.name} is between -100 and 100")


@dataclass(frozen=True)
class Recipe:
    """Settings of one photo for one editor; all zero is that editor's default rendering.

    `temperature_mired` and `tint` are relative to as-shot white balance: the setting's mired
    minus the as-shot mired, so a negative value warms the picture. Ranges are in
    :mod:`sidelight.recipe.fields`. The tone curve is left out by Lightroom in HDR mode.

    Raises:
        RecipeError: A value is not a finite number within its range.
    """

    temperature_mired: float = 0.0
    tint: float = 0.0
    exposure_ev: float = 0.0
    contrast: float = 0.0
    highlights: float = 0.0
    shadows: float = 0.0
    whites: float = 0.0
    blacks: float = 0.0
    vibrance: float = 0.0
    saturation: float = 0.0
    curve: ToneCurve = field(default_factory=ToneCurve)
    lut: Lut3D | None = None
    lut_amount: float = 1.0
    hdr: Hdr = field(default_factory=Hdr)

    def __post_init__(self) -> None:
        for item in FIELDS:
            value = getattr(self, item.name)
            if not (np.isfinite(value) and item.minimum <= value <= item.maximum):
                raise RecipeError(
                    f"{item.name} is {value}; it must lie between {item.minimum:g} "
                    f"and {item.maximum:g} {item.unit}"
                )
        if not 0.0 <= self.lut_amount <= 2.0:
            raise RecipeError("lut_amount is between 0 and 2")

    def to_vector(self) -> NDArray[np.float64]:
        """Return the settings in solver units, shape (VECTOR_SIZE,), sliders then inner knots."""
        sliders = [getattr(self, item.name) / item.scale for item in FIELDS]
        return np.asarray([*sliders, *self.curve.offsets], dtype=np.float64)

    def on_slider_steps(self, finer: Collection[str] = ()) -> Recipe:
        """Return a copy with sliders on the editors' steps: 0.01 EV, 0.1 mired, whole points.

        Args:
            finer: Sliders that are kept to a tenth of their unit.
        """
        values = {
            item.name: round(
                getattr(self, item.name), 1 if item.name in finer else _PLACES[item.unit]
            )
            + 0.0  # never minus zero
            for item in FIELDS
        }
        return replace(self, **values)

    def with_vector(self, vector: ArrayLike) -> Recipe:
        """Return a copy with sliders and curve from solver units, clipped to their ranges."""
        values = np.asarray(vector, dtype=np.float64).reshape(-1)
        if values.shape != (VECTOR_SIZE,) or not np.isfinite(values).all():
            raise RecipeError(f"a settings vector has {VECTOR_SIZE} finite numbers")
        sliders = {
            item.name: float(np.clip(values[i] * item.scale, item.minimum, item.maximum))
            for i, item in enumerate(FIELDS)
        }
        offsets = values[CURVE_SLICE]
        curve = ToneCurve.from_offsets(offsets) if offsets.any() else ToneCurve()
        return replace(self, curve=curve, **sliders)  # type: ignore[arg-type]

    def sliders(self) -> dict[str, float]:
        """Return the slider values by name."""
        return {name: getattr(self, name) for name in SLIDERS}

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; a LUT is named, its table is a file of its own."""
        return {
            "schema": SCHEMA,
            **self.sliders(),
            "curve": list(self.curve.offsets),
            "lut": None if self.lut is None else self.lut.title,
            "lut_amount": self.lut_amount,
            "hdr": asdict(self.hdr),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], lut: Lut3D | None = None) -> Recipe:
        """Build a Recipe from `to_json`.

        Raises:
            RecipeError: Unknown schema, unknown setting, or a value out of range.
        """
        if values.get("schema") != SCHEMA:
            raise RecipeError(f"this recipe's schema is not {SCHEMA}")
        known = {*SLIDERS, "curve", "lut", "lut_amount", "hdr", "schema"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise RecipeError(f"unknown settings: {', '.join(unknown)}")
        offsets = values.get("curve") or ToneCurve().offsets
        try:
            return cls(
                **{name: float(values.get(name, 0.0)) for name in SLIDERS},
                curve=ToneCurve(tuple(float(v) for v in offsets)),
                lut=lut,
                lut_amount=float(values.get("lut_amount", 1.0)),
                hdr=Hdr(**values.get("hdr", {})),
            )
        except (TypeError, ValueError) as error:
            raise RecipeError(f"this recipe cannot be read: {error}") from error
