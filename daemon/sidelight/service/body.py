"""Reading a request's body: only so much, and not forever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http import HttpVersion11

from sidelight.service.problem import ProblemError
from sidelight.service.protocol import Limits

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(
    request: web.BaseRequest,
    limit: int,
    limits: Limits,
    make_room: Callable[[], Awaitable[object]],
) -> bytes:
    """Return the body.

    Args:
        request: Checked in every other way.
        limit: Most bytes; what announces more is refused unread, what grows beyond it at once.
        limits: Grace in time, the floor in bytes per second that counts after it, and again the
            grace for each pause.
        make_room: Awaited once a body is large; the time is not the client's.

    Raises:
        ProblemError: It is too large or too slow.
        ConnectionError: The client left.
    """
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    await _invite(request)
    loop = asyncio.get_running_loop()
    started = last = loop.time()
    body = bytearray()
    has_room = False
    while True:
        # What came quickly earns no right to stand still for hours.
        floor_s = max(limits.body_s, len(body) / limits.body_bps)
        try:
            async with asyncio.timeout_at(min(started + floor_s, last + limits.body_s)):
                chunk = await request.content.readany()
        except TimeoutError:
            raise ProblemError("request_timeout") from None
        if not chunk:
            return bytes(body)
        last = loop.time()
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
        if len(body) > limits.json_bytes and not has_room:
            await make_room()
            waited_s = loop.time() - last
            started, last = started + waited_s, last + waited_s
            has_room = True


async def _invite(request: web.BaseRequest) -> None:
    """Tell a client that waits for it to go on; those that were refused never see this."""
    expected = request.headers.get("Expect", "").lower() == "100-continue"
    if expected and request.version == HttpVersion11:
        await request.writer.write(_CONTINUE)
        request.writer.output_size = 0  # the answer itself has not begun


def _too_large(limit: int) -> ProblemError:
    return ProblemError("too_large", f"the body is larger than {limit} bytes")
