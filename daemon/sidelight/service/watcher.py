"""Watches folders and catalogs, and hands over each new photo once it is complete."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from sidelight.errors import StateError
from sidelight.service.census import count_photos, remember_all
from sidelight.service.intake import WatchStore, take_in
from sidelight.service.observers import Hints, open_hints
from sidelight.service.patrol import Patrol
from sidelight.service.root_watch import NOTING, RootWatch
from sidelight.service.settle import WatchTiming
from sidelight.service.suspend import Suspend
from sidelight.state.mounts import mount_of
from sidelight.state.roots import Root

_log = logging.getLogger(__name__)


class Catalogs(Protocol):
    """Reads the registered catalogs."""

    def poll(self) -> float:
        """Read those that changed; return the seconds until there may be something to do."""


class Watcher:
    """Runs one thread for all folders of this computer, and one for each on a network drive.

    Args:
        store: What is known, and whom to tell of new photos.
        timing: All delays.
        catalogs: Polled in a thread of its own; None without catalogs.
        make_hints: Opens the source of hints.
    """

    def __init__(
        self,
        store: WatchStore,
        timing: WatchTiming | None = None,
        *,
        catalogs: Catalogs | None = None,
        make_hints: Callable[[], Hints] = open_hints,
    ) -> None:
        self._store = store
        self._timing = timing or WatchTiming()
        self._catalogs = catalogs
        self._make_hints = make_hints
        self._hints: Hints | None = None
        self._lock = threading.Lock()
        self._watches: dict[int, RootWatch] = {}
        self._patrols: list[Patrol] = []
        self._local: Patrol | None = None
        self._reader: Patrol | None = None
        self._said: set[str] = set()

    def start(self) -> None:
        """Begin with what came while nobody watched.

        Raises:
            StateError: The watched places are not known.
        """
        roots = self._store.roots.list()
        self._hints = self._make_hints()
        self._local = self._begin("watcher", Suspend())
        if self._catalogs is not None:
            self._reader = self._begin("catalogs")
            self._reader.poll = self._catalogs.poll
        for root in roots:
            self._adopt(root)
        for patrol in tuple(self._patrols):
            patrol.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End all threads; what is settling is found again at the next start.

        Args:
            timeout_s: For all together. One that waits for a lost network drive is left behind.
        """
        ends_s = time.monotonic() + timeout_s
        with self._lock:
            patrols = tuple(self._patrols)
        for patrol in patrols:
            patrol.is_stopping = True
            patrol.wake()
        for patrol in patrols:
            if patrol.ident is not None:
                patrol.join(max(ends_s - time.monotonic(), 0.01))
        if self._hints is not None:
            self._hints.close()

    def add(self, root: Root, existing: bool) -> int:
        """Watch a root that is in the store; return how many photos a folder holds already.

        It takes as long as listing the folder does. The photos of a catalog are not counted.

        Args:
            root: The new one.
            existing: Queue what is there; otherwise only remember it.

        Raises:
            StateError, RootNotFoundError: Not all that is there is remembered; it is tried again.
        """
        if root.kind != "folder":
            if self._reader is not None:
                self._reader.wake()
            return 0
        if existing:
            count = count_photos(str(root.path))
            self._adopt(root)
            return count
        # Should the daemon end halfway, it must not take the rest for new.
        roots = self._store.roots
        noting = roots.set_state(root.id, "paused", NOTING)
        try:
            count = remember_all(self._store, root.id, str(root.path))
        except StateError:
            self._adopt(noting)
            raise
        self._adopt(roots.set_state(root.id, "watching"))
        return count

    def remove(self, root_id: int) -> None:
        """Watch a root no more."""
        with self._lock:
            watch = self._watches.pop(root_id, None)
        if watch is not None:
            watch.is_removed = True
            watch.resume()

    def pause(self, root_id: int) -> None:
        """Leave a root alone until it is resumed.

        Raises:
            StateError, RootNotFoundError: It is not noted.
        """
        self._store.roots.set_state(root_id, "paused")
        if (watch := self._watches.get(root_id)) is not None:
            watch.pause()

    def resume(self, root_id: int) -> None:
        """Go on with a root; what came meanwhile is new.

        Raises:
            StateError, RootNotFoundError: It is not noted.
        """
        self._store.roots.set_state(root_id, "watching")
        if (watch := self._watches.get(root_id)) is not None:
            watch.resume()
        elif self._reader is not None:
            self._reader.wake()

    def rescan(self, root_id: int | None = None) -> None:
        """Look at one root, or all, as if nothing had been looked at yet."""
        for watch in self._all():
            if root_id in (None, watch.id):
                watch.rescan()

    def state(self) -> dict[int, dict[str, Any]]:
        """Return for each watched folder what is going on in it.

        Returns:
            Id → known and settling (numbers of photos), polled (no hints come, so it is looked
            at every `poll_s`), network (its drive is elsewhere), last_scan (UTC in ISO 8601, or
            empty) and warnings (sentences).

        Raises:
            StateError: The database cannot be read.
        """
        return {
            watch.id: {
                "known": self._store.seen.count(watch.id),
                "settling": len(watch.intake.settling),
                "polled": watch.is_polled,
                "network": watch.mount.is_network,
                "last_scan": watch.last_scan,
                "warnings": watch.warnings(),
            }
            for watch in self._all()
        }

    def arriving(self) -> int:
        """Return how many new photos of all folders are not complete yet, or not queued yet."""
        return sum(watch.intake.arriving for watch in self._all())

    def take_in(self, root: Root, photos: Iterable[Path]) -> None:
        """Queue photos that a catalog got; durable when this returns.

        Raises:
            StateError, RootNotFoundError: Some were not queued.
        """
        take_in(self._store, root.id, photos)

    def _all(self) -> list[RootWatch]:
        with self._lock:
            return list(self._watches.values())

    def _adopt(self, root: Root) -> None:
        if root.kind != "folder" or self._hints is None or self._local is None:
            return
        patrol = self._local
        if mount_of(root.path).is_network:  # a lost connection must not hold up the others
            patrol = self._begin(f"watcher {root.id}")
        watch = RootWatch(root, self._store, self._timing, self._hints, patrol.wake, self._say)
        self.remove(root.id)
        with self._lock:
            self._watches[root.id] = watch
            patrol.watches.append(watch)
        if patrol is not self._local and self._local.is_alive():
            patrol.start()
        patrol.wake()

    def _begin(self, name: str, suspend: Suspend | None = None) -> Patrol:
        patrol = Patrol(name, self._timing, self.rescan, suspend)
        with self._lock:
            self._patrols = [each for each in self._patrols if not each.is_done] + [patrol]
        return patrol

    def _say(self, text: str) -> None:
        """Log a warning, unless it was logged before, be it of another root."""
        if text not in self._said and len(self._said) < 1000:
            self._said.add(text)
            _log.warning("%s", text)
