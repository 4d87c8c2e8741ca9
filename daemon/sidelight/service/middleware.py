"""The checks around every handler, cheapest first, all of them before a body is read.

Host → Origin and Sec-Fetch → token → path and method → content type → size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from sidelight.service.auth import Throttle, Token
from sidelight.service.operation import JPEG, MUTATING, Operation
from sidelight.service.problem import ProblemError
from sidelight.service.protocol import Limits

NAMES = ("127.0.0.1", "localhost")
"""The only names this service answers for."""

STRANGERS = frozenset(("misdirected", "forbidden", "unauthorized", "too_many_failures"))
"""Codes of those who may not ask at all; their connection ends with the answer."""

_CODINGS: tuple[list[str], ...] = ([], ["chunked"])


@dataclass(frozen=True)
class Target:
    """Where a request leads.

    Attributes:
        operation: What it asks for.
        id: The number in its path, 0 where there is none.
    """

    operation: Operation
    id: int


def check_host(request: web.BaseRequest, port: int) -> None:
    """Refuse requests meant for somebody else: DNS rebinding, proxies, other ports.

    Raises:
        ProblemError: `misdirected`.
    """
    hosts = request.headers.getall("Host", [])
    wanted = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == 80 else set())
    is_ours = len(hosts) == 1 and hosts[0].lower() in wanted
    if not is_ours or not request.raw_path.startswith("/"):
        raise ProblemError("misdirected")


def check_origin(request: web.BaseRequest, port: int) -> None:
    """Refuse what a browser sends for a page of somebody else; other programs name no origin.

    Raises:
        ProblemError: `forbidden`.
    """
    headers = request.headers
    ours = {f"http://{name}:{port}" for name in NAMES}
    is_foreign = any(origin not in ours for origin in headers.getall("Origin", []))
    fetch = {name.lower() for name in headers if name.lower().startswith("sec-fetch-")}
    sites = headers.getall("Sec-Fetch-Site", [])
    if is_foreign or (fetch and sites != ["same-origin"]):
        raise ProblemError("forbidden")


def check_token(request: web.BaseRequest, token: Token, throttle: Throttle) -> None:
    """Refuse who does not know the token; too many of them are not even told so.

    Raises:
        ProblemError: `unauthorized` or `too_many_failures`.
    """
    given = request.headers.getall("Authorization", [])
    if token.opens(given[0] if len(given) == 1 else None):
        return
    wait_s = throttle.failed()
    if wait_s:
        retry = {"Retry-After": str(math.ceil(wait_s))}
        raise ProblemError("too_many_failures", headers=retry)
    raise ProblemError("unauthorized", headers={"WWW-Authenticate": "Bearer"})


def at_path(operations: Sequence[Operation], path: str) -> list[Target]:
    """Return what can be asked for at a path, one for each method."""
    return [Target(each, id) for each in operations if (id := each.match(path)) is not None]


def choose(there: Sequence[Target], method: str) -> Target:
    """Return the one of a path's operations that has the method.

    Raises:
        ProblemError: `not_found` or `method_not_allowed`.
    """
    if not there:
        raise ProblemError("not_found", "there is no such path")
    for target in there:
        if target.operation.method == method:
            return target
    raise not_allowed(there)


def not_allowed(there: Sequence[Target]) -> ProblemError:
    """Return the problem of a method that a path does not have."""
    methods = ", ".join(sorted(target.operation.method for target in there))
    return ProblemError("method_not_allowed", headers={"Allow": methods} if methods else None)


def check_content(request: web.BaseRequest, operation: Operation, limits: Limits) -> str:
    """Return the content type of the body, empty where there is none and none is needed.

    Raises:
        ProblemError: `content_type`, `too_large` or `bad_request`.
    """
    if [each.lower() for each in request.headers.getall("Transfer-Encoding", [])] not in _CODINGS:
        raise ProblemError("bad_request", "send the body whole or in chunks")
    has_body = request.body_exists and request.content_length != 0
    needs_body = operation.body is not None or operation.takes_jpeg
    if not has_body and not needs_body:
        return ""
    accepted = operation.accepts if operation.method in MUTATING else operation.accepts[:1]
    kind = _content_type(request)
    packing = {each.lower() for each in request.headers.getall("Content-Encoding", [])}
    if kind not in accepted or packing - {"identity"}:
        raise ProblemError("content_type", f"send {' or '.join(accepted)}")
    limit = body_limit(kind, limits)
    if (request.content_length or 0) > limit:
        raise ProblemError("too_large", f"the body is larger than {limit} bytes")
    return kind


def body_limit(kind: str, limits: Limits) -> int:
    """Return the most bytes a body of a content type may have."""
    return limits.jpeg_bytes if kind == JPEG else limits.json_bytes


def _content_type(request: web.BaseRequest) -> str:
    given = request.headers.getall("Content-Type", [])
    if len(given) != 1:
        return ""
    kind, _, parameters = given[0].partition(";")
    plain = parameters.strip().lower().replace('"', "") in ("", "charset=utf-8")
    return kind.strip().lower() if plain else ""
