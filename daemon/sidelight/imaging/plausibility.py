"""Whether a file may be opened at all, and whether what came out is a photograph."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ImplausibleError, UnreadableError
from sidelight.imaging.tiff import Ifd

MAXIMUM_PIXELS = 200_000_000
MAXIMUM_SIDE = 65_535
MAXIMUM_PIXELS_PER_BYTE = 2000
MAXIMUM_BYTES = 2 << 30
MINIMUM_SIDE = 16

MOST_EXPANSION = {1: 1.0, 5: 3000.0, 8: 1040.0, 32773: 65.0, 32946: 1040.0}
"""Bytes that one stored byte can stand for, by TIFF compression: none, LZW, deflate, PackBits."""

_YCBCR = 6

_LEAST_SIGNAL = 1.0 / 400.0
_NOISE_CORRELATION = 0.15
_NOISE_CONTRAST = 0.25


def check_file(path: Path) -> int:
    """Return the size in bytes of a file that may be opened.

    Raises:
        UnreadableError: It is missing, no regular file, empty or larger than 2 GiB.
    """
    try:
        state = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UnreadableError(f"the file cannot be opened: {reason}") from error
    if not stat.S_ISREG(state.st_mode):
        raise UnreadableError("this is not a regular file")
    if state.st_size < 64:
        raise UnreadableError("the file is empty or cut off")
    if state.st_size > MAXIMUM_BYTES:
        raise UnreadableError("the file is larger than 2 GiB")
    return state.st_size


def check_size(width: float, height: float, size_bytes: int) -> None:
    """Refuse dimensions before memory is spent on them.

    Raises:
        UnreadableError: No pixels, over 200 MP, over 65 535 a side, or more than 2000 pixels per
            byte of the file.
        ImplausibleError: Fewer than 16 pixels a side.
    """
    if not (width >= 1 and height >= 1):
        raise UnreadableError("the file holds no picture")
    if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
        raise UnreadableError(f"the picture claims {width:.0f} x {height:.0f} pixels, too many")
    if width * height > MAXIMUM_PIXELS_PER_BYTE * size_bytes:
        raise UnreadableError("the picture claims more pixels than the file can hold")
    if min(width, height) < MINIMUM_SIDE:
        raise ImplausibleError(
            f"the picture is only {width:.0f} x {height:.0f} pixels, too small for a photo"
        )


def check_extents(ifds: Iterable[Ifd], size_bytes: int) -> None:
    """Refuse a TIFF-like file whose picture data reach beyond its end, or are too large.

    Raises:
        UnreadableError: The file is cut off, or `check_size` refuses an image in it.
    """
    for ifd in ifds:
        width, height = ifd.number(256), ifd.number(257)
        if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
            check_size(width, height, size_bytes)
        for offset, count in ifd.extents():
            if offset + count > size_bytes:
                raise UnreadableError("the file is cut off: picture data are missing at its end")


def check_storage(ifd: Ifd, size_bytes: int) -> None:
    """Refuse a TIFF or DNG picture that is too large for its file by its kind of compression.

    Raises:
        UnreadableError: No file of `size_bytes` holds that many samples.
    """
    expansion = MOST_EXPANSION.get(int(ifd.number(259, 1)))
    if expansion is None:
        return
    # Uncompressed YCbCr stores fewer samples of color.
    samples = 1.0 if ifd.number(262) == _YCBCR else max(1.0, ifd.number(277, 1))
    bits = min(ifd.numbers(258), default=1.0) * samples
    if ifd.number(256) * ifd.number(257) * bits / 8.0 > expansion * size_bytes:
        raise UnreadableError("the picture claims more pixels than the file can hold")


def check_signal(counts: NDArray[Any], span: float, clipped: float) -> None:
    """Refuse sensor data without a picture.

    Args:
        counts: Sample of sensor values above black, any shape.
        span: White level minus black level.
        clipped: Share of the samples at the sensor's limit.

    Raises:
        ImplausibleError: All but black, or all clipped.
    """
    bright = float(np.percentile(counts, 99.9))
    if bright < _LEAST_SIGNAL * span:
        raise ImplausibleError(
            f"the frame is all but black: its brightest parts hold {max(bright, 0.0):.0f} counts "
            f"of {span:.0f}"
        )
    if clipped > 0.98:
        raise ImplausibleError("the frame is overexposed throughout: nearly every pixel is clipped")


def check_pixels(rgb: NDArray[np.float32]) -> None:
    """Refuse pixels that are no photograph.

    Raises:
        ImplausibleError: Values that are not finite, or noise without structure.
    """
    if not np.isfinite(rgb).all():
        raise ImplausibleError("the picture holds values that are not finite numbers")
    # Every third pixel: interpolation gives nearer ones something in common.
    green = rgb[::3, ::3, 1]
    mean = float(green.mean())
    center = green - np.float32(mean)
    power = float((center**2).mean())
    if power <= (_NOISE_CONTRAST * mean) ** 2 or min(green.shape) < 4:
        return
    across = float((center[:, 1:] * center[:, :-1]).mean()) / power
    down = float((center[1:] * center[:-1]).mean()) / power
    if max(across, down) < _NOISE_CORRELATION:
        raise ImplausibleError("the picture is noise: neighbouring pixels have nothing in common")
