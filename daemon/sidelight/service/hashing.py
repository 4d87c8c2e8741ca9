"""A photo's content as one name, and whether the file is still that content."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sidelight.errors import PhotoError, PhotoPathError
from sidelight.service.scan import Stamp, stamp_of
from sidelight.workflows.anchored import open_inside

GONE = "the photo is no longer there"

_TRANSIENT = {
    getattr(errno, name)
    for name in (
        "EIO", "EAGAIN", "EBUSY", "EINTR", "EMFILE", "ENFILE", "ENODEV", "ENXIO", "ENOMEM",
        "ESTALE", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH",
    )
    if hasattr(errno, name)
}  # fmt: skip
"""What a network drive or a busy machine answers for a while."""

READ_FLAGS = os.O_RDONLY
"""To open what may be a pipe or a device by now, without waiting for it."""

for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
    READ_FLAGS |= getattr(os, _name, 0)


class GoneError(PhotoError):
    """Raised when there is no such file."""


@dataclass(frozen=True)
class Content:
    """What a file held when it was looked at.

    Attributes:
        sha256: Of all bytes, in hexadecimal.
        stamp: The file as the file system described it.
    """

    sha256: str
    stamp: Stamp


def read_content(photo: Path, inside: Path | None = None) -> Content:
    """Name the content of a photo; a pipe or a device is refused without waiting for it.

    Args:
        photo: The file.
        inside: A folder that it must lie in, reached without a link; None for any place.

    Raises:
        GoneError: It is gone.
        PhotoError: It is no file, or not inside.
        OSError: It cannot be read.
    """
    descriptor = _open(photo) if inside is None else _open_inside(inside, photo)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError("this is not a regular file")
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Content(digest, stamp_of(status))


def is_unchanged(photo: Path, content: Content) -> bool:
    """Whether the file is still the one that was looked at, judged without reading it."""
    try:
        return stamp_of(photo.stat()) == content.stamp
    except OSError:
        return False


def is_transient(error: OSError) -> bool:
    """Whether an error may pass by itself, as on a network drive."""
    return error.errno in _TRANSIENT


def _open(photo: Path) -> int:
    try:
        return os.open(photo, READ_FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise GoneError(GONE) from error


def _open_inside(folder: Path, photo: Path) -> int:
    try:
        return open_inside(folder, photo)
    except PhotoPathError as error:
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError | NotADirectoryError):
            raise GoneError(GONE) from error
        if isinstance(cause, OSError) and is_transient(cause):
            raise cause from None
        raise
