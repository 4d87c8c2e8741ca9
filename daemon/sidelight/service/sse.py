"""Events as server-sent events: gap-free, resumable, and no burden however slowly they are read.

The database is the buffer. What is newest is kept in memory once for all readers; who falls
behind reads from the database, and who falls behind what that keeps is told so by `reset`.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from aiohttp import web

from sidelight.errors import StateError
from sidelight.service.display import sendable
from sidelight.service.operation import EVENT_STREAM
from sidelight.service.problem import ProblemError
from sidelight.service.protocol import PRIVATE_HEADERS, Connection, Limits
from sidelight.state.database import Database
from sidelight.state.events import Event, EventLog

PAGE = 500
PAGE_BYTES = 1 << 18
"""Events read and sent at a time, and about how much of them is buffered for one reader."""

KEPT = 2000
"""Newest events kept in memory."""

RECONNECT_MS = 1000
"""After this time a browser's client comes back by itself."""

_HEARTBEAT = b":\n\n"

_log = logging.getLogger(__name__)


class InStore(Protocol):
    """Calls a function in the database's thread."""

    def __call__(self, function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Return what the function returns."""


@dataclass(eq=False)
class _Reader:
    """One stream; `seen` is the last event it was sent."""

    connection: Connection
    seen: int
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_ended: bool = False

    def end(self) -> None:
        self.is_ended = True
        self.woken.set()


class Hub:
    """Sends the events of one database to any number of streams.

    Args:
        database: Tells when there is something new.
        events: Is read in the database's thread.
        in_store: Calls a function in that thread.
        limits: Streams at once, heartbeat.
    """

    def __init__(
        self, database: Database, events: EventLog, in_store: InStore, limits: Limits | None = None
    ) -> None:
        self._events = events
        self._in_store = in_store
        self._limits = limits or Limits()
        self._readers: set[_Reader] = set()
        self._newest: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._last = 0
        self._news = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        database.on_commit(self._committed)

    @property
    def readers(self) -> int:
        """Streams that are open."""
        return len(self._readers)

    async def stream(self, request: web.BaseRequest, after: int | None) -> web.StreamResponse:
        """Answer a request with events until the client leaves or the service ends.

        Args:
            request: The request.
            after: The last event that the client saw; None to begin now.

        Raises:
            ProblemError: There are too many streams already.
            StateError: Events cannot be read.
        """
        if self._is_closed:
            raise ProblemError("stopping")
        if len(self._readers) >= self._limits.streams:
            raise ProblemError("overloaded", "there are too many event streams")
        connection = request.protocol
        assert isinstance(connection, Connection)
        reader = _Reader(connection, 0)
        self._readers.add(reader)
        connection.on_lost(reader.end)
        try:
            return await self._serve(request, reader, after)
        finally:
            connection.off_lost(reader.end)
            self._readers.discard(reader)
            if not self._readers:
                self._stop_pump()

    def disconnect(self) -> None:
        """End all streams; their clients may come back."""
        for reader in tuple(self._readers):
            reader.end()
            transport = reader.connection.transport
            if transport is not None and reader.connection.writing_paused:
                transport.abort()  # it does not read, so it cannot be told

    def close(self) -> None:
        """End all streams and accept no more."""
        self._is_closed = True
        self.disconnect()

    # One stream

    async def _serve(
        self, request: web.BaseRequest, reader: _Reader, after: int | None
    ) -> web.StreamResponse:
        oldest, last = await self._in_store(self._range)
        self._start_pump(last)
        response = web.StreamResponse(headers={**PRIVATE_HEADERS, "Content-Type": EVENT_STREAM})
        response.force_close()
        try:
            await response.prepare(request)
            await response.write(f"retry: {RECONNECT_MS}\n\n".encode("ascii"))
            if after is None:
                reader.seen = last
                await response.write(_encode(Event(last, "ready", None)))
            elif oldest - 1 <= after <= last:
                reader.seen = after
            else:
                await self._reset(response, reader, last)
            while not reader.is_ended:
                await self._send_next(response, reader)
            await response.write_eof()
        except ConnectionError:
            pass  # the client left, or did not read and was dropped
        return response

    async def _send_next(self, response: web.StreamResponse, reader: _Reader) -> None:
        reader.woken.clear()
        if reader.is_ended:
            return
        page = self._from_memory(reader.seen)
        if page is None:
            page, last = await self._in_store(self._from_database, reader.seen)
            if (page[0][0] if page else last + 1) != reader.seen + 1:
                await self._reset(response, reader, last)
                return
        if page:
            page = _portion(page)
            await response.write(b"".join(text for _, text in page))
            reader.seen = page[-1][0]
            return
        try:
            async with asyncio.timeout(self._limits.heartbeat_s):
                await reader.woken.wait()
        except TimeoutError:
            await response.write(_HEARTBEAT)

    @staticmethod
    async def _reset(response: web.StreamResponse, reader: _Reader, last: int) -> None:
        """Tell a client that events are gone which it did not see: it must look for itself."""
        reader.seen = last
        await response.write(_encode(Event(last, "reset", None)))

    def _from_memory(self, seen: int) -> list[tuple[int, bytes]] | None:
        """Return the next events, empty when there is none yet, None when they are older."""
        if seen >= self._last:
            return []
        if not self._newest or self._newest[0][0] > seen + 1:
            return None
        start = bisect_right(self._newest, seen, key=lambda item: item[0])
        return [self._newest[i] for i in range(start, min(start + PAGE, len(self._newest)))]

    def _from_database(self, seen: int) -> tuple[list[tuple[int, bytes]], int]:
        return _encoded(self._events.since(seen, PAGE)), self._events.last_id()

    def _range(self) -> tuple[int, int]:
        return self._events.oldest_id(), self._events.last_id()

    # What is new

    def _committed(self) -> None:
        """Called in whatever thread wrote an event."""
        loop = self._loop
        if loop is not None and self._readers:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._news.set)

    def _start_pump(self, last: int) -> None:
        if self._pump is None:
            self._loop = asyncio.get_running_loop()
            self._newest.clear()
            self._last = last
            self._news.set()  # something may have come since `last` was read
            self._pump = asyncio.create_task(self._run_pump(), name="events")

    def _stop_pump(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None

    async def _run_pump(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while page := await self._in_store(self._since, self._last):
                    self._newest.extend(page)
                    self._last = page[-1][0]
                    for reader in self._readers:
                        reader.woken.set()
            except StateError as error:
                _log.warning("events cannot be read: %s", error)

    def _since(self, id: int) -> list[tuple[int, bytes]]:
        return _encoded(self._events.since(id, PAGE))


def _portion(page: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return as many events as fit into a buffer, and at least one."""
    room = PAGE_BYTES
    for count, (_, text) in enumerate(page):
        room -= len(text)
        if room < 0:
            return page[: max(count, 1)]
    return page


def _encoded(events: Sequence[Event]) -> list[tuple[int, bytes]]:
    return [(event.id, _encode(event)) for event in events]


def _encode(event: Event) -> bytes:
    """Return an event as it is sent; JSON has no line breaks."""
    data = msgspec.json.encode(
        {"id": event.id, "type": event.type, "job": event.job, "data": sendable(event.data)}
    )
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.type.encode("utf-8"), data)
