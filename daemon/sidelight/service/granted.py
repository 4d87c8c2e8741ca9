"""Folders that a client with the token opened for this run of the service."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MOST = 10_000
"""Folders remembered; of more, the ones named longest ago are forgotten."""


class Granted:
    """Folders in which photos may be named besides those in watched places."""

    def __init__(self) -> None:
        self._folders: dict[Path, None] = {}

    def add(self, folders: Iterable[Path]) -> None:
        """Remember folders; a repeated one counts as new."""
        for folder in folders:
            self._folders.pop(folder, None)
            self._folders[folder] = None
        for folder in list(self._folders)[:-MOST]:
            del self._folders[folder]

    def list(self) -> list[Path]:
        """Return them, the one named last at the end."""
        return list(self._folders)
