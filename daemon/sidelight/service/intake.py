"""From a photo that settled to one that is queued and remembered, in one transaction."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sidelight.service.identity import moved_from, same_content, to_seen
from sidelight.service.readiness import Readiness, State, look
from sidelight.service.scan import read_stamp
from sidelight.service.settle import Pending, Settling, WatchTiming
from sidelight.state.database import Database
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import Root, RootStore
from sidelight.state.values import to_text
from sidelight.workflows.pairs import camera_copies, is_raster_name, own_previews

AT_ONCE = 500
"""Photos handed over in one transaction at most."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A new photo, complete.

    Attributes:
        path: Absolute.
        sha256: Of its content, in hexadecimal.
        seen: What will be remembered of it.
    """

    path: Path
    sha256: str
    seen: SeenPhoto


OnReady = Callable[[Root, list[Ready]], object]


@dataclass(frozen=True)
class WatchStore:
    """Where the watcher reads and writes, and whom it tells.

    Attributes:
        database: Of the other two.
        roots: The watched places.
        seen: The photos known in them.
        on_ready: Queues new photos. It runs inside a transaction of the calling thread, so that a
            photo is queued and known or neither; it must use the database in that thread only.
    """

    database: Database
    roots: RootStore
    seen: SeenPhotos
    on_ready: OnReady

    def hand_over(self, root: int, ready: list[Ready], known: list[SeenPhoto]) -> None:
        """Queue what is ready, and remember it together with what is known anyway.

        Raises:
            RootNotFoundError: The root was removed meanwhile.
            StateError: Nothing was queued or remembered.
        """
        if not (ready or known):
            return
        # What is only remembered can be found out again, and need not wait for the disk.
        with self.database.write(durable=bool(ready)):
            if ready:
                self.on_ready(self.roots.get(root), ready)
            self.seen.remember([*known, *(photo.seen for photo in ready)])

    def move(self, moved: Mapping[Path, SeenPhoto]) -> None:
        """Let photos that were seen go on under new names, all in one transaction.

        Raises:
            StateError: None was moved.
        """
        with self.database.write(durable=False):
            for old, new in moved.items():
                self.seen.move(old, new)
            # Where two swapped their names, the second move took the first one's new row away.
            self.seen.remember(moved.values())


@dataclass
class _Batch:
    """What one look at settled photos found; `looked` is what to look at again if it is lost."""

    looked: list[Pending] = field(default_factory=list)
    ready: list[Ready] = field(default_factory=list)
    known: list[SeenPhoto] = field(default_factory=list)
    moved: dict[Path, SeenPhoto] = field(default_factory=dict)
    aside: dict[str, set[str]] = field(default_factory=dict)


class Intake:
    """The photos of one root that settle, and what becomes of them.

    Args:
        root: Its id.
        store: Where to.
        timing: For this kind of drive.
        knows_writers: Whether this computer can tell that a program writes a file there.
    """

    def __init__(
        self, root: int, store: WatchStore, timing: WatchTiming, *, knows_writers: bool
    ) -> None:
        self.settling = Settling(timing.settle_s)
        self._in_hand = 0
        self._root = root
        self._store = store
        self._timing = timing
        self._knows_writers = knows_writers

    @property
    def arriving(self) -> int:
        """Photos that settle, or did and are being read and queued at this moment."""
        return len(self.settling) + self._in_hand

    def deliver(self, now_s: float) -> None:
        """Look at photos whose time has come, for a while, and hand over what is ready.

        Raises:
            StateError, RootNotFoundError: Nothing was handed over; it is tried again.
        """
        ends_s = time.monotonic() + self._timing.slice_s
        batch = _Batch()
        try:
            for pending in self.settling.take_due(now_s):
                batch.looked.append(pending)
                self._in_hand = len(batch.looked)
                self._look(pending, time.monotonic(), batch)
                if len(batch.ready) >= AT_ONCE or time.monotonic() > ends_s:
                    break
            if batch.moved:
                self._store.move(batch.moved)
            self._store.hand_over(self._root, batch.ready, batch.known)
        except BaseException:
            for pending in batch.looked:
                self.settling.look_again(pending, now_s + self._timing.retry_s)
            raise
        finally:
            self._in_hand = 0

    def _look(self, pending: Pending, now_s: float, batch: _Batch) -> None:
        path = os.path.join(pending.folder, pending.name)  # noqa: PTH118
        try:
            stamp = read_stamp(path)
        except OSError:
            return  # gone; if it is only out of reach, the next scan finds it
        if stamp is None:
            return
        if stamp != pending.stamp:
            self._start_anew(pending, Readiness("changed", stamp), now_s)
        elif self._is_aside(pending, batch):
            batch.known.append(to_seen(self._root, Path(path), stamp))
        elif (found := look(path, stamp, accept=self._accepted(pending, now_s))).state == "ready":
            self._decide(Path(path), found, batch)
        elif found.state == "changed":
            self._start_anew(pending, found, now_s)
        elif found.state != "gone":
            self._wait(pending, found, now_s)

    def _is_aside(self, pending: Pending, batch: _Batch) -> bool:
        """Whether the raw file of a JPEG has come meanwhile, or it is one of our previews."""
        if not is_raster_name(pending.name):
            return False
        if pending.folder not in batch.aside:
            names: list[str] = []
            with suppress(OSError):
                names = os.listdir(pending.folder)  # noqa: PTH208
            batch.aside[pending.folder] = camera_copies(names) | own_previews(names)
        return pending.name in batch.aside[pending.folder]

    def _accepted(self, pending: Pending, now_s: float) -> frozenset[State]:
        unchanged_s = now_s - pending.since_s
        accepted: set[State] = set()
        if unchanged_s >= self._timing.doubt_s:
            accepted.add("doubtful")
        if unchanged_s >= self._timing.writer_s or not self._knows_writers:
            accepted.add("written")
        return frozenset(accepted)

    def _decide(self, path: Path, found: Readiness, batch: _Batch) -> None:
        """New, or known by its content?"""
        assert found.stamp is not None
        seen = to_seen(self._root, path, found.stamp, found.sha256)
        before = same_content(self._store.seen, path, found.sha256)
        if before is None or before.path in batch.moved:  # the second heir is a copy
            batch.ready.append(Ready(path, found.sha256, seen))
        elif before.path == path:
            batch.known.append(seen)
        else:
            batch.moved[before.path] = seen

    def _start_anew(self, pending: Pending, found: Readiness, now_s: float) -> None:
        if found.stamp is not None:
            pending.stamp, pending.since_s = found.stamp, now_s
            self.settling.look_again(pending, max(now_s + self._timing.settle_s, pending.until_s))

    def _wait(self, pending: Pending, found: Readiness, now_s: float) -> None:
        """Look again, the later the longer it has not changed; never give it up."""
        unchanged_s = now_s - pending.since_s
        delay_s = min(max(self._timing.settle_s, unchanged_s / 2), self._timing.poll_s)
        _log.debug("%s is %s %s", to_text(pending.name), found.state, found.reason)
        self.settling.look_again(pending, now_s + delay_s)


def take_in(store: WatchStore, root: int, paths: Iterable[Path]) -> None:
    """Queue photos of a catalog, which need not settle; durable when this returns.

    Raises:
        StateError, RootNotFoundError: Some were not queued.
    """
    for portion in _portions(paths):
        found = (_read(store.seen, root, path) for path in portion)
        store.hand_over(root, [ready for ready in found if ready is not None], [])


def _read(seen: SeenPhotos, root: int, path: Path) -> Ready | None:
    """Return a photo unless it is known under this path, as one of a watched folder is."""
    for _ in range(3):
        try:
            stamp = read_stamp(path)
        except OSError:
            return None
        if stamp is None:
            return None
        if (before := moved_from(seen, path, stamp)) and before.path == path:
            return None
        found = look(os.fspath(path), stamp, accept=frozenset(("written", "doubtful")))
        if found.state == "ready" and found.stamp is not None:
            before = same_content(seen, path, found.sha256)
            if before is not None and before.path == path:
                return None
            return Ready(path, found.sha256, to_seen(root, path, found.stamp, found.sha256))
        if found.state != "changed":
            break
    _log.warning("%s is in a catalog, but cannot be read now", to_text(path.name))
    return None


def _portions(paths: Iterable[Path]) -> Iterator[list[Path]]:
    portion: list[Path] = []
    for path in paths:
        portion.append(path)
        if len(portion) == AT_ONCE:
            yield portion
            portion = []
    yield portion
