"""The threads beside the event loop: one for the database, one for sidecars, a few for files.

One thread each keeps database calls and sidecar writes in order and out of each other's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sidelight.state.faults import GoneStateError

Answer = TypeVar("Answer")

FILE_THREADS = 2
"""Photos hashed at once; a drive gains nothing from more."""


class Threads:
    """Runs blocking calls away from the event loop.

    Args:
        on_gone: Called in the database thread when the database's file turns out to be gone.
    """

    def __init__(self, on_gone: Callable[[], None] = lambda: None) -> None:
        self._on_gone = on_gone
        self._store = ThreadPoolExecutor(1, "store")
        self._writer = ThreadPoolExecutor(1, "writer")
        self._files = ThreadPoolExecutor(FILE_THREADS, "files")

    async def in_store(self, function: Callable[..., Answer], *args: object) -> Answer:
        """Call a function that uses the database."""
        return await self._run(self._store, self._watched, function, *args)

    async def in_writer(self, function: Callable[..., Answer], *args: object) -> Answer:
        """Call a function that writes sidecars."""
        return await self._run(self._writer, function, *args)

    async def in_files(self, function: Callable[..., Answer], *args: object) -> Answer:
        """Call a function that reads files."""
        return await self._run(self._files, function, *args)

    def stop(self) -> None:
        """Let running calls end, drop those that wait; blocks."""
        for pool in (self._files, self._writer, self._store):
            pool.shutdown(wait=True, cancel_futures=True)

    def _watched(self, function: Callable[..., Answer], *args: object) -> Answer:
        try:
            return function(*args)
        except GoneStateError:
            self._on_gone()
            raise

    @staticmethod
    async def _run(
        pool: ThreadPoolExecutor, function: Callable[..., Answer], *args: object
    ) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(pool, function, *args)
