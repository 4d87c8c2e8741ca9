"""JPEG, TIFF and PNG to linear Rec.2020.

Such files are rendered already: 1.0 is their white, white balance is relative. An embedded ICC
profile is honoured; without one the code values are sRGB.
"""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ImplausibleError, PhotoError, UnreadableError
from sidelight.imaging import plausibility
from sidelight.imaging.clipping import SHARE
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.difference import box_average
from sidelight.imaging.icc import read_matrix_profile
from sidelight.imaging.image import Image
from sidelight.imaging.metadata import Exif, exif_from_pillow, photo_info, read_raw_tags
from sidelight.imaging.orientation import upright
from sidelight.imaging.statistics import noise_floor
from sidelight.imaging.tiff_pixels import read_deep_tiff
from sidelight.imaging.transfer import srgb_decode
from sidelight.recipe.white_balance import RelativeWhiteBalance

FORMATS = ("JPEG", "TIFF", "PNG", "MPO")
"""Pillow decoders that may run; MPO is a JPEG with further pictures behind it."""

_BAND_PIXELS = 1 << 24
_LARGE_READ = 1 << 20

_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I")


def read_raster(path: Path, size_px: int = 1024) -> Image:
    """Read a rendered picture as a proxy.

    Args:
        path: A JPEG, TIFF (8, 16 bit or float) or PNG file; only its first picture is read.
        size_px: Upper limit of the proxy's long side.

    Raises:
        UnreadableError: Pillow does not open it, or it is cut off.
        ImplausibleError: It is no photograph.
    """
    path = Path(path)
    size_bytes = plausibility.check_file(path)
    tags = read_raw_tags(path)
    plausibility.check_extents(tags.ifds, size_bytes)
    try:
        if tags.ifds:
            main = tags.ifds[0]
            plausibility.check_size(main.number(256), main.number(257), size_bytes)
            plausibility.check_storage(main, size_bytes)
            deep = read_deep_tiff(path, main)
            if deep is not None:
                size = (deep.shape[1], deep.shape[0])
                return _develop(deep, main.data(34675), tags.exif, size, path, size_px)
        with warnings.catch_warnings(), _Bounded(io.FileIO(path)) as file:
            warnings.simplefilter("ignore")
            picture = _opened(file)
            plausibility.check_size(picture.width, picture.height, size_bytes)
            size = picture.size
            samples, profile = _samples(picture, size_px)
            # After the pixels: a PNG may have it behind them.
            exif = tags.exif if tags.ifds else exif_from_pillow(picture)
            return _develop(samples, profile, exif, size, path, size_px)
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise whatever their parsers raise.
        raise UnreadableError(f"this picture cannot be decoded ({error})") from error


class _Bounded(io.BufferedReader):
    """A file that sets no memory aside for what lies beyond its end, whatever is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGE_READ:
            size = min(size, max(0, os.fstat(self.fileno()).st_size - self.tell()))
        return super().read(size)


def _opened(file: BinaryIO) -> Any:
    """Return a Pillow image whose header is read; sizes are checked by the caller."""
    from PIL import Image as Pillow
    from PIL import JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin  # noqa: F401

    limit, Pillow.MAX_IMAGE_PIXELS = Pillow.MAX_IMAGE_PIXELS, None
    try:
        return Pillow.open(file, formats=FORMATS)
    finally:
        Pillow.MAX_IMAGE_PIXELS = limit


def _develop(
    samples: NDArray[Any],
    profile: bytes,
    exif: Exif,
    size: tuple[int, int],
    path: Path,
    size_px: int,
) -> Image:
    """Return the proxy of stored samples; `size` is the file's width and height."""
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise ImplausibleError("the picture holds values that are not finite numbers")
    top = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)
    linear = _averaged(samples, size_px, lambda part: _linear(part, profile))
    at_top = _averaged(samples, size_px, lambda part: (part >= top).astype(np.float32))
    clipped = at_top >= SHARE
    plausibility.check_pixels(linear)
    orientation = exif.orientation or 1
    info = photo_info(path, exif, size, RelativeWhiteBalance(), "none")
    rgb = upright(linear, orientation)
    return Image(rgb, upright(clipped, orientation), info, None, noise_floor(rgb))


def _averaged(
    samples: NDArray[Any],
    size_px: int,
    convert: Callable[[NDArray[Any]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return converted samples averaged over equal areas; large ones in bands, to spare memory."""
    height, width = samples.shape[:2]
    rows = round(height * min(1.0, size_px / max(height, width)))
    bands = min(-(-height * width // _BAND_PIXELS), rows)
    if bands <= 1:
        return box_average(convert(samples), size_px)
    columns = max(1, round(width * size_px / max(height, width)))
    found = []
    for first, last in pairwise(np.linspace(0, rows, bands + 1).astype(int).tolist()):
        above, below = first * height / rows, last * height / rows
        start = int(above)
        part = convert(samples[start : math.ceil(below)])
        area = (0.0, above - start, float(width), below - start)
        found.append(_shrunk(part, (columns, last - first), area))
    return np.concatenate(found)


def _shrunk(
    part: NDArray[np.float32], size: tuple[int, int], area: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    from PIL import Image as Pillow

    planes = [Pillow.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(part, 2, 0)]
    shrunk = [np.asarray(plane.resize(size, Pillow.Resampling.BOX, area)) for plane in planes]
    return np.stack(shrunk, axis=2)


def _samples(picture: Any, size_px: int) -> tuple[NDArray[Any], bytes]:
    """Return uint8 or uint16 samples, shape (H, W, 3), and the ICC profile they are in, or none."""
    profile = picture.info.get("icc_profile") or b""
    if picture.mode in _SIXTEEN_BIT:
        grey = np.asarray(picture).clip(0, 65535).astype(np.uint16)
        return np.repeat(grey[..., None], 3, axis=2), b""
    if picture.format in ("JPEG", "MPO"):
        # The decoder's own scaling: cheap, and its averages are of code values.
        landscape = picture.width >= picture.height
        picture.draft(picture.mode, (size_px, 1) if landscape else (1, size_px))
    if profile and read_matrix_profile(profile) is None:
        picture, profile = _through_lcms(picture, profile), b""
    return np.asarray(picture.convert("RGB")), profile


def _through_lcms(picture: Any, profile: bytes) -> Any:
    """Return the picture in sRGB for profiles with tables, such as those of CMYK."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB") or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


def _linear(samples: NDArray[Any], profile: bytes) -> NDArray[np.float32]:
    """Return linear Rec.2020, float32 (H, W, 3), of samples."""
    matrix_profile = read_matrix_profile(profile)
    to_working = SRGB_TO_REC2020 if matrix_profile is None else matrix_profile.to_working
    decode = srgb_decode if matrix_profile is None else matrix_profile.decode
    if samples.dtype == np.uint8:
        steps = np.repeat(np.arange(256, dtype=np.float32)[:, None] / np.float32(255), 3, axis=1)
        table = decode(steps).astype(np.float32)
        light = np.stack([table[:, i][samples[..., i]] for i in range(3)], axis=-1)
    elif samples.dtype == np.uint16:
        light = decode(samples.astype(np.float32) / np.float32(65535))
    else:
        light = decode(samples) if matrix_profile is not None or not profile else samples
    return apply_matrix(light.astype(np.float32, copy=False), to_working)
