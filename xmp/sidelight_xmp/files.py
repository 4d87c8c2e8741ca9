"""File operations the writers share: a checked read, a temporary file, durable folders."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidelight_xmp.errors import (
    DiskFullError,
    HostileSidecarError,
    NotWritableError,
    UnsafeSidecarError,
    WriteError,
)
from sidelight_xmp.packet import MAX_BYTES

try:
    import fcntl
except ImportError:  # Windows keeps open files from being removed by itself
    fcntl = None  # type: ignore[assignment]

TEMP_SUFFIX: Final = ".sidelight-tmp"

_SHARING_VIOLATIONS: Final = frozenset({5, 32})
_SHARING_TIMEOUT_S: Final = 5.0
_UNLOCKABLE_AGE_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file's content and identity at one instant."""

    data: bytes
    status: os.stat_result

    def same_as(self, other: Snapshot | None) -> bool:
        """Whether both are the same file, unchanged."""
        return (
            other is not None
            and _identity(self.status) == _identity(other.status)
            and self.data == other.data
        )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def read_snapshot(path: Path) -> Snapshot | None:
    """Read a sidecar; None when there is none.

    Raises UnsafeSidecarError for links and for what is not a plain file, and
    HostileSidecarError beyond 16 MB; never follows a link, never blocks on a pipe.
    """
    try:
        _check_plain(path, os.lstat(path))
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(descriptor)
        _check_plain(path, status)
        data = _read_all(descriptor, status.st_size)
    finally:
        close(descriptor)
    return Snapshot(data, status)


def _check_plain(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise UnsafeSidecarError(
            f"{path.name} is a link to another file, so it was left alone.", path
        )
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeSidecarError(f"{path.name} is not a file, so it was left alone.", path)
    if status.st_nlink > 1:
        raise UnsafeSidecarError(
            f"{path.name} is shared with another name (a hard link), so it was left alone.", path
        )
    if status.st_size > MAX_BYTES:
        raise HostileSidecarError(f"{path.name} is larger than 16 MB, so it was left alone.", path)


def _read_all(descriptor: int, size: int) -> bytes:
    parts = []
    while part := os.read(descriptor, max(size + 1, 65536)):
        parts.append(part)
    return b"".join(parts)


def create_temp(folder: Path, mode: int = 0o666) -> tuple[int, Path]:
    """Create a temporary file of ours in `folder`; return its descriptor and path.

    It is locked as long as it is open, so that `remove_stale_temps` knows it is in use.
    """
    path = folder / f".{secrets.token_hex(8)}{TEMP_SUFFIX}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags, mode)
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor, path


def remove_stale_temps(folder: Path) -> list[Path]:
    """Remove temporary files that a killed process left in `folder`; return their paths.

    Files another process is still writing are left alone, as is a folder that cannot be
    read.
    """
    removed = []
    try:
        with os.scandir(folder) as entries:
            found = [
                Path(entry.path)
                for entry in entries
                if entry.name.startswith(".")
                and entry.name.endswith(TEMP_SUFFIX)
                and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []
    for path in found:
        if not _in_use(path) and remove(path):
            removed.append(path)
    return removed


def _in_use(path: Path) -> bool:
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # No locks on this file system: only age tells.
        return time.time() - os.fstat(descriptor).st_mtime < _UNLOCKABLE_AGE_S
    finally:
        close(descriptor)
    return False


def remove(path: Path) -> bool:
    """Remove a file; False when that is impossible."""
    try:
        path.unlink()
    except OSError:
        return False
    return True


def close(descriptor: int) -> int:
    """Close a descriptor whose content is synced, or no longer wanted; return -1 for it."""
    if descriptor >= 0:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    return -1


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, however little each call takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def copy_owner(descriptor: int, path: Path, status: os.stat_result) -> None:
    """Give an open file the mode, owner and extended attributes of `path`, where possible."""
    if hasattr(os, "fchown"):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for name in os.listxattr(path, follow_symlinks=False):
                with contextlib.suppress(OSError):
                    value = os.getxattr(path, name, follow_symlinks=False)
                    os.setxattr(descriptor, name, value)


def replace(temp: Path, path: Path) -> None:
    """Rename over `path`; on Windows wait up to 5 s for others to let go of it."""
    deadline = time.monotonic() + _SHARING_TIMEOUT_S
    while True:
        try:
            temp.replace(path)
        except PermissionError as error:
            busy = getattr(error, "winerror", None) in _SHARING_VIOLATIONS
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def exchange(left: Path, right: Path) -> bool:
    """Swap two files of one folder in a single step; False where that cannot be done.

    Linux only (renameat2), and not on every file system.
    """
    call = _renameat2()
    if call is None:
        return False
    flag = 2  # RENAME_EXCHANGE
    here = -100  # AT_FDCWD
    return call(here, os.fsencode(left), here, os.fsencode(right), flag) == 0


@functools.cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        function = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return None
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    return function


def sync_folder(folder: Path) -> None:
    """Make a rename durable.

    Errors are ignored: the rename has happened, and several file systems cannot do more.
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            close(descriptor)


@contextlib.contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a WriteError whose sentence a photographer understands."""
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def folder_name(path: Path) -> str:
    """Return what people call the folder of a file, which may be reached by its descriptor."""
    try:
        return path.parent.resolve().name
    except (OSError, RuntimeError):
        return path.parent.name


def _explain(error: OSError, path: Path) -> WriteError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(f"The disk is full, so {path.name} was left as it was.", path)
    if error.errno == errno.EROFS:
        return NotWritableError(
            f"The medium with the folder {folder_name(path)} is read-only, "
            "so no sidecar was written there.",
            path,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotWritableError(
            f"Sidelight is not allowed to write in the folder {folder_name(path)}.", path
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotWritableError(f"The folder {folder_name(path)} no longer exists.", path)
    return WriteError(
        f"{path.name} could not be written ({error.strerror or error}) and was left as it was.",
        path,
    )
