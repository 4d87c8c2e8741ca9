"""A watched folder with a real database, for tests of the watcher and its parts."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.service.identity import to_seen
from sidelight.service.intake import Ready, WatchStore
from sidelight.service.observers import Hints, open_hints
from sidelight.service.root_watch import RootWatch
from sidelight.service.scan import read_stamp
from sidelight.service.settle import WatchTiming
from sidelight.service.watcher import Watcher
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import Root, RootStore

SHORT = WatchTiming(
    settle_s=0.15, network_settle_s=0.3, debounce_s=0.03, rescan_s=600.0, poll_s=0.3,
    tick_s=0.2, retry_s=0.1, slice_s=0.1,
)  # fmt: skip


class Watched:
    """One root, and what became a job in it.

    Attributes:
        top: The root's folder.
        ready: Every photo that was handed over, in order.
        refuse: Raised by the next hand-over, once.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.top = tmp_path / "photos"
        self.top.mkdir()
        self.database = Database(tmp_path / "state" / "sidelight.db")
        self.roots = RootStore(self.database)
        self.seen = SeenPhotos(self.database)
        self.jobs = JobStore(self.database, EventLog(self.database))
        self.ready: list[Ready] = []
        self.batches: list[int] = []
        self.refuse: Exception | None = None
        self.store = WatchStore(self.database, self.roots, self.seen, self.arrived)
        self.root = self.add_root(self.top)
        self.watcher: Watcher | None = None
        self.hints: list[Hints] = []

    # The root

    def add_root(self, path: Path) -> Root:
        return self.roots.add(path, "folder", editors=["lightroom"])

    def arrived(self, root: Root, ready: list[Ready]) -> None:
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error
        requests = [Request(photo.path, {}, sha256=photo.sha256) for photo in ready]
        self.jobs.enqueue(requests, batch="b", root=root.id)
        self.ready += ready
        self.batches.append(len(ready))

    @property
    def state(self) -> tuple[str, str]:
        root = self.roots.get(self.root.id)
        return root.state, root.reason

    @property
    def names(self) -> list[str]:
        """Names of what became a job, sorted."""
        return sorted(photo.path.name for photo in self.ready)

    @property
    def count(self) -> Counter[str]:
        return Counter(os.fspath(photo.path) for photo in self.ready)

    # Files

    def write(self, name: str, content: bytes | None = None) -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"II* " + os.fsencode(name) if content is None else content)
        return path

    def remember(self, path: Path, sha256: str | None = None) -> SeenPhoto:
        stamp = read_stamp(path)
        assert stamp is not None
        photo = to_seen(self.root.id, path, stamp, sha256)
        self.seen.remember([photo])
        return photo

    # The whole watcher

    def start(self, timing: WatchTiming = SHORT, **options: Any) -> Watcher:
        self.watcher = Watcher(self.store, timing, **options)
        self.watcher.start()
        return self.watcher

    def start_without_root(self) -> Watcher:
        """Start, and only then put the root in the store."""
        self.roots.remove(self.root.id)
        watcher = self.start()
        self.root = self.add_root(self.top)
        return watcher

    def until(self, done: Callable[[], object], timeout_s: float = 60.0) -> None:
        ends = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < ends, f"waited {timeout_s:g} s in vain: {self.names[:20]}"
            time.sleep(0.02)

    def until_scanned(self) -> None:
        assert self.watcher is not None
        watcher = self.watcher
        self.until(lambda: all(state["last_scan"] for state in watcher.state().values()))

    def until_quiet(self, rest_s: float = 0.5) -> None:
        """Wait until nothing settles any more for a while."""
        assert self.watcher is not None
        watcher, since = self.watcher, time.monotonic()
        while time.monotonic() - since < rest_s:
            if any(state["settling"] for state in watcher.state().values()):
                since = time.monotonic()
            time.sleep(0.02)

    # One root step by step, in the thread of the test

    def watch(self, timing: WatchTiming = SHORT, hints: Hints | None = None) -> RootWatch:
        self.hints.append(hints or open_hints())
        woken = threading.Event()
        root = self.roots.get(self.root.id)
        return RootWatch(root, self.store, timing, self.hints[-1], woken.set)

    def drive(self, watch: RootWatch, done: Callable[[], object], timeout_s: float = 30.0) -> None:
        ends = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < ends, f"waited {timeout_s:g} s in vain: {self.names[:20]}"
            due_s = watch.step(time.monotonic())
            time.sleep(min(max(due_s - time.monotonic(), 0.001), 0.02))

    def drive_for(self, watch: RootWatch, seconds: float) -> None:
        ends = time.monotonic() + seconds
        self.drive(watch, lambda: time.monotonic() > ends)

    def stop(self) -> None:
        if self.watcher is not None:
            self.watcher.stop()
            self.watcher = None

    def close(self) -> None:
        self.stop()
        for hints in self.hints:
            hints.close()
        self.database.close()
