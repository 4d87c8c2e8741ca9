"""Connections that may not take longer, or be more, than is good for the daemon.

aiohttp has no deadline for receiving a request, nor for a client that does not read its answer.
Both belong here, below everything else: a slow client never reaches a handler.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import PayloadAccessError, RequestHandler, RequestPayloadError

from sidelight.service.problem import CONTENT_TYPE, ProblemError

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "sidelight",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer."""

RESERVED_FILES = 256
"""Open files that connections must leave for photos, the database and worker processes."""


@dataclass(frozen=True)
class Limits:
    """What one client may cost; tests shorten the times.

    Attributes:
        head_s: Until a request's head is complete.
        idle_s: Until a connection without a request is closed; or with half of one, that came
            together with the request before it.
        body_s: Grace for a request's body; beyond it a floor counts.
        body_bps: That floor, bytes per second since the body began.
        send_s: Until a client must have read what it asked for.
        linger_s: How long the rest of a refused body is thrown away before closing.
        connections: At once; surplus ones get 503.
        json_bytes, jpeg_bytes: Largest bodies.
        large: Bodies in memory at once that are larger than JSON may be; others wait unread.
        streams: Event streams at once.
        heartbeat_s: Between two comments on a quiet event stream.
        failures, failure_window_s, penalty_s: The brake on wrong tokens.
    """

    head_s: float = 8.0
    idle_s: float = 8.0
    body_s: float = 30.0
    body_bps: float = 1000.0
    send_s: float = 30.0
    linger_s: float = 1.0
    connections: int = 1024
    json_bytes: int = 1 << 20
    jpeg_bytes: int = 32 << 20
    large: int = 8
    streams: int = 64
    heartbeat_s: float = 15.0
    failures: int = 50
    failure_window_s: float = 10.0
    penalty_s: float = 10.0


class Listener(web.Server):
    """Makes a `Connection` for each client, and counts them."""

    def __init__(self, handler: Callable[[Any], Any], limits: Limits) -> None:
        super().__init__(handler)
        self.limits = limits
        self.room = max(8, min(limits.connections, _open_files() - RESERVED_FILES))
        self.open: set[Connection] = set()
        self.surplus: set[asyncio.Transport] = set()

    def __call__(self) -> Any:
        """Return the protocol of a new connection."""
        if len(self.open) >= self.room:
            return Refusal(self)
        return Connection(self)

    async def end(self, patience_s: float) -> None:
        """Give closing connections a moment to empty their buffers, then drop what is left."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience_s
        while (self.open or self.surplus) and loop.time() < ends:
            await asyncio.sleep(0.01)
        for transport in (*(each.wire for each in self.open), *self.surplus):
            if transport is not None:
                transport.abort()


class Connection(RequestHandler):
    """aiohttp's protocol, with deadlines and with words of our own for what its parser refuses."""

    __slots__ = ("_deadline", "_leaving", "_limits", "_listener", "_sending", "wire")

    def __init__(self, listener: Listener) -> None:
        limits = listener.limits
        super().__init__(
            listener,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_s,
            access_log=None,  # type: ignore[arg-type]
            logger=_log,
            max_headers=100,
            max_line_size=8190,
            max_field_size=8190,
            lingering_time=limits.linger_s,
            auto_decompress=False,
        )
        self._listener = listener
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._leaving: list[Callable[[], None]] = []
        self.wire: asyncio.Transport | None = None
        listener.open.add(self)  # now: many may be accepted before the first is made

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Call back when the connection ends; at once if it has ended."""
        if self.transport is None:
            callback()
        else:
            self._leaving.append(callback)

    def off_lost(self, callback: Callable[[], None]) -> None:
        """Call back no more."""
        if callback in self._leaving:
            self._leaving.remove(callback)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.wire = transport
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._disarm()
        elif data and self._deadline is None and self._is_waiting():
            self._arm()  # the first bytes of another request on a kept connection

    def connection_lost(self, exc: BaseException | None) -> None:
        self._disarm()
        self.resume_sending()
        self._listener.open.discard(self)
        super().connection_lost(exc)
        leaving, self._leaving = self._leaving, []
        for callback in leaving:
            callback()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._sending is None:
            self._sending = self._loop.call_later(self._limits.send_s, self._drop)

    def resume_writing(self) -> None:
        self.resume_sending()
        super().resume_writing()

    def resume_sending(self) -> None:
        """The client reads again, or is gone."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what the parser refused, in words of ours; its own repeat the client's bytes."""
        is_ours = not isinstance(exc, HttpProcessingError)
        if is_ours:
            _log.error("a request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        answer = problem_response(ProblemError("internal" if is_ours else "bad_request"))
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what is our fault; a client that breaks off or sends nonsense is not."""
        error = kw.get("exc_info")
        if not isinstance(error, _CLIENTS_FAULT):
            _log.error(*args, **kw)

    def _is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _arm(self) -> None:
        self._deadline = self._loop.call_later(self._limits.head_s, self._expire)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        self.force_close()

    def _drop(self) -> None:
        """Give up on a client that does not read: what is buffered for it is thrown away."""
        self._sending = None
        if self.transport is not None:
            self.transport.abort()


class Refusal(asyncio.Protocol):
    """One connection too many: told so, and closed when it has had time to read it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_OVERLOADED)
        if len(self._listener.surplus) >= self._listener.room // 4 or not transport.can_write_eof():
            transport.close()
            return
        self._listener.surplus.add(transport)
        transport.write_eof()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._listener.limits.linger_s, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._listener.surplus.discard(self._transport)


async def while_connected(request: web.BaseRequest, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what `work` returns; cancel it when nobody is there any more to be told.

    Raises:
        ConnectionError: The client left.
    """
    connection = request.protocol
    assert isinstance(connection, Connection)
    task = asyncio.ensure_future(work)

    def leave() -> None:
        task.cancel()

    connection.on_lost(leave)
    try:
        return await task
    except asyncio.CancelledError:
        task.cancel()
        if connection.transport is None:
            raise ConnectionError("the client left") from None
        raise
    finally:
        connection.off_lost(leave)


def problem_response(problem: ProblemError) -> web.Response:
    """Return the answer that tells a client of a problem."""
    return web.Response(
        status=problem.kind.status,
        body=problem.body(),
        headers={**PRIVATE_HEADERS, **problem.headers},
        content_type=CONTENT_TYPE,
    )


def _overloaded() -> bytes:
    body = ProblemError("overloaded").body()
    headers = {
        **PRIVATE_HEADERS,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Retry-After": "1",
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{lines}\r\n".encode("ascii") + body


_OVERLOADED = _overloaded()
_CLIENTS_FAULT = (
    HttpProcessingError,
    RequestPayloadError,
    PayloadAccessError,
    ConnectionError,
    asyncio.IncompleteReadError,
)


def _open_files() -> int:
    """Return how many files this process may open, after raising it as far as it goes."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 1 << 16
    wanted = 4096
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted or soft == resource.RLIM_INFINITY:
        if soft == resource.RLIM_INFINITY:
            return 1 << 16
        more = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
            soft = more
        except (OSError, ValueError):
            pass
    return soft
