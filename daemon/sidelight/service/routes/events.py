"""What happens, as it happens: a stream that can be resumed."""

from __future__ import annotations

from aiohttp import web
from msgspec import UNSET

from sidelight.service.core import Core
from sidelight.service.operation import LARGEST_ID, Call, Operation
from sidelight.service.problem import ProblemError
from sidelight.service.schema import EventsQuery, StreamEvent


async def events(core: Core, call: Call) -> web.StreamResponse:
    """Stream events from now on, or from the one that the client saw last."""
    return await core.hub.stream(call.request, _after(call))


def _after(call: Call) -> int | None:
    text = call.request.headers.get("Last-Event-ID")
    if text is None:
        return None if call.query.after is UNSET else call.query.after
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_ID):
        raise ProblemError("bad_request", "Last-Event-ID is the number of an event")
    return int(text)


OPERATIONS = (
    Operation(
        "GET",
        "/v1/events",
        events,
        "Follow what happens",
        {200: StreamEvent},
        query=EventsQuery,
        is_stream=True,
    ),
)
