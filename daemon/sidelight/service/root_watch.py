"""One watched folder: what is looked at in it, and when."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sidelight.errors import RootError, StateError
from sidelight.service.census import Census, remember_all
from sidelight.service.intake import Intake, WatchStore
from sidelight.service.known_photos import device_of, drop_gone, has_too_many_gone
from sidelight.service.marks import Marks
from sidelight.service.observers import EXHAUSTED, Hints
from sidelight.service.presence import Presence, find_root
from sidelight.service.settle import WatchTiming
from sidelight.state.mounts import Mount, mount_of
from sidelight.state.roots import Root, RootNotFoundError, RootState
from sidelight.state.values import to_text
from sidelight.workflows.result import sentence

NOTING = "Sidelight is still noting which photos are there already"
"""Why a root is paused while it is being added; after a crash that is done again."""

REST = 4
"""What took long is left alone for so many times as long."""

MOST_REST_S = 4.0
"""But never longer than this, so that lost events are made good soon."""

MOST_WARNINGS = 20

POLLED = "the system tells of changes in no more folders, so they are looked at every {:g} s"
CURE = (
    "; to cure it, run: sudo sysctl fs.inotify.max_user_watches=1048576 "
    "fs.inotify.max_user_instances=1024, and start Sidelight again"
)

_log = logging.getLogger(__name__)


class RootWatch:
    """Watches one folder, step by step, in one thread; flags may be set from any other.

    Args:
        root: The folder.
        store: What is known, and whom to tell of new photos.
        timing: All delays.
        hints: Where hints come from.
        wake: Called, in whatever thread, when `step` should be called before its time.
        say: Logs a warning once.
    """

    def __init__(
        self,
        root: Root,
        store: WatchStore,
        timing: WatchTiming,
        hints: Hints,
        wake: Callable[[], None],
        say: Callable[[str], None] = _log.warning,
    ) -> None:
        self.id = root.id
        self.top = str(root.path)
        self.is_removed = False
        self.is_polled = False
        self.mount = Mount()
        self.last_scan = ""
        self._path = root.path
        self._store = store
        self._all_timing = self._timing = timing
        self._hints = hints
        self._wake = wake
        self._say = say
        self._marks = Marks(timing.debounce_s, wake)
        self._must_note = root.state == "paused" and root.reason == NOTING
        self._should_pause = root.state == "paused" and not self._must_note
        self._should_rescan = False
        self._told: tuple[str, str] = (root.state, root.reason)
        self._presence: Presence | None = None
        self._device: int | None = None
        self._presence_due_s = 0.0
        self._lock = threading.Lock()
        self._warnings: dict[str, str] = {}
        self._renew()

    def _renew(self) -> None:
        """Begin anew: nothing is settling, listed or waiting."""
        knows_writers = not self.mount.is_network
        self._timing = self._all_timing.on(network=self.mount.is_network)
        self.intake = Intake(self.id, self._store, self._timing, knows_writers=knows_writers)
        self._census = Census(
            self.id,
            self._store,
            self.intake.settling,
            self._timing.pair_s,
            stable_inodes=self.mount.has_stable_inodes,
        )
        self._stack: list[tuple[str, bool]] = []
        self._visited: set[str] | None = None
        self._walk_began_s = 0.0
        self._rescan_due_s = math.inf
        self._not_before_s = 0.0
        self._later: dict[str, tuple[float, bool]] = {}
        self._costs: dict[str, float] = {}
        self._marks.clear()

    # From any thread

    def pause(self) -> None:
        """Look at nothing until `resume`."""
        self._should_pause = True
        self._wake()

    def resume(self) -> None:
        """Go on, with what came meanwhile."""
        self._should_pause = False
        self._wake()

    def rescan(self) -> None:
        """Look at everything soon."""
        self._should_rescan = True
        self._wake()

    def warnings(self) -> list[str]:
        """Return what does not work as it should, one sentence each."""
        with self._lock:
            return list(dict.fromkeys(self._warnings.values()))

    # In the thread of the watcher

    def step(self, now_s: float) -> float:
        """Do what is due; return the monotonic time of the next step."""
        try:
            if self._should_pause or self.is_removed:
                self._leave()
                return math.inf
            self._find(now_s)
            if self._presence is None:
                return self._presence_due_s
            self._choose(now_s)
            self._walk()
            self.intake.deliver(now_s)
            self._forgive("state")
        except RootNotFoundError:
            self.is_removed = True
            self._leave()
            return math.inf
        except StateError as error:
            self._warn("state", f"new photos wait: {sentence(error)}")
            return now_s + self._timing.retry_s
        return self._next_s(now_s)

    def stop(self) -> None:
        """Give back what the system lent."""
        self._hints.unwatch(self.top)

    def _next_s(self, now_s: float) -> float:
        if self._stack:
            return now_s
        later = min((due_s for due_s, _ in self._later.values()), default=math.inf)
        return min(
            self._presence_due_s,
            max(self._rescan_due_s, self._not_before_s),
            self._marks.due_s,
            self.intake.settling.next_s,
            later,
        )

    # Whether it is there

    def _find(self, now_s: float) -> None:
        """Look now and then whether the folder is there, and the same one."""
        if self._should_rescan:
            self._should_rescan, self._presence_due_s = False, 0.0
            self._rescan_due_s = now_s
            self._census.keep(())
        if now_s < self._presence_due_s:
            return
        if self._device is None:
            self._device = device_of(self._store.database, self.id)
        try:
            found = find_root(self.top, self._device)
        except RootError as error:
            self._lose(str(error))
        else:
            before = self._presence
            if before is None or (before.device, before.inode) != (found.device, found.inode):
                self._arrive(found, now_s)
            self._presence = found
        rest_s = self._timing.poll_s if self.mount.is_network else self._timing.tick_s
        self._presence_due_s = time.monotonic() + rest_s

    def _arrive(self, found: Presence, now_s: float) -> None:
        self._hints.unwatch(self.top)
        self.mount = mount_of(self._path)
        self.is_polled = self.mount.is_network
        self._forgive("hints")
        self._renew()
        if self._must_note:
            remember_all(self._store, self.id, self.top)
            self._must_note = False
        self._device = self._known_device(found)
        self._tell("watching")
        self._rescan_due_s = now_s

    def _known_device(self, found: Presence) -> int:
        """Return where the photos of this root are, as far as known."""
        if not found.is_empty or self._device is None:
            return found.device
        return self._device

    def _lose(self, reason: str) -> None:
        if self._presence is not None:
            _log.warning("%s: %s", to_text(self.top), reason)
            self._hints.unwatch(self.top)
        self._presence = None
        self._renew()
        self._tell("missing", reason)

    def _leave(self) -> None:
        if self._presence is not None:
            self._hints.unwatch(self.top)
            self._presence = None
            self._renew()
        self._presence_due_s = 0.0
        self._told = ("paused", "")

    def _tell(self, state: RootState, reason: str = "") -> None:
        """Note the root's state, unless the user has paused it."""
        if self._told == (state, reason) or self._must_note:
            return
        with self._store.database.write():
            now = self._store.roots.get(self.id)
            if now.state != "paused" or now.reason == NOTING:
                self._store.roots.set_state(self.id, state, reason)
        self._told = (state, reason)

    # What is looked at

    def _choose(self, now_s: float) -> None:
        """Put on the stack what is due."""
        folders, is_everything = self._marks.take(now_s)
        if is_everything:
            self._rescan_due_s = now_s
        for folder, deep in folders.items():
            if not f"{folder}{os.sep}".startswith(f"{self.top}{os.sep}"):
                self._rescan_due_s = now_s  # its real name, where the root is a link
                continue
            self._later[folder] = (self._costs.pop(folder, 0.0), deep)
        for folder, (due_s, deep) in tuple(self._later.items()):
            if due_s <= now_s:
                del self._later[folder]
                self._stack.append((folder, deep))
                if folder == self.top and deep:
                    self._presence_due_s = 0.0
        due_s = max(self._rescan_due_s, self._not_before_s)
        if due_s <= now_s and self._visited is None:
            self._stack = [(self.top, True)]
            self._visited = set()
            self._census.count = 0
            self._walk_began_s = now_s
            self._rescan_due_s = math.inf

    def _walk(self) -> None:
        """Look at one folder after the other for a while."""
        ends_s = time.monotonic() + self._timing.slice_s
        while self._stack and time.monotonic() < ends_s:
            folder, deep = self._stack.pop()
            try:
                inside = self._look(folder)
            except StateError:
                self._stack.append((folder, deep))
                raise
            if deep:
                self._stack += [(each, True) for each in inside]
        if self._visited is not None and not self._stack:
            self._finish_walk()

    def _look(self, folder: str) -> list[str]:
        began_s = time.monotonic()
        self._watch(folder)
        try:
            inside = self._census.look(folder, began_s)
        except OSError as error:
            self._cannot(folder, error)
            return []
        self._forgive(folder)
        ended_s = time.monotonic()
        if ended_s - began_s > self._timing.debounce_s / 10:
            self._costs[folder] = ended_s + min(REST * (ended_s - began_s), MOST_REST_S)
        if self._visited is not None:
            self._visited.add(folder)
        return inside

    def _watch(self, folder: str) -> None:
        if self.is_polled:
            return
        try:
            self._hints.watch(folder, self._marks, is_root=folder == self.top)
        except OSError as error:
            if error.errno not in EXHAUSTED:
                return  # gone, or not to be read: listing it says so
            self.is_polled = True
            self._hints.unwatch(self.top)
            cure = CURE if sys.platform == "linux" else ""
            self._warn("hints", POLLED.format(self._timing.poll_s) + cure)

    def _cannot(self, folder: str, error: OSError) -> None:
        if folder == self.top:
            self._presence_due_s = 0.0
        elif isinstance(error, FileNotFoundError | NotADirectoryError):
            self._hints.unwatch(folder)
            self._census.forget(folder)
        else:
            name = to_text(folder)
            self._warn(folder, f"{name} cannot be listed: {error.strerror or error}")

    def _finish_walk(self) -> None:
        assert self._visited is not None
        self._census.keep(self._visited)
        self._hints.keep(self.top, self._visited)
        self._visited = None
        if has_too_many_gone(self._store.seen.count(self.id), self._census.count):
            dropped = drop_gone(self._store.database, self.id)
            _log.info("%d photos are gone for good from root %d", dropped, self.id)
        now_s = time.monotonic()
        self.last_scan = datetime.now(UTC).isoformat(timespec="seconds")
        rest_s = self._timing.poll_s if self.is_polled else self._timing.rescan_s
        self._rescan_due_s = min(self._rescan_due_s, now_s + rest_s)
        self._not_before_s = now_s + min(REST * (now_s - self._walk_began_s), MOST_REST_S)

    def _warn(self, subject: str, text: str) -> None:
        with self._lock:
            is_new = self._warnings.get(subject) != text
            if is_new and len(self._warnings) < MOST_WARNINGS:  # a thousand folders say no more
                self._warnings[subject] = text
        if is_new:
            self._say(text)

    def _forgive(self, subject: str) -> None:
        if self._warnings:
            with self._lock:
                self._warnings.pop(subject, None)
