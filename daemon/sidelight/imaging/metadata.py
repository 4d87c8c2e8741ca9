"""What a file says about its photo: camera, exposure, time, colour matrices."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sidelight.errors import UnreadableError
from sidelight.imaging.camera_profile import CameraProfile, read_camera_profile
from sidelight.imaging.orientation import swaps_sides
from sidelight.imaging.tiff import Ifd, ifds_of, read_ifds
from sidelight.recipe.photo import PhotoInfo
from sidelight.recipe.white_balance import ColorMatrix, WhiteBalance

_EXIF_PREFIX = b"Exif\0\0"

_ILLUMINANTS = {
    1: 5500.0,
    2: 4230.0,
    3: 2850.0,
    4: 5500.0,
    9: 5500.0,
    10: 6500.0,
    11: 7500.0,
    17: 2850.0,
    18: 4874.0,
    19: 6774.0,
    20: 5500.0,
    21: 6500.0,
    22: 7500.0,
    23: 5000.0,
    24: 3200.0,
}
"""Kelvin of EXIF light sources, as the DNG SDK reads them."""


@dataclass(frozen=True)
class Exif:
    """The part of EXIF that is used.

    Attributes:
        orientation: 1 to 8, or 0 when the file does not say.
        Others: as in :class:`sidelight.recipe.PhotoInfo`.
    """

    make: str = ""
    model: str = ""
    software: str = ""
    orientation: int = 0
    exposure_s: float | None = None
    f_number: float | None = None
    iso: float | None = None
    exposure_bias_ev: float | None = None
    captured: str = ""


@dataclass(frozen=True)
class RawTags:
    """The IFDs of a TIFF-like raw file, empty for other containers."""

    ifds: tuple[Ifd, ...] = ()

    @property
    def exif(self) -> Exif:
        """EXIF of the file."""
        main = next((ifd for ifd in self.ifds if ifd.kind == "main"), Ifd("main"))
        shot = next((ifd for ifd in self.ifds if ifd.kind == "exif"), Ifd("exif"))
        return exif_from_values({**main.tags, **shot.tags})

    @property
    def is_dng(self) -> bool:
        """Whether the file is a DNG."""
        return any(50706 in ifd.tags for ifd in self.ifds)

    @property
    def baseline_exposure_ev(self) -> float:
        """DNG BaselineExposure with the profile's BaselineExposureOffset, within ±10."""
        value = self._first(50730) + self._first(51109)
        return min(max(value, -10.0), 10.0) if math.isfinite(value) else 0.0

    @property
    def preview_application(self) -> str:
        """Program that made the previews of a DNG, empty when the file does not say."""
        return next((t for ifd in self.ifds if (t := ifd.text(50966))), "")

    @property
    def sensor(self) -> Ifd:
        """IFD of the sensor data: color filter array or linear raw, the largest; else empty."""
        raw = [ifd for ifd in self.ifds if int(ifd.number(262, -1)) in (32803, 34892)]
        return max(raw, key=lambda ifd: ifd.number(256) * ifd.number(257), default=Ifd("main"))

    @property
    def calibrations(self) -> tuple[ColorMatrix, ...]:
        """ColorMatrix1 and 2 of a dual-illuminant DNG with AnalogBalance, else empty."""
        found = []
        for matrix_tag, light_tag in ((50721, 50778), (50722, 50779)):
            for ifd in self.ifds:
                values = ifd.numbers(matrix_tag)
                kelvin = _ILLUMINANTS.get(int(ifd.number(light_tag, 0)))
                if len(values) == 9 and kelvin and all(map(math.isfinite, values)):
                    balance = ifd.numbers(50727)
                    gains = balance if len(balance) == 3 and min(balance) > 0 else (1.0,) * 3
                    rows = tuple(gains[i // 3] * value for i, value in enumerate(values))
                    found.append(ColorMatrix(kelvin, rows))
                    break
        if len(found) == 2 and found[0].kelvin != found[1].kelvin:
            return tuple(found)
        return ()

    @property
    def camera_profile(self) -> CameraProfile | None:
        """What the main directory of a DNG carries of a camera profile."""
        if not self.is_dng:
            return None
        return read_camera_profile(self.ifds[0], tuple(light.kelvin for light in self.calibrations))

    def _first(self, tag: int) -> float:
        return next((ifd.number(tag) for ifd in self.ifds if tag in ifd.tags), 0.0)


def read_raw_tags(path: Path) -> RawTags:
    """Return the tags of a raw file.

    Raises:
        UnreadableError: Its directories are broken.
    """
    try:
        return RawTags(tuple(read_ifds(path)))
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error.strerror}") from error


def exif_from_pillow(picture: Any) -> Exif:
    """Return the EXIF of an opened Pillow image up to where it is broken.

    Read by `ifds_of`, which has limits: to Pillow, thousands of tags may show the same bytes.
    """
    data = picture.info.get("exif")
    if not isinstance(data, bytes):
        return Exif()
    file = io.BytesIO(data.removeprefix(_EXIF_PREFIX))
    return RawTags(tuple(ifds_of(file, lenient=True))).exif


def exif_from_values(tags: dict[int, Any]) -> Exif:
    """Return EXIF of tag values: numbers, tuples of one number, text or bytes."""
    iso = _number(tags.get(34855)) or _number(tags.get(34867))
    return Exif(
        make=_text(tags.get(271)),
        model=_text(tags.get(272)),
        software=_text(tags.get(305)),
        orientation=_orientation(tags.get(274)),
        exposure_s=_positive(_number(tags.get(33434))),
        f_number=_positive(_number(tags.get(33437))),
        iso=_positive(iso),
        exposure_bias_ev=_number(tags.get(37380)),
        captured=_text(tags.get(36867)) or _text(tags.get(306)),
    )


def valid_multipliers(values: Sequence[float] | Any) -> np.ndarray | None:
    """Return (3,) multipliers with green = 1, or None when any is missing, zero or negative."""
    gains = np.asarray(values, dtype=np.float64).reshape(-1)[:3]
    if len(gains) < 3 or not np.isfinite(gains).all() or (gains <= 0).any():
        return None
    gains = gains / gains[1]
    return gains if (gains > 0.05).all() and (gains < 20).all() else None


def _number(value: Any) -> float | None:
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _orientation(value: Any) -> int:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= 8 else 0


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.split(b"\0", 1)[0].decode("utf-8", "replace")
    return value.strip("\0 \t\r\n")[:128] if isinstance(value, str) else ""


def photo_info(
    path: Path,
    exif: Exif,
    size: tuple[int, int],
    white_balance: WhiteBalance,
    source: str,
    baseline_exposure_ev: float = 0.0,
) -> PhotoInfo:
    """Return what is known about a photo.

    Args:
        path: The file.
        exif: Its EXIF; an orientation of 0 counts as upright.
        size: Width and height as stored, in pixels.
        white_balance: As shot.
        source: Where that comes from; `"none"` for rendered pictures.
        baseline_exposure_ev: DNG BaselineExposure.
    """
    orientation = exif.orientation or 1
    width, height = size[::-1] if swaps_sides(orientation) else size
    return PhotoInfo(
        path=path,
        is_raw=source != "none",
        white_balance=white_balance,
        white_balance_source=source,
        width=width,
        height=height,
        orientation=orientation,
        make=exif.make,
        model=exif.model,
        exposure_s=exif.exposure_s,
        f_number=exif.f_number,
        iso=exif.iso,
        exposure_bias_ev=exif.exposure_bias_ev,
        captured=exif.captured,
        baseline_exposure_ev=baseline_exposure_ev,
    )
