"""A private copy of a catalog, so that its program never notices that it is read.

The original is read as plain bytes: not opened as a database, not locked, nothing made beside
it. What was committed but still stands in the write-ahead log is copied along.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sidelight.errors import CatalogError
from sidelight.paths import cache_folder, make_private

COMPANIONS = ("", "-wal", "-journal")
"""What belongs to a database, as endings of its name; the shared memory is made anew."""

TRIES = 3
PAUSE_S = 0.2
"""A copy during which the catalog was written is worth nothing; so often and late it is redone."""

RESERVE_BYTES = 64 << 20
"""Disk space that a copy leaves free."""

MAGIC = b"SQLite format 3\0"

_HEADER_BYTES = 100
_WAL_HEADER_BYTES = 32
_CHUNK = 1 << 20
_LOCK_BYTES = (1 << 30, (1 << 30) + 512)
"""SQLite locks this range and keeps nothing in it; Windows refuses to read what is locked."""

_PREFIX = "copy-"
_LOCK = ".lock"

Mark = tuple[tuple[int, int, int] | None, ...]
"""Inode, size and time of a catalog's files; equal as long as nobody wrote."""


class _ChangedError(Exception):
    """Raised when the catalog was written while it was copied."""


@dataclass(frozen=True)
class _Moment:
    """What tells whether two looks at a catalog belong together.

    Attributes:
        mark: Of the files.
        header: The database's first bytes, in which each commit counts.
        log: The first bytes of its write-ahead log, which change when the log starts anew.
    """

    mark: Mark
    header: bytes
    log: bytes

    def fits(self, later: _Moment) -> bool:
        """Whether what was copied in between is one state of the catalog.

        A log only grows until it starts anew, and holds every page that a writer moved into the
        database meanwhile. Without a log, nothing may have changed.
        """
        if self.log:
            return self.log == later.log and self.mark[0] is not None
        return self == later


def mark_of(path: Path) -> Mark:
    """Return what changes whenever somebody writes the catalog.

    Raises:
        OSError: There is no such file, or it may not be looked at.
    """
    real = path.resolve(strict=True)
    marks: list[tuple[int, int, int] | None] = []
    for ending in COMPANIONS:
        try:
            status = Path(f"{real}{ending}").stat()
        except FileNotFoundError:
            if not ending:
                raise
            marks.append(None)
        else:
            marks.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(marks)


def copies_folder() -> Path:
    """Return where copies are made, whether or not it exists."""
    return cache_folder() / "catalogs"


@contextmanager
def private_copy(
    path: Path,
    folder: Path | None = None,
    *,
    check: Callable[[Path], bool] = lambda copy: True,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Path]:
    """Copy a catalog with its logs, and remove the copy when the block ends.

    Args:
        path: The catalog.
        folder: Where copies go; made private. `copies_folder()` when None.
        check: Whether a copy is whole; one that is not is made again.
        stop: Asked again and again; True gives up.

    Raises:
        CatalogError: It is missing, may not be read, is being written all the time, is damaged,
            or the disk is too full for a copy.
    """
    folder = folder or copies_folder()
    with _sentences(path.name):
        make_private(folder)
        remove_stale_copies(folder)
    with _private_folder(folder, path.name) as own:
        with _sentences(path.name):
            copy = _copy_whole(path.resolve(strict=True), own, check, stop)
        yield copy


def remove_stale_copies(folder: Path | None = None) -> None:
    """Remove copies whose process ended without doing so."""
    folder = folder or copies_folder()
    with suppress(OSError):
        names = {entry.name.removesuffix(_LOCK) for entry in os.scandir(folder)}
        for name in sorted(names):
            if name.startswith(_PREFIX):
                _remove_unless_used(folder / name)


def _remove_unless_used(own: Path) -> None:
    lock = FileLock(f"{own}{_LOCK}")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    try:
        shutil.rmtree(own, ignore_errors=True)
    finally:
        lock.release()
        Path(f"{own}{_LOCK}").unlink(missing_ok=True)


@contextmanager
def _private_folder(folder: Path, name: str) -> Iterator[Path]:
    """Make a folder for one copy; the lock beside it shows that it is in use."""
    own = folder / f"{_PREFIX}{secrets.token_hex(8)}"
    lock = FileLock(f"{own}{_LOCK}", mode=0o600)
    with _sentences(name):
        lock.acquire(timeout=10)
        own.mkdir(mode=0o700)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            Path(f"{own}{_LOCK}").unlink(missing_ok=True)


def _copy_whole(
    source: Path, own: Path, check: Callable[[Path], bool], stop: Callable[[], bool]
) -> Path:
    reason = "is damaged, or was being written while it was read"
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S * attempt)
        target = own / f"{attempt}.db"
        try:
            _copy_once(source, target, stop)
        except _ChangedError:
            reason = "is being written all the time; it is read when that ends"
        else:
            if check(target):
                return target
        for ending in (*COMPANIONS, "-shm"):
            Path(f"{target}{ending}").unlink(missing_ok=True)
    raise CatalogError(f"the catalog {source.name} {reason}")


def _copy_once(source: Path, target: Path, stop: Callable[[], bool]) -> None:
    before = _look(source)
    if not before.header.startswith(MAGIC):
        raise CatalogError(f"{source.name} is not a catalog: it holds no database")
    needed = sum(part[1] for part in before.mark if part) + RESERVE_BYTES
    if shutil.disk_usage(target.parent).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for ending, there in zip(COMPANIONS, before.mark, strict=True):
        if there is not None:
            try:
                _copy_file(Path(f"{source}{ending}"), Path(f"{target}{ending}"), stop)
            except FileNotFoundError as error:
                raise _ChangedError from error
    if not before.fits(_look(source)):
        raise _ChangedError


def _look(source: Path) -> _Moment:
    mark = mark_of(source)
    log = b""
    if mark[1] is not None:
        with suppress(FileNotFoundError):
            log = _first_bytes(Path(f"{source}-wal"), _WAL_HEADER_BYTES)
    return _Moment(mark, _first_bytes(source, _HEADER_BYTES), log)


def _first_bytes(path: Path, count: int) -> bytes:
    with os.fdopen(_open_to_read(path), "rb", buffering=0) as file:
        return file.read(count)


def _copy_file(source: Path, target: Path, stop: Callable[[], bool]) -> None:
    make = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with (
        os.fdopen(_open_to_read(source), "rb", buffering=0) as reading,
        os.fdopen(os.open(target, make, 0o600), "wb", buffering=0) as writing,
    ):
        offset = 0
        while True:
            if stop():
                raise CatalogError(f"reading {source.name} was stopped")
            if offset == _LOCK_BYTES[0]:
                offset = _LOCK_BYTES[1]
                reading.seek(offset)
            limit = _LOCK_BYTES[0] - offset if offset < _LOCK_BYTES[0] else _CHUNK
            data = reading.read(min(limit, _CHUNK))
            if not data:
                return
            writing.seek(offset)
            writing.write(data)
            offset += len(data)


def _open_to_read(path: Path) -> int:
    """Open a regular file and nothing else; a named pipe would block for ever."""
    flags = os.O_RDONLY
    for name in ("O_CLOEXEC", "O_NONBLOCK", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CatalogError(f"{path.name} is not a regular file")
    return descriptor


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Say in one sentence what the system refuses."""
    try:
        yield
    except FileNotFoundError as error:
        raise CatalogError(f"the catalog {name} is not there") from error
    except Timeout as error:
        raise CatalogError(f"the folder for a copy of {name} cannot be locked") from error
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CatalogError(
                f"the disk has no room for a private copy of the catalog {name}"
            ) from error
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise CatalogError(
            f"no private copy of the catalog {name} can be made ({reason})"
        ) from error
