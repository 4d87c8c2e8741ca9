"""Files reached from a watched folder without following a link that leads out of it.

A path that was checked may name something else a moment later, when somebody swaps a folder on
the way for a link. So the way is walked with descriptors, from the watched folder down, and what
is read or written afterwards goes through the descriptor that was reached.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidelight.errors import PhotoPathError

MAXIMUM_BYTES = 2 << 30
"""Larger files are no photos; the decoders refuse them too."""

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FOLDER = (
    getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_PATH", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
)
_FILE = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
    _FILE |= getattr(os, _name, 0)
_DESCRIPTORS = Path("/proc/self/fd")
_PREFIX = "sidelight-open-"


def open_inside(root: Path, photo: Path) -> int:
    """Open a photo for reading; no part of its path below `root` may be a link.

    Never blocks on a pipe and never opens a device.

    Args:
        root: A folder; links in its own path are followed, its owner named it so.
        photo: A path that begins with `root`, as it is spelled.

    Returns:
        A descriptor of a regular file of at most 2 GiB, to be closed by the caller.

    Raises:
        PhotoPathError: It is missing, outside, a link, or no regular file.
    """
    *folders, name = _parts_below(root, photo)
    try:
        if not _BY_DESCRIPTOR:
            return _open_by_name(Path(root), [*folders, name])
        folder = _descend(root, folders)
        try:
            _check_regular(os.stat(name, dir_fd=folder, follow_symlinks=False))
            descriptor = os.open(name, _FILE, dir_fd=folder)
        finally:
            os.close(folder)
        return _checked(descriptor)
    except (OSError, ValueError) as error:
        raise PhotoPathError from error


def open_folder_inside(root: Path, photo: Path) -> int:
    """Open the folder a photo lies in; as `open_inside`, and only where folders have descriptors.

    Raises:
        PhotoPathError: It is missing, outside, or a part of its path is a link.
    """
    *folders, _ = _parts_below(root, photo)
    try:
        return _descend(root, folders)
    except (OSError, ValueError) as error:
        raise PhotoPathError from error


@contextmanager
def readable(photo: Path, root: Path | None) -> Iterator[Path]:
    """Yield a path of the same name by which decoders read the photo that is inside `root`.

    On Linux it leads to the open file, whatever becomes of the photo's own path. Elsewhere it is
    the photo's own path, and afterwards it must still lead to the same file.

    Args:
        photo: The file.
        root: The watched folder it must lie in; None takes the photo as it was named.

    Raises:
        PhotoPathError: From `open_inside`, or the file was swapped meanwhile.
    """
    if root is None:
        yield photo
        return
    descriptor = open_inside(root, photo)
    try:
        if _leads_to_open_files():
            with _link_to(descriptor, photo.name) as link:
                yield link
        else:
            yield photo
            again = open_inside(root, photo)
            try:
                same = os.path.samestat(os.fstat(descriptor), os.fstat(again))
            finally:
                os.close(again)
            if not same:
                raise PhotoPathError
    finally:
        os.close(descriptor)


@contextmanager
def writable(photo: Path, root: Path | None) -> Iterator[Path]:
    """Yield a path of the same name whose folder is the checked one, for writing beside it.

    On Linux the folder is an open one; elsewhere it is checked, and the photo's own path yielded.

    Args:
        photo: The file; it need not exist any more.
        root: The watched folder it must lie in; None takes the photo as it was named.

    Raises:
        PhotoPathError: From `open_folder_inside`.
    """
    if root is None:
        yield photo
    elif not _BY_DESCRIPTOR:
        _check_by_name(Path(root), list(_parts_below(root, photo)[:-1]))
        yield photo
    else:
        folder = open_folder_inside(root, photo)
        try:
            held = _DESCRIPTORS / str(folder) / photo.name
            yield held if _leads_to_open_files() else photo
        finally:
            os.close(folder)


@contextmanager
def _link_to(descriptor: int, name: str) -> Iterator[Path]:
    """Yield a link of that name to an open file, in a private folder of its own."""
    _remove_left_behind()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        link = Path(folder) / name
        link.symlink_to(_DESCRIPTORS / str(descriptor))
        yield link


@functools.cache
def _remove_left_behind() -> None:
    """Once in a process, remove the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not (pid.isdecimal() and Path("/proc", pid).exists()):
            with contextlib.suppress(OSError):
                if folder.lstat().st_uid == os.getuid():
                    shutil.rmtree(folder)


def _parts_below(root: Path, photo: Path) -> tuple[str, ...]:
    try:
        parts = Path(photo).relative_to(root).parts
    except ValueError as error:
        raise PhotoPathError from error
    if not parts or ".." in parts:
        raise PhotoPathError
    return parts


def _descend(root: Path, names: list[str]) -> int:
    folder = os.open(root, _FOLDER)
    for name in names:
        try:
            deeper = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = deeper
    return folder


def _checked(descriptor: int) -> int:
    try:
        _check_regular(os.fstat(descriptor))
    except PhotoPathError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode) or state.st_size > MAXIMUM_BYTES:
        raise PhotoPathError


def _open_by_name(root: Path, names: list[str]) -> int:
    """Where folders have no descriptors: look at every part before and after opening."""
    path = _check_by_name(root, names)
    expected = path.lstat()
    _check_regular(expected)
    descriptor = _checked(os.open(path, _FILE))
    try:
        _check_by_name(root, names)
        if not os.path.samestat(expected, os.fstat(descriptor)):
            raise PhotoPathError
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_by_name(root: Path, names: list[str]) -> Path:
    path = root
    for name in names:
        path /= name
        try:
            state = path.lstat()
        except (OSError, ValueError) as error:
            raise PhotoPathError from error
        # Junctions and other reparse points are not links to Python, but lead away like them.
        reparse = getattr(state, "st_file_attributes", 0) & 0x400
        if stat.S_ISLNK(state.st_mode) or reparse:
            raise PhotoPathError
    return path


def _leads_to_open_files() -> bool:
    """Whether the system has links that lead to open files themselves, not to their names."""
    return _DESCRIPTORS.is_dir()
