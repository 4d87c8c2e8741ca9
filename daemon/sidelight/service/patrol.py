"""A thread that goes round watched folders and sleeps until the next one is due."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from sidelight.service.root_watch import RootWatch
from sidelight.service.settle import WatchTiming
from sidelight.service.suspend import Suspend

_log = logging.getLogger(__name__)


class Patrol(threading.Thread):
    """Goes round some roots, or polls; ends by itself when its only root is removed.

    Args:
        name: Of the thread.
        timing: For how long it may sleep.
        on_wake_up: Called after the computer slept.
        suspend: Tells whether it did; None if another thread asks.
    """

    def __init__(
        self,
        name: str,
        timing: WatchTiming,
        on_wake_up: Callable[[], None],
        suspend: Suspend | None = None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.watches: list[RootWatch] = []
        self.poll: Callable[[], float] | None = None
        self.is_stopping = False
        self._timing = timing
        self._on_wake_up = on_wake_up
        self._suspend = suspend
        self._is_woken = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether it ran and ended."""
        return self.ident is not None and not self.is_alive()

    def wake(self) -> None:
        """Go round now; from any thread."""
        self._is_woken.set()

    def run(self) -> None:
        """Go round until told to stop, or until a root of its own is removed."""
        while not self.is_stopping:
            self._is_woken.clear()
            due_s = self._round()
            if self._suspend is not None and self._suspend.happened():
                _log.info("the computer slept, so all folders are looked at")
                self._on_wake_up()
                continue
            if self.is_stopping or self._is_idle:
                break
            wait_s = due_s - time.monotonic()
            if wait_s > 0:
                self._is_woken.wait(None if math.isinf(wait_s) else wait_s)
        for watch in self.watches:
            watch.stop()

    @property
    def _is_idle(self) -> bool:
        """Whether there is nothing left for a thread that belongs to one root."""
        return self._suspend is None and self.poll is None and not self.watches

    def _round(self) -> float:
        due_s = math.inf
        for watch in tuple(self.watches):
            due_s = min(due_s, self._step(watch))
            if watch.is_removed:
                self.watches.remove(watch)
            if self.is_stopping:
                return 0.0
        if self.poll is not None:
            due_s = min(due_s, time.monotonic() + self._poll())
        if self._suspend is not None and self.watches:
            due_s = min(due_s, time.monotonic() + self._timing.tick_s)
        return due_s

    def _step(self, watch: RootWatch) -> float:
        try:
            return watch.step(time.monotonic())
        except Exception:  # one strange folder must not end the watch over all others
            _log.exception("root %d was left alone for a while", watch.id)
            return time.monotonic() + self._timing.retry_s

    def _poll(self) -> float:
        assert self.poll is not None
        try:
            return self.poll()
        except Exception:
            _log.exception("the catalogs were left alone for a while")
            return self._timing.poll_s
