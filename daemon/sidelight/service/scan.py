"""What is in a folder right now: the truth behind every event of the file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sidelight.workflows.pairs import camera_copies, is_ignored, is_photo_name, own_previews

_IS_WINDOWS = os.name == "nt"


class Stamp(NamedTuple):
    """A file as the file system describes it; a changed file has another one.

    Attributes:
        device: Number of the file system.
        inode: The file's number there; 0 where there is none.
        size: In bytes.
        mtime_ns: Time of the last change, in nanoseconds.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp in the answer of `stat`."""
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def read_stamp(path: str | os.PathLike[str]) -> Stamp | None:
    """Return a regular file's stamp, None for what is none; links are not followed.

    Raises:
        OSError: It is gone or out of reach.
    """
    status = os.lstat(path)
    return stamp_of(status) if stat.S_ISREG(status.st_mode) else None


@dataclass(slots=True)
class Listing:
    """One folder's content, without links, pipes, devices and other programs' leftovers.

    Attributes:
        folders: Names of the folders in it.
        photos: Name → stamp of every photo.
        aside: Names of photos that are not developed: a camera's JPEG beside its raw file and
            pictures that `--preview` wrote.
    """

    folders: list[str] = field(default_factory=list)
    photos: dict[str, Stamp] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> int:
        """A number that changes when a photo comes, goes or changes; only of use in a process."""
        return hash(frozenset(self.photos.items()))


def list_folder(folder: str) -> Listing:
    """Return what is in a folder; no file is opened.

    Raises:
        OSError: It cannot be listed.
    """
    found = Listing()
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(entry.name):
                continue
            if _is_folder(entry):
                found.folders.append(entry.name)
            elif is_photo_name(entry.name) and (stamp := _stamp(entry)):
                found.photos[entry.name] = stamp
    found.aside = frozenset(camera_copies(found.photos) | own_previews(found.photos))
    return found


def walk(top: str) -> Iterator[tuple[str, Listing | OSError]]:
    """List a folder and all below it, however deep; what cannot be listed is yielded as error."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            listing = list_folder(folder)
        except OSError as error:
            yield folder, error
            continue
        waiting += [os.path.join(folder, name) for name in listing.folders]  # noqa: PTH118
        yield folder, listing


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        if not entry.is_dir(follow_symlinks=False):
            return False
    except OSError:
        return False
    # A junction leads elsewhere as a link does, possibly round in a circle.
    return not getattr(entry, "is_junction", bool)()


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        if _IS_WINDOWS:  # where a listing knows neither device nor inode
            return stamp_of(os.lstat(entry.path))
        return stamp_of(entry.stat(follow_symlinks=False))
    except OSError:
        return None  # gone in between
