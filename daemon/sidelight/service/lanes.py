"""Two pools of worker processes: one for who waits at the screen, one for everything else.

While somebody waits, nothing new starts in the other lane; what runs there runs at low priority.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol

from sidelight.jobs.model import Priority

AHEAD = 1
"""Jobs handed to a pool beyond its workers, so that none waits for the next."""


class Pool(Protocol):
    """What a lane needs of a pool of worker processes."""

    def submit(self, function: Callable[..., Any], *args: Any, timeout_s: float) -> Future[Any]:
        """Call `function` in a worker process."""

    def stop(self, grace_s: float) -> None:
        """End all processes."""


class Lanes:
    """Where work runs, and in which order.

    Args:
        interactive: For who waits.
        batch: For the rest.
        workers: Processes of each.
    """

    def __init__(self, interactive: Pool, batch: Pool, workers: int) -> None:
        self.workers = workers
        self._pools = {Priority.INTERACTIVE: interactive, Priority.BATCH: batch}
        self._turns = {lane: asyncio.Semaphore(workers + AHEAD) for lane in Priority}
        self._waiting_people = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.on_quiet: Callable[[], None] = lambda: None

    @property
    def is_quiet(self) -> bool:
        """Whether nobody waits at the screen."""
        return self._quiet.is_set()

    @contextmanager
    def somebody_waits(self) -> Iterator[None]:
        """Hold back new work of the batch lane meanwhile."""
        self._waiting_people += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._waiting_people -= 1
            if not self._waiting_people:
                self._quiet.set()
                self.on_quiet()

    async def work(
        self, lane: Priority, function: Callable[..., Any], *args: Any, timeout_s: float
    ) -> Any:
        """Run a queued job's function in its turn; cancelling ends the process that runs it.

        Raises:
            WorkerError: The process died or took longer than `timeout_s`.
            Exception: What the function raised.
        """
        async with self._turns[lane]:
            if lane is Priority.BATCH:
                await self._quiet.wait()
            return await self._submit(lane, function, *args, timeout_s=timeout_s)

    async def answer(self, function: Callable[..., Any], *args: Any, timeout_s: float) -> Any:
        """Run a function for somebody who waits, at once; raises as `work` does."""
        with self.somebody_waits():
            return await self._submit(Priority.INTERACTIVE, function, *args, timeout_s=timeout_s)

    async def _submit(
        self, lane: Priority, function: Callable[..., Any], *args: Any, timeout_s: float
    ) -> Any:
        future = self._pools[lane].submit(function, *args, timeout_s=timeout_s)
        return await asyncio.wrap_future(future)

    def stop(self, grace_s: float) -> None:
        """End all worker processes; blocks."""
        for pool in self._pools.values():
            pool.stop(grace_s)
