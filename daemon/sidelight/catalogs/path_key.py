"""Paths compared as the system compares them, sixteen bytes each."""

from __future__ import annotations

import os
import sys
import unicodedata
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from sidelight.state.mounts import remote_places

System = Literal["windows", "mac", "linux"]

KEY_BYTES = 16


def _this_system() -> System:
    return {"win32": "windows", "darwin": "mac"}.get(sys.platform, "linux")  # type: ignore[return-value]


def path_key(path: Path | str, system: System | None = None) -> bytes:
    """Return the key of a path; equal keys mean the same file name.

    Capitals, Unicode's forms and the two slashes count as much as they do on the system: on
    Windows and macOS `A.NEF` is `a.nef`, on Linux it is another file. Nothing on disk is asked.

    Args:
        path: Absolute, of a file that need not be there.
        system: This one when None.
    """
    text = os.fspath(path)
    system = system or _this_system()
    if system == "windows":
        text = text.replace("\\", "/").casefold()
    elif system == "mac":
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    text = _without_dots(text)
    return blake2b(
        text.encode("utf-8", "surrogateescape"), digest_size=KEY_BYTES, usedforsecurity=False
    ).digest()


def _without_dots(text: str) -> str:
    # Most paths have nothing to tidy; looking for it costs a tenth of doing it.
    if "//" not in text and "/." not in text and not text.endswith("/"):
        return text
    import posixpath

    return posixpath.normpath(text)


class RealPaths:
    """Where folders of this computer really are, each looked up once.

    Network paths and drives are not touched: a catalog may name any server it likes.
    """

    def __init__(self) -> None:
        self._remote = remote_places() if os.name == "posix" else ()
        self._real = cache(self._look)

    def of(self, path: Path) -> str:
        """Return a file's path with the links in its folder followed, where that is harmless."""
        folder, slash, name = os.fspath(path).rpartition("/")
        return self._real(folder) + slash + name

    def _look(self, folder: str) -> str:
        if os.name != "posix" or not folder.startswith("/") or folder.startswith("//"):
            return folder
        if any(folder == mount or folder.startswith(f"{mount}/") for mount in self._remote):
            return folder
        try:
            return os.path.realpath(folder)
        except (OSError, ValueError):
            return folder
