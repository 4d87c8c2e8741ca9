"""Folders of one root that something was heard of, gathered until they are looked at."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

MOST = 1000
"""Folders with news at once; beyond, everything is looked at."""


class Marks:
    """Collects hints from any thread for the one that scans.

    Args:
        debounce_s: How long hints are gathered.
        wake: Called when the first of them comes, so that somebody asks for `due_s`.
    """

    def __init__(self, debounce_s: float, wake: Callable[[], None]) -> None:
        self._debounce_s = debounce_s
        self._wake = wake
        self._lock = threading.Lock()
        self._folders: dict[str, bool] = {}
        self._is_everything = False
        self.due_s = math.inf

    def changed(self, folder: str, *, deep: bool) -> None:
        """Note a folder; with `deep`, all that is in it as well."""
        with self._lock:
            if self._is_everything:
                return
            self._folders[folder] = deep or self._folders.get(folder, False)
            self._is_everything = len(self._folders) > MOST
            is_first = self._begin()
        if is_first:
            self._wake()

    def overflowed(self) -> None:
        """Note that hints were lost, so that everything must be looked at."""
        with self._lock:
            self._is_everything = True
            is_first = self._begin()
        if is_first:
            self._wake()

    def take(self, now_s: float) -> tuple[dict[str, bool], bool]:
        """Return folder → deep of what is due, and whether everything is to be looked at."""
        with self._lock:
            if now_s < self.due_s:
                return {}, False
            taken = self._folders, self._is_everything
            self._folders, self._is_everything, self.due_s = {}, False, math.inf
        return ({}, True) if taken[1] else taken

    def clear(self) -> None:
        """Forget everything."""
        self.take(math.inf)

    def _begin(self) -> bool:
        if self.due_s < math.inf:
            return False
        self.due_s = time.monotonic() + self._debounce_s
        return True
