"""A path that somebody sent: may it be opened, and which photo is it?

Only photos inside watched folders, and those a watched catalog holds, may be named. The answer
for a photo that is missing and for one that is forbidden is the same.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from sidelight.errors import PhotoPathError
from sidelight.workflows.anchored import open_inside

__all__ = [
    "PhotoPathError",
    "check_photo_path",
    "find_photo",
    "is_plain_path",
    "open_inside",
    "root_of",
]

MAXIMUM_LENGTH = 4096
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
_FOLDS_CASE = sys.platform in ("darwin", "win32")


def is_plain_path(text: str, *, windows: bool = os.name == "nt") -> bool:
    """Whether `text` is an absolute path of a local file, judged by its characters alone.

    Refused are network and device paths (`\\\\host\\share`, `\\\\?\\`), addresses, relative paths,
    empty, `.` and `..` parts, NUL bytes, more than 4096 characters, and on every system a file
    name that Windows takes for something else: a device (`CON`, `COM1.NEF`), a stream
    (`a.NEF:stream`), one that ends in a dot or space. Percent signs stay what they are.

    Args:
        text: As it was sent.
        windows: Whether drive letters begin a path and `\\` separates its parts.
    """
    if not text or len(text) > MAXIMUM_LENGTH or "\0" in text:
        return False
    if windows:
        drive, rest = text[:2], text[2:].replace("\\", "/")
        local = drive[:1].isascii() and drive[:1].isalpha() and drive[1:] == ":"
    else:
        local, rest = True, text
    if not local or not rest.startswith("/"):
        return False
    *folders, name = rest[1:].split("/")
    if not all(map(_is_step, [*folders, name])):
        return False
    return _is_file_name(name) and (not windows or all(map(_is_file_name, folders)))


def _is_step(name: str) -> bool:
    return name not in ("", ".", "..")


def _is_file_name(name: str) -> bool:
    # Older Windows takes the name before the first dot for the device, whatever follows.
    stem = name.partition(".")[0].rstrip(" ").lower()
    return ":" not in name and "\\" not in name and name[-1] not in ". " and stem not in _DEVICES


def check_photo_path(
    text: str,
    roots: Iterable[Path],
    also: Callable[[Path], bool] = lambda path: False,
) -> Path:
    """Return the photo that `text` names, if it may be opened and is there.

    Args:
        text: As it was sent.
        roots: Watched folders.
        also: Whether a path outside them is a photo that a watched catalog holds.

    Returns:
        The photo's path as spelled from its root.

    Raises:
        PhotoPathError: Always with the same sentence.
    """
    return find_photo(text, roots, also)[0]


def find_photo(
    text: str,
    roots: Iterable[Path],
    also: Callable[[Path], bool] = lambda path: False,
) -> tuple[Path, Path]:
    """As `check_photo_path`; returns the photo and the folder that it must be opened inside."""
    if not is_plain_path(text):
        raise PhotoPathError
    path = Path(text)
    root = root_of(path, roots)
    if root is None:
        if not also(path):
            raise PhotoPathError
        root = path.parent
    else:
        path = root / Path(*path.parts[len(_root_as_spelled(path, root)) :])
    os.close(open_inside(root, path))
    return path, root


def root_of(photo: Path, roots: Iterable[Path]) -> Path | None:
    """Return the root a path lies below, part for part, the deepest of several; None outside."""
    inside = [root for root in roots if _root_as_spelled(photo, root)]
    return max(inside, key=lambda root: len(root.parts), default=None)


def _root_as_spelled(photo: Path, root: Path) -> tuple[str, ...]:
    """Return the parts of `photo` that name the root, empty when it does not lie below it.

    A root may also be spelled by where it really is.
    """
    folded = [_fold(part) for part in photo.parts]
    for spelled in (root, _real(root)):
        wanted = [_fold(part) for part in spelled.parts]
        if len(wanted) < len(folded) and folded[: len(wanted)] == wanted:
            return photo.parts[: len(wanted)]
    return ()


def _fold(part: str) -> str:
    """Where the system tells no capitals apart, neither does the comparison.

    What is opened afterwards begins at the registered root in any case.
    """
    return unicodedata.normalize("NFC", part).casefold() if _FOLDS_CASE else part


def _real(root: Path) -> Path:
    try:
        return root.resolve()
    except (OSError, RuntimeError):
        return root
