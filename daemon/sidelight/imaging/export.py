"""Pictures out: an SDR JPEG, and a gain-map JPEG that holds both twins.

The gain-map file follows Adobe's *Gain Map* specification 1.0 (`hdrgm` XMP), the Ultra HDR
container (GContainer XMP) and CIPA DC-007 (MPF). Its base is the SDR twin; HDR = (SDR + 1/64) *
2^gain - 1/64 in linear sRGB primaries.
"""

from __future__ import annotations

import io
import os
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_XYZ, apply_matrix
from sidelight.imaging.transfer import srgb_decode, srgb_encode

OFFSET = 1.0 / 64.0
"""Light added to both twins before their ratio is taken."""

_MAP_QUALITY = 99
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"


def fit_gamut(rgb: ArrayLike, peak: float = 1.0) -> NDArray[np.float32]:
    """Return linear sRGB within 0..peak of display-linear Rec.2020.

    A colour outside is moved towards the grey of its own luminance until it fits, so that hue
    stays; light above the peak becomes white at the peak.
    """
    working = np.asarray(rgb, dtype=np.float32)
    srgb = apply_matrix(np.nan_to_num(working, posinf=peak, neginf=0.0), REC2020_TO_SRGB)
    y = np.clip(srgb @ SRGB_TO_XYZ[1].astype(np.float32), 0.0, np.float32(peak))[..., None]
    low = srgb.min(axis=-1, keepdims=True)
    high = srgb.max(axis=-1, keepdims=True)
    keep = np.ones_like(y)
    np.divide(y, y - low, out=keep, where=low < 0)
    above = np.ones_like(y)
    np.divide(peak - y, high - y, out=above, where=(high > peak) & (high > y))
    fitted = y + np.minimum(keep, above) * (srgb - y)
    return np.clip(fitted, 0.0, np.float32(peak)).astype(np.float32, copy=False)


def write_sdr_jpeg(path: Path, rgb: ArrayLike, quality: int = 92) -> None:
    """Write an sRGB JPEG with its ICC profile; the file is complete or absent.

    Args:
        path: Where to.
        rgb: Display-linear Rec.2020, shape (H, W, 3), 1.0 = white.
        quality: JPEG quality, 1 to 95.

    Raises:
        OSError: The file cannot be written.
    """
    _replace(Path(path), _jpeg(_eight_bit(fit_gamut(rgb)), quality, icc=_srgb_profile()))


def write_gain_map_jpeg(
    path: Path, sdr: ArrayLike, hdr: ArrayLike, headroom: float, quality: int = 92
) -> None:
    """Write a JPEG that shows `sdr` everywhere and `hdr` where the screen has the headroom.

    Args:
        path: Where to.
        sdr, hdr: Display-linear Rec.2020, same shape (H, W, 3), 1.0 = SDR white; colours outside
            sRGB are brought in.
        headroom: Stops above SDR white of `hdr`.
        quality: JPEG quality of the base, 1 to 95.

    Raises:
        ValueError: The twins differ in shape, or headroom is not a number from 0 to 8.
        OSError: The file cannot be written.
    """
    if np.shape(sdr) != np.shape(hdr):
        raise ValueError("the twins have different shapes")
    if not 0.0 <= headroom <= 8.0:
        raise ValueError("headroom is between 0 and 8 stops")
    from PIL import Image as Pillow

    base = _jpeg(_eight_bit(fit_gamut(sdr)), quality, icc=_srgb_profile())
    # The gain is taken against what a viewer decodes, so it also makes up for the base's losses.
    shown = srgb_decode(np.asarray(Pillow.open(io.BytesIO(base)), dtype=np.float32) / 255.0)
    wanted = fit_gamut(hdr, 2.0**headroom)
    gain = np.log2((wanted + OFFSET) / (shown + OFFSET))
    low, high = float(gain.min()), float(gain.max())
    high = max(high, low + 0.01)
    capacity = max(headroom, 0.01)
    coded = np.round((gain - low) / (high - low) * 255.0).astype(np.uint8)
    gain_map = _jpeg(coded, _MAP_QUALITY, xmp=_map_xmp(low, high, capacity))
    _replace(Path(path), _container(base, gain_map))


def _eight_bit(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.round(srgb_encode(linear) * 255.0).astype(np.uint8)


@lru_cache(maxsize=1)
def _srgb_profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _jpeg(pixels: NDArray[np.uint8], quality: int, icc: bytes = b"", xmp: bytes = b"") -> bytes:
    from PIL import Image as Pillow

    options: dict[str, Any] = {"quality": int(quality), "subsampling": 0, "optimize": True}
    if icc:
        options["icc_profile"] = icc
    if xmp:
        options["xmp"] = xmp
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


def _map_xmp(low: float, high: float, capacity: float) -> bytes:
    attributes = {
        "Version": "1.0",
        "BaseRenditionIsHDR": "False",
        "GainMapMin": f"{low:.6f}",
        "GainMapMax": f"{high:.6f}",
        "Gamma": "1.0",
        "OffsetSDR": f"{OFFSET:.6f}",
        "OffsetHDR": f"{OFFSET:.6f}",
        "HDRCapacityMin": "0.0",
        "HDRCapacityMax": f"{capacity:.6f}",
    }
    listed = "".join(f' hdrgm:{name}="{value}"' for name, value in attributes.items())
    return _packet(f'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"{listed}/>')


def _base_xmp(map_bytes: int) -> bytes:
    items = "".join(
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" '
        f'Item:Semantic="{name}"{length}/></rdf:li>'
        for name, length in (("Primary", ""), ("GainMap", f' Item:Length="{map_bytes}"'))
    )
    return _packet(
        'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
        'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0">'
        f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory></rdf:Description>"
    )


def _packet(description: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f"{description}</rdf:RDF></x:xmpmeta>"
    ).encode()


def _container(base: bytes, gain_map: bytes) -> bytes:
    """Return base and gain map as one file, with XMP and MPF put before the base's tables."""
    at = 2
    while base[at] == 0xFF and 0xE0 <= base[at + 1] <= 0xEF:
        at += 2 + struct.unpack_from(">H", base, at + 2)[0]
    xmp = _segment(0xE1, _XMP_MARK + _base_xmp(len(gain_map)))
    mpf_length = len(_mpf(0, 0, 0))
    total = len(base) + len(xmp) + mpf_length
    # Offsets in MPF count from its byte-order mark, eight bytes into the segment.
    origin = at + len(xmp) + 8
    mpf = _mpf(total, len(gain_map), total - origin)
    return base[:at] + xmp + mpf + base[at:] + gain_map


def _mpf(base_bytes: int, map_bytes: int, map_offset: int) -> bytes:
    """Return the APP2 segment that lists both pictures (CIPA DC-007, big-endian)."""
    entries = struct.pack(">IIIHH", 0x030000, base_bytes, 0, 0, 0)
    entries += struct.pack(">IIIHH", 0, map_bytes, map_offset, 0, 0)
    ifd = struct.pack(">H", 3)
    ifd += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    ifd += struct.pack(">HHII", 0xB001, 4, 1, 2)
    ifd += struct.pack(">HHII", 0xB002, 7, len(entries), 8 + 2 + 3 * 12 + 4)
    ifd += struct.pack(">I", 0)
    return _segment(0xE2, b"MPF\0" + struct.pack(">2sHI", b"MM", 42, 8) + ifd + entries)


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
