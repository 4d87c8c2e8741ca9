"""A JPEG that is in memory, as it came from a client, to linear Rec.2020."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sidelight.errors import UnreadableError
from sidelight.imaging.image import Image

NAME = Path("picture.jpg")
"""Path of the photo in the answer; no file of that name is read or written."""

_MAGIC = b"\xff\xd8\xff"
_OPEN_FILES = Path("/proc/self/fd")


def read_jpeg(data: bytes, size_px: int = 1024) -> Image:
    """Read a JPEG as a proxy, as `read_photo` reads the same bytes from a file.

    Raises:
        UnreadableError: It is no JPEG, or cut off.
        ImplausibleError: It is no photograph.
    """
    from sidelight.imaging.raster import read_raster

    if not data.startswith(_MAGIC):
        raise UnreadableError("this is not a JPEG")
    with _as_file(data) as path:
        image = read_raster(path, size_px)
    return replace(image, info=replace(image.info, path=NAME))


@contextmanager
def _as_file(data: bytes) -> Iterator[Path]:
    """Yield a path that leads to the bytes: in memory where the system can, else on disk."""
    if hasattr(os, "memfd_create") and _OPEN_FILES.is_dir():
        descriptor = os.memfd_create("photo", os.MFD_CLOEXEC)
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(data)
            yield _OPEN_FILES / str(descriptor)
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryDirectory(prefix="sidelight-") as folder:
            path = Path(folder) / NAME
            path.write_bytes(data)
            yield path
