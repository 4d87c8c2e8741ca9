"""Whether a watched folder is there, and still the same one."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from sidelight.errors import RootError

UNPLUGGED = "the folder is empty, as if its drive were not connected"

_REASONS = {
    errno.ENOENT: "the folder is not there; its drive may not be connected",
    errno.ENOTDIR: "there is a file where the folder was",
    errno.EACCES: "Sidelight may not look into the folder any more",
    errno.EPERM: "Sidelight may not look into the folder any more",
}


@dataclass(frozen=True)
class Presence:
    """A folder that can be listed.

    Attributes:
        device: Number of its drive.
        inode: Its number there.
        is_empty: Whether nothing at all is in it.
    """

    device: int
    inode: int
    is_empty: bool


def find_root(folder: str, device: int | None = None) -> Presence:
    """Return a root as it is now.

    Args:
        folder: Its path; it may be a link.
        device: Where photos of it were seen; an empty folder elsewhere is where a drive belongs.

    Raises:
        RootError: It is not there; the sentence says why.
    """
    try:
        status = os.stat(folder)  # noqa: PTH116
        if not stat.S_ISDIR(status.st_mode):
            raise RootError(_REASONS[errno.ENOTDIR])
        with os.scandir(folder) as entries:
            is_empty = next(entries, None) is None
    except OSError as error:
        reason = f"the folder cannot be read: {error.strerror or error}"
        raise RootError(_REASONS.get(error.errno or 0, reason)) from error
    if is_empty and device is not None and device != status.st_dev:
        raise RootError(UNPLUGGED)
    return Presence(status.st_dev, status.st_ino, is_empty)
