"""From what the user named to the photos to work on: files, folders, pairs, odd names."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sidelight.imaging import is_photo
from sidelight.workflows.pairs import camera_copies, is_ignored, is_photo_name, own_previews
from sidelight.workflows.result import sentence

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class Photo:
    """A path with the reason why it is not developed, empty if it is.

    Attributes:
        path: As the user named it, or below a folder the user named.
        reason: One sentence, or empty.
        failed: Whether the reason is a failure rather than a choice.
    """

    path: Path
    reason: str = ""
    failed: bool = False


def find_photos(named: Iterable[Path]) -> tuple[Photo, ...]:
    """Return every photo named or below a named folder, each once, in a stable order.

    Links below a folder are not followed, so nothing outside it is touched. A JPEG or other
    rendered file beside a raw file of the same name is the camera's copy and is left alone.
    """
    found: dict[str, Photo] = {}
    for path in named:
        for photo in _expand(path):
            # Not resolved: a link and its target have sidecars of their own.
            found.setdefault(os.path.abspath(photo.path), photo)  # noqa: PTH100
    return tuple(found.values())


def _expand(path: Path) -> Iterator[Photo]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        web = _ADDRESS.match(str(path).replace(":/", "://", 1))
        reason = "this is an address, not a file" if web else "there is no such file"
        yield Photo(path, reason, failed=True)
        return
    except (OSError, ValueError) as error:
        yield Photo(path, sentence(error), failed=True)
        return
    if stat.S_ISDIR(mode):
        yield from _walk(path)
    elif not stat.S_ISREG(mode):
        yield Photo(path, "this is not a regular file", failed=True)
    elif not is_photo(path):
        yield Photo(path, "this is not a kind of photo that Sidelight reads", failed=True)
    else:
        yield Photo(path)


def _walk(top: Path) -> Iterator[Photo]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Photo(folder, f"this folder cannot be listed: {sentence(error)}", failed=True)
            continue
        listed = [entry for entry in listed if not is_ignored(entry.name)]
        waiting += [
            folder / entry.name for entry in reversed(listed) if entry.is_dir(follow_symlinks=False)
        ]
        names = [entry.name for entry in listed if is_photo_name(entry.name) and not entry.is_dir()]
        copies, previews = camera_copies(names), own_previews(names)
        for name in names:
            if name not in previews:
                yield _in_folder(folder / name, name in copies)


def _in_folder(path: Path, is_copy: bool) -> Photo:
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return Photo(path, sentence(error), failed=True)
    if stat.S_ISLNK(mode):
        return Photo(path, "this is a link; name the photo itself")
    if not stat.S_ISREG(mode):
        return Photo(path, "this is not a regular file")
    if is_copy:
        return Photo(path, "the raw file beside it is developed instead")
    return Photo(path)
