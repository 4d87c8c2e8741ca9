"""One thing a client can ask for: from this table follow routing, validation and OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sidelight.service.display import sendable
from sidelight.service.protocol import PRIVATE_HEADERS

if TYPE_CHECKING:
    from aiohttp import web

    from sidelight.service.core import Core

JSON: Final = "application/json"
JPEG: Final = "image/jpeg"
EVENT_STREAM: Final = "text/event-stream"

MUTATING: Final = frozenset({"POST", "PATCH", "DELETE"})
LARGEST_ID: Final = 2**63 - 1


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Values of a query, or of a body, that has none."""


@dataclass(frozen=True)
class Call:
    """A request that passed all checks.

    Attributes:
        id: The number in the path, 0 where there is none.
        query: The operation's query struct.
        body: The operation's body struct, or the bytes of a JPEG, or None.
        request: aiohttp's own, for streams.
    """

    id: int
    query: Any
    body: Any
    request: web.BaseRequest


@dataclass(frozen=True)
class Answer:
    """What a handler answers.

    Attributes:
        body: A struct, plain JSON values, or None for an empty answer.
        status: 204 where the body is None.
    """

    body: Any = None
    status: int = 200

    def encoded(self) -> bytes:
        """Return the JSON, whatever file names it quotes."""
        if self.body is None:
            return b""
        try:
            return msgspec.json.encode(self.body)
        except UnicodeEncodeError:
            return msgspec.json.encode(sendable(msgspec.to_builtins(self.body)))

    def response(self) -> web.Response:
        """Return it as aiohttp sends it."""
        from aiohttp import web

        if self.body is None:
            return web.Response(status=204, headers=PRIVATE_HEADERS)
        return web.Response(
            status=self.status, body=self.encoded(), content_type=JSON, headers=PRIVATE_HEADERS
        )


Handler = Callable[["Core", Call], Awaitable["Answer | web.StreamResponse"]]


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        method: `GET`, `POST`, `PATCH` or `DELETE`.
        path: With `{id}` where a number stands.
        handler: Answers it.
        summary: A few words for the documentation.
        answers: Status → struct of the body, or None for no body.
        query: Struct of the query.
        body: Struct of the JSON body, or None; then only an empty object is accepted.
        takes_jpeg: Whether the body may be a JPEG instead.
        is_stream: Whether the answer is a stream of events.
        errors: Codes of problems besides those that any operation may answer.
        is_open: Whether it needs no token.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answers: Mapping[int, Any]
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    takes_jpeg: bool = False
    is_stream: bool = False
    errors: tuple[str, ...] = ()
    is_open: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        text = re.escape(self.path).replace(r"\{id\}", r"([0-9]{1,19})")
        object.__setattr__(self, "pattern", re.compile(text, re.ASCII))

    @property
    def name(self) -> str:
        """Return `METHOD /path`."""
        return f"{self.method} {self.path}"

    @property
    def accepts(self) -> tuple[str, ...]:
        """Content types of a body."""
        return (JSON, JPEG) if self.takes_jpeg else (JSON,)

    def match(self, path: str) -> int | None:
        """Return the number in a path of this operation (0 without any), None for other paths."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        number = int(found[1]) if self.pattern.groups else 0
        return number if number <= LARGEST_ID else None
