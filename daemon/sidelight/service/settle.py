"""Photos that arrived and are watched until nobody writes them any more."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from sidelight.config import Config
from sidelight.service.scan import Stamp

PAIR_FACTOR = 5
"""A lone JPEG waits this many settle times for the raw file it may belong to."""


@dataclass(frozen=True)
class WatchTiming:
    """The watcher's delays, in seconds.

    Attributes:
        settle_s: How long a file must stay unchanged.
        network_settle_s: The same on a network drive.
        debounce_s: How long events are gathered before their folders are listed.
        rescan_s: Between two complete looks at a root.
        poll_s: The same where no events come.
        tick_s: Between two looks at whether a root is there and the computer slept.
        retry_s: Until what the database refused is tried again.
        slice_s: The longest that one thing is done while others are due.
    """

    settle_s: float = 2.0
    network_settle_s: float = 10.0
    debounce_s: float = 0.5
    rescan_s: float = 600.0
    poll_s: float = 60.0
    tick_s: float = 5.0
    retry_s: float = 5.0
    slice_s: float = 0.3

    @classmethod
    def of(cls, config: Config) -> WatchTiming:
        """Return the delays the user chose."""
        names = ("settle_s", "network_settle_s", "debounce_s", "rescan_s", "poll_s")
        return cls(**{name: getattr(config, name) for name in names})

    def on(self, *, network: bool) -> WatchTiming:
        """Return the delays for a root on such a drive."""
        return replace(self, settle_s=self.network_settle_s) if network else self

    @property
    def pair_s(self) -> float:
        """How long a lone JPEG waits for its raw file."""
        return PAIR_FACTOR * self.settle_s

    @property
    def doubt_s(self) -> float:
        """How long a file must stay unchanged that may be incomplete: its end is empty."""
        return 15 * self.settle_s

    @property
    def writer_s(self) -> float:
        """How long a file must stay unchanged that a program still has open for writing."""
        return 150 * self.settle_s


@dataclass(slots=True)
class Pending:
    """A photo that settles. Times are of the monotonic clock.

    Attributes:
        folder: Where it lies.
        name: Its name there.
        stamp: As it was when it last changed.
        since_s: When that was noticed.
        until_s: Not ready before, whatever its stamp.
        due_s: When to look at it next.
    """

    folder: str
    name: str
    stamp: Stamp
    since_s: float
    until_s: float
    due_s: float


class Settling:
    """The photos that settle, in the order in which they are to be looked at.

    Args:
        settle_s: How long each must stay unchanged.
    """

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self._folders: dict[str, dict[str, Pending]] = {}
        self._heap: list[tuple[float, int, Pending]] = []
        self._order = count()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def in_folder(self, folder: str) -> dict[str, Pending]:
        """Return a folder's photos by name."""
        return self._folders.get(folder, {})

    def note(self, folder: str, name: str, stamp: Stamp, now_s: float, wait_s: float = 0.0) -> None:
        """Add a photo, or start anew if its stamp differs.

        Args:
            folder: Where it lies.
            name: Its name there.
            stamp: As it is now.
            now_s: The monotonic clock.
            wait_s: How long it waits at least from now on; not counted anew when it changes.
        """
        names = self._folders.setdefault(folder, {})
        pending = names.get(name)
        if pending is None:
            pending = Pending(folder, name, stamp, now_s, now_s + wait_s, 0.0)
            names[name] = pending
            self._count += 1
        elif pending.stamp == stamp:
            return
        pending.stamp, pending.since_s = stamp, now_s
        self.look_again(pending, max(now_s + self.settle_s, pending.until_s))

    def look_again(self, pending: Pending, due_s: float) -> None:
        """Look at a photo at another time; it counts as settling if it was taken out."""
        names = self._folders.setdefault(pending.folder, {})
        if pending.name not in names:
            names[pending.name] = pending
            self._count += 1
        pending.due_s = due_s
        heapq.heappush(self._heap, (due_s, next(self._order), pending))

    def drop(self, folder: str, name: str) -> None:
        """Forget a photo: it is gone, or done."""
        names = self._folders.get(folder, {})
        if names.pop(name, None) is not None:
            self._count -= 1
            if not names:
                del self._folders[folder]

    def take_due(self, now_s: float) -> Iterator[Pending]:
        """Take out one photo after the other whose time has come; the caller may stop early."""
        while self.next_s <= now_s:
            pending = heapq.heappop(self._heap)[2]
            self.drop(pending.folder, pending.name)
            yield pending

    @property
    def next_s(self) -> float:
        """When the next photo is to be looked at; infinite when there is none."""
        while self._heap:
            due_s, _, pending = self._heap[0]
            current = self._folders.get(pending.folder, {}).get(pending.name)
            if current is pending and pending.due_s == due_s:
                return due_s
            heapq.heappop(self._heap)
        return math.inf
