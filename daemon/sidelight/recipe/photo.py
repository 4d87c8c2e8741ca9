"""What is known about a photo beside its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any

from sidelight.errors import RecipeError
from sidelight.recipe.white_balance import WhiteBalance, white_balance_from_json


@dataclass(frozen=True)
class PhotoInfo:
    """Metadata of one photo.

    Attributes:
        path: The file.
        is_raw: Whether it holds sensor data (raw white balance in kelvin applies).
        white_balance: As-shot white balance and how it changes working RGB.
        white_balance_source: `"camera"`, `"preview"`, `"daylight"` or `"none"` (non-raw).
        width, height: Full size in pixels, upright.
        orientation: EXIF orientation, 1 to 8.
        make, model: Camera names, empty when unknown.
        exposure_s, f_number, iso, exposure_bias_ev: Exposure, None when unknown.
        captured: EXIF time, `"YYYY:MM:DD HH:MM:SS"`, empty when unknown.
        baseline_exposure_ev: DNG BaselineExposure; Lightroom adds it, darktable does not.
        lost_light_is_neutral: Whether what the sensor lost had no colour, by what is around it.
    """

    path: Path
    is_raw: bool
    white_balance: WhiteBalance
    white_balance_source: str = "camera"
    width: int = 0
    height: int = 0
    orientation: int = 1
    make: str = ""
    model: str = ""
    exposure_s: float | None = None
    f_number: float | None = None
    iso: float | None = None
    exposure_bias_ev: float | None = None
    captured: str = ""
    baseline_exposure_ev: float = 0.0
    lost_light_is_neutral: bool = False

    @property
    def ev100(self) -> float | None:
        """Exposure value at ISO 100, from aperture, time and ISO, or None."""
        from math import log2

        if not (self.exposure_s and self.f_number and self.iso):
            return None
        return log2(self.f_number**2 / self.exposure_s * 100.0 / self.iso)

    @property
    def captured_s(self) -> float | None:
        """When it was taken, in seconds of the camera's own clock, or None."""
        from calendar import timegm
        from time import strptime

        try:
            return float(timegm(strptime(self.captured, "%Y:%m:%d %H:%M:%S")))
        except ValueError:
            return None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values of everything but the path; None for what is not finite."""
        return {
            **{name: _finite(getattr(self, name)) for name in _PLAIN},
            "white_balance": self.white_balance.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], path: Path) -> PhotoInfo:
        """Build the metadata of the photo at `path` from `to_json`.

        Raises:
            RecipeError: A value is missing or unusable.
        """
        try:
            return cls(
                path=path,
                white_balance=white_balance_from_json(values["white_balance"]),
                **{name: values[name] for name in _PLAIN if name in values or name not in _LATER},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RecipeError(f"this photo's metadata cannot be read: {error}") from error


_PLAIN = tuple(
    item.name for item in fields(PhotoInfo) if item.name not in ("path", "white_balance")
)
_LATER = frozenset({"lost_light_is_neutral"})
"""Fields that what is stored of earlier versions lacks."""


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
