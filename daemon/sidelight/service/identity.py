"""Whether a photo is one that was seen before, under this name or another.

A photo that was moved or renamed is the same photo; a copy beside its original is a new one.
"""

from __future__ import annotations

import os
from pathlib import Path

from sidelight.service.scan import Stamp, read_stamp
from sidelight.state.photos import SeenPhoto, SeenPhotos


def to_seen(root: int, path: Path, stamp: Stamp, sha256: str | None = None) -> SeenPhoto:
    """Return what is remembered of a photo."""
    return SeenPhoto(path, root, *stamp, sha256=sha256)


def is_unchanged(seen: SeenPhoto, stamp: Stamp, *, stable_inodes: bool) -> bool:
    """Whether a file of the same path is the photo that was seen.

    Args:
        seen: What is remembered.
        stamp: The file now.
        stable_inodes: Whether its drive numbers files the same whenever it is connected.
    """
    if (seen.size, seen.mtime_ns) != (stamp.size, stamp.mtime_ns):
        return False
    # A drive may get another number at each connection, and then says nothing about its files.
    return seen.inode == stamp.inode or seen.device != stamp.device or not stable_inodes


def is_touched(seen: SeenPhoto, stamp: Stamp) -> bool:
    """Whether a photo of unknown content only has another time; it counts as unchanged.

    Nobody read what was there when its root was added, and a touch must not make it new.
    """
    return seen.sha256 is None and (seen.size, seen.inode) == (stamp.size, stamp.inode)


def moved_from(seen: SeenPhotos, path: Path, stamp: Stamp) -> SeenPhoto | None:
    """Return the photo this file was until it got its present name, judged without reading it.

    Raises:
        StateError: The database cannot be read.
    """
    if not stamp.inode:
        return None
    for photo in seen.by_inode(stamp.device, stamp.inode):
        if (photo.size, photo.mtime_ns) != (stamp.size, stamp.mtime_ns):
            continue
        if photo.path == path or is_gone(photo, path):
            return photo
    return None


def same_content(seen: SeenPhotos, path: Path, sha256: str) -> SeenPhoto | None:
    """Return the photo of this content that the file is or was; None for a new one or a copy.

    Raises:
        StateError: The database cannot be read.
    """
    photos = seen.by_content(sha256)
    for photo in photos:
        if photo.path == path:
            return photo
    return next((photo for photo in photos if is_gone(photo, path)), None)


def is_gone(photo: SeenPhoto, instead: Path) -> bool:
    """Whether a photo is no longer where it was seen; its drive must be there to tell.

    Args:
        photo: What is remembered.
        instead: Another name under which it may be seen now.
    """
    try:
        stamp = read_stamp(photo.path)
    except (FileNotFoundError, NotADirectoryError):
        return _nearest_device(photo.path.parent) == photo.device
    except OSError:
        return False
    if stamp is None:
        return True
    if stamp.device != photo.device:
        return False
    return stamp.inode != photo.inode or _is_same_name_in_other_case(photo.path, instead)


def _nearest_device(folder: Path) -> int | None:
    for place in (folder, *folder.parents):
        try:
            return place.stat().st_dev
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
    return None


def _is_same_name_in_other_case(old: Path, new: Path) -> bool:
    """Whether a file was renamed to a name that its drive takes for the same."""
    if old == new or old.parent != new.parent or old.name.casefold() != new.name.casefold():
        return False
    return old.name not in os.listdir(old.parent)  # noqa: PTH208
