"""Pixels: reading photos, colour, statistics, differences, LUTs, pictures out.

`read_photo` is the way in. Decoders are imported only when a photo is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidelight.imaging.image import Image

_RAW_NAMES = (
    "3fr ari arw bay cap cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kdc mef mos mrw "
    "nef nrw orf ori pef ptx pxn raf raw rw2 rwl sr2 srf srw x3f"
)

RAW_EXTENSIONS: frozenset[str] = frozenset(f".{name}" for name in _RAW_NAMES.split())
"""File name extensions of sensor data, lower case."""

RASTER_EXTENSIONS: frozenset[str] = frozenset((".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".png"))
"""File name extensions of rendered pictures, lower case."""


def is_photo(path: Path) -> bool:
    """Whether a file's name says that `read_photo` may read it; the file is not opened."""
    name = Path(path).name
    extension = Path(path).suffix.lower()
    return not name.startswith(".") and extension in RAW_EXTENSIONS | RASTER_EXTENSIONS


def is_raw(path: Path) -> bool:
    """Whether a file's name says that it holds sensor data; the file is not opened."""
    return Path(path).suffix.lower() in RAW_EXTENSIONS


def read_photo(path: Path, size_px: int = 1024) -> Image:
    """Read a photo as a scene-linear proxy.

    Args:
        path: A raw file, or a JPEG, TIFF or PNG; the name's extension decides.
        size_px: Upper limit of the proxy's long side, at least 64.

    Raises:
        UnreadableError: No decoder opens the file, or it is cut off.
        ImplausibleError: It decodes, but not to a photograph.
    """
    from sidelight.errors import UnreadableError

    path = Path(path)
    size_px = max(int(size_px), 64)
    extension = path.suffix.lower()
    if extension in RAW_EXTENSIONS:
        from sidelight.imaging.raw import read_raw

        return read_raw(path, size_px)
    if extension in RASTER_EXTENSIONS:
        from sidelight.imaging.raster import read_raster

        return read_raster(path, size_px)
    kind = extension or "no extension"
    raise UnreadableError(f"files with {kind} are not supported")
