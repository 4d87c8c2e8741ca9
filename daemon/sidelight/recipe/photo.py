"""What is known about a photo beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidelight.recipe.white_balance import WhiteBalance


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

    @property
    def ev100(self) -> float | None:
        """Exposure value at ISO 100, from aperture, time and ISO, or None."""
        from math import log2

        if not (self.exposure_s and self.f_number and self.iso):
            return None
        return log2(self.f_number**2 / self.exposure_s * 100.0 / self.iso)
