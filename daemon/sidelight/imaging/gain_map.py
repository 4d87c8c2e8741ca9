"""Both renditions of a gain-map JPEG, as Lightroom, Camera Raw and phones write them.

Behind the SDR picture stands a second JPEG, the map, whose XMP holds the numbers (Adobe's *Gain
Map* specification 1.0, `hdrgm`; Lightroom writes them beside those of ISO 21496-1):

    HDR = (SDR + offset_sdr) * 2^(minimum + (maximum - minimum) * map^(1 / gamma)) - offset_hdr
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import UnreadableError
from sidelight.imaging import plausibility
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.icc import read_matrix_profile
from sidelight.imaging.orientation import swaps_sides, upright
from sidelight.imaging.raster import read_raster
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Array, read_property

MAXIMUM_BYTES = 256 << 20
_PICTURES = 16
_SOI = b"\xff\xd8\xff"
_LIMITS = {
    "GainMapMin": (-16.0, 16.0),
    "GainMapMax": (-16.0, 16.0),
    "Gamma": (0.01, 100.0),
    "OffsetSDR": (-1.0, 1.0),
    "OffsetHDR": (-1.0, 1.0),
    "HDRCapacityMax": (0.0, 16.0),
}
_DEFAULTS = {"GainMapMin": 0.0, "Gamma": 1.0, "OffsetSDR": 1 / 64, "OffsetHDR": 1 / 64}


@dataclass(frozen=True, eq=False)
class GainMapPicture:
    """A gain-map JPEG, decoded.

    Attributes:
        sdr, hdr: float32, shape (H, W, 3), display-linear Rec.2020, 1.0 = SDR white.
        capacity: Stops above SDR white at which the map acts in full.
        packet: The base picture's XMP, None where it has none that can be read.
    """

    sdr: NDArray[np.float32]
    hdr: NDArray[np.float32]
    capacity: float
    packet: Packet | None


def read_gain_map(path: Path, size_px: int = 1024) -> GainMapPicture:
    """Read both renditions.

    Args:
        path: A JPEG file.
        size_px: Upper limit of the long side.

    Raises:
        UnreadableError: It is no JPEG with a gain map, or is damaged.
        ImplausibleError: It is no photograph.
    """
    if plausibility.check_file(path) > MAXIMUM_BYTES:
        raise UnreadableError("the file is too large for a gain-map JPEG")
    content = path.read_bytes()
    if not content.startswith(_SOI):
        raise UnreadableError("the picture holds no gain map: it is no JPEG")
    for start in _later_pictures(content):
        packet = _packet(_opened(content[start:]))
        if packet is not None and read_property(packet, "hdrgm:GainMapMax") is not None:
            return _decoded(path, content, start, packet, size_px)
    raise UnreadableError("the picture holds no gain map")


def _later_pictures(content: bytes) -> Iterator[int]:
    """Yield where JPEGs begin, the last first; a thumbnail's is among them."""
    start = len(content)
    for _ in range(_PICTURES):
        start = content.rfind(_SOI, 0, start)
        if start <= 0:
            return
        yield start


def _decoded(
    path: Path, content: bytes, start: int, packet: Packet, size_px: int
) -> GainMapPicture:
    if str(read_property(packet, "hdrgm:BaseRenditionIsHDR")).lower() == "true":
        raise UnreadableError("the base picture of this gain map is the HDR one")
    numbers = {name: _numbers(packet, name) for name in _LIMITS}
    base = read_raster(path, size_px)
    header = _opened(content)
    profile = read_matrix_profile(header.info.get("icc_profile") or b"")
    to_working = SRGB_TO_REC2020 if profile is None else profile.to_working
    stored = base.rgb.shape[:2]
    if swaps_sides(base.info.orientation):
        stored = stored[::-1]
    share = _map_pixels(_opened(content[start:]), (stored[1], stored[0]), len(content) - start)
    share = upright(share, base.info.orientation)
    low, high = numbers["GainMapMin"], numbers["GainMapMax"]
    stops = low + (high - low) * share ** (1.0 / numbers["Gamma"])
    light = apply_matrix(base.rgb, np.asarray(np.linalg.inv(to_working), dtype=np.float64))
    hdr = (light + numbers["OffsetSDR"]) * np.exp2(stops) - numbers["OffsetHDR"]
    capacity = float(numbers["HDRCapacityMax"].max())
    working = apply_matrix(hdr.astype(np.float32), to_working)
    return GainMapPicture(base.rgb, working, capacity, _packet(header))


def _map_pixels(picture: Any, size: tuple[int, int], size_bytes: int) -> NDArray[np.float32]:
    """Return the map on the base's pixels, 0 to 1, shape (H, W, 3)."""
    from PIL import Image as Pillow

    plausibility.check_size(picture.width, picture.height, size_bytes)
    try:
        picture.draft(picture.mode, size)
        small = picture.convert("RGB").resize(size, Pillow.Resampling.BOX)
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadableError("the gain map is damaged") from error
    return np.asarray(small, dtype=np.float32) / np.float32(255.0)


def _opened(content: bytes) -> Any:
    """Return a JPEG whose header is read, None for what is none."""
    from PIL import JpegImagePlugin

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return JpegImagePlugin.JpegImageFile(io.BytesIO(content))
    except (OSError, ValueError, SyntaxError, IndexError, KeyError):
        return None


def _packet(picture: Any) -> Packet | None:
    data = None if picture is None else picture.info.get("xmp")
    try:
        return Packet.from_bytes(data) if isinstance(data, bytes) else None
    except SidecarError:
        return None


def _numbers(packet: Packet, name: str) -> NDArray[np.float64]:
    """Return a number for each channel, shape (3,).

    Raises:
        UnreadableError: It is absent, no number, or beyond all reason.
    """
    value = read_property(packet, f"hdrgm:{name}")
    if value is None and name == "HDRCapacityMax":
        return _numbers(packet, "GainMapMax")
    texts = value.items if isinstance(value, Array) else (value,)
    low, high = _LIMITS[name]
    try:
        found = [_DEFAULTS[name]] if value is None else [float(str(text)) for text in texts]
    except (ValueError, KeyError) as error:
        raise UnreadableError(f"{name} of the gain map is not a number") from error
    if len(found) not in (1, 3) or not all(low <= number <= high for number in found):
        raise UnreadableError(f"{name} of the gain map cannot be")
    return np.broadcast_to(np.asarray(found, dtype=np.float64), (3,))
