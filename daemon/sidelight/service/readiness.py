"""Whether a photo that no longer changes is complete, and the name of its content."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
from dataclasses import dataclass
from io import FileIO
from typing import Literal

from sidelight.service.hashing import READ_FLAGS
from sidelight.service.scan import Stamp, stamp_of

HEAD_BYTES = 16
"""No kind of photo begins with this many zeros."""

TAIL_BYTES = 512
"""A photo may end in this many zeros, but so does one that is still being filled."""

State = Literal["ready", "changed", "gone", "written", "empty", "doubtful", "unreadable"]

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a look at a photo found.

    Attributes:
        state: "ready"; "changed" since it was listed; "gone", or no regular file any more;
            "written", open in a program that may write it; "empty", without a beginning;
            "doubtful", without an end; "unreadable".
        stamp: As it is now, where that is known.
        sha256: Of its content in hexadecimal, of a photo that is ready.
        reason: One sentence of the system on what is unreadable.
    """

    state: State
    stamp: Stamp | None = None
    sha256: str = ""
    reason: str = ""


def look(path: str, stamp: Stamp, *, accept: frozenset[State] = frozenset()) -> Readiness:
    """Look into a photo; a pipe, a device or a link that took its place is never waited for.

    Args:
        path: The photo.
        stamp: As it was listed.
        accept: Of "written" and "doubtful", what counts as ready by now.
    """
    try:
        descriptor = os.open(path, READ_FLAGS | _NO_LINK)
    except OSError as error:
        return _failed(error)
    try:
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            return _look(file, stamp, accept)
    except OSError as error:
        return _failed(error)


def _look(file: FileIO, stamp: Stamp, accept: frozenset[State]) -> Readiness:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return Readiness("gone")
    now = stamp_of(status)
    if now != stamp:
        return Readiness("changed", now)
    if not any(file.read(HEAD_BYTES)):
        return Readiness("empty", now)
    if "written" not in accept and is_open_for_writing(file.fileno()):
        return Readiness("written", now)
    file.seek(max(now.size - TAIL_BYTES, 0))
    if "doubtful" not in accept and not any(file.read(TAIL_BYTES)):
        return Readiness("doubtful", now)
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    after = stamp_of(os.fstat(file.fileno()))
    return Readiness("ready", after, sha256) if after == now else Readiness("changed", after)


def is_open_for_writing(descriptor: int) -> bool:
    """Whether a program has a file open for writing; False where nobody can tell.

    Linux grants a lease for reading only while nobody does, on local drives and own files.
    """
    try:
        from fcntl import F_RDLCK, F_SETLEASE, F_SETSIG, F_UNLCK, fcntl
    except ImportError:
        return False
    try:
        # Should somebody open it meanwhile, the default signal would end this process.
        fcntl(descriptor, F_SETSIG, signal.SIGURG)
        fcntl(descriptor, F_SETLEASE, F_RDLCK)
        fcntl(descriptor, F_SETLEASE, F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False


def _failed(error: OSError) -> Readiness:
    state: State = "gone" if error.errno in _GONE else "unreadable"
    return Readiness(state, reason=error.strerror or str(error))
