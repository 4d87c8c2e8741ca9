"""The service: from a request on the loopback device to a handler's answer."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from sidelight.errors import ServiceError, SidelightError
from sidelight.service import middleware
from sidelight.service.auth import Throttle
from sidelight.service.body import read_body
from sidelight.service.core import Core
from sidelight.service.instance import ADDRESS
from sidelight.service.operation import JPEG, Answer, Call, Nothing
from sidelight.service.problem import ProblemError, as_problem
from sidelight.service.protocol import Limits, Listener, problem_response
from sidelight.service.routes import ROUTES, load_operations
from sidelight.service.values import read_json, read_query

__all__ = ["ROUTES", "App", "Server", "make_app", "serve"]

NEIGHBORS = 20
"""Ports after the preferred one that are tried before any free one will do."""

FLUSH_S = 0.3
"""Time for clients to take the last bytes of their answers when the service ends."""

_log = logging.getLogger(__name__)


class App:
    """Answers requests; called by aiohttp for each.

    Attributes:
        port: Where it is reached, which requests must name; set once it is known.
        handled: Requests that reached a handler.
        is_stopping: Refuse what comes from now on.
    """

    def __init__(self, core: Core, limits: Limits) -> None:
        self.core = core
        self.limits = limits
        self.operations = load_operations()
        self.port = 0
        self.handled = 0
        self.is_stopping = False
        self._large = asyncio.Semaphore(limits.large)
        self._throttle = Throttle(limits.failures, limits.failure_window_s, limits.penalty_s)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Check, call, answer; whatever goes wrong becomes a problem."""
        try:
            return await self._answer(request)
        except SidelightError as error:
            problem = as_problem(error)
            response = problem_response(problem)
            if problem.code in middleware.STRANGERS:
                response.force_close()  # and whatever was sent behind it is not looked at
        except (RequestPayloadError, ConnectionError):
            response = problem_response(ProblemError("bad_request"))
        except Exception:
            _log.exception("a request failed")
            response = problem_response(ProblemError("internal"))
        if request.can_read_body:
            response.force_close()  # the rest of a refused body is not worth waiting for
        return response

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        target = self._admit(request)
        operation = target.operation
        kind = middleware.check_content(request, operation, self.limits)
        if self.is_stopping:
            raise ProblemError("stopping")
        query = read_query(request.rel_url.raw_query_string, operation.query)
        async with AsyncExitStack() as stack:
            body: Any = None
            if kind:
                limit = middleware.body_limit(kind, self.limits)
                make_room = partial(stack.enter_async_context, self._large)
                data = await read_body(request, limit, self.limits, make_room)
                body = data if kind == JPEG else read_json(data, operation.body or Nothing)
            self.handled += 1
            answer = await operation.handler(self.core, Call(target.id, query, body, request))
        return answer.response() if isinstance(answer, Answer) else answer

    def _admit(self, request: web.BaseRequest) -> middleware.Target:
        middleware.check_host(request, self.port)
        middleware.check_origin(request, self.port)
        there = middleware.at_path(self.operations, request.rel_url.raw_path)
        if request.method == "OPTIONS":  # a browser asking in advance; it has no token
            raise middleware.not_allowed(there)
        if not any(target.operation.is_open for target in there):
            middleware.check_token(request, self.core.token, self._throttle)
        return middleware.choose(there, request.method)


@dataclass(eq=False)
class Server:
    """A service that listens.

    Attributes:
        port: Where.
        app: What answers.
    """

    port: int
    app: App
    listener: Listener
    _server: asyncio.Server

    @property
    def url(self) -> str:
        """Return the address to ask."""
        return f"http://{ADDRESS}:{self.port}"

    async def close(self, grace_s: float = 2.0) -> None:
        """Accept nothing more, end streams at once, let answers on their way end."""
        self.app.is_stopping = True
        self._server.close()
        self.app.core.hub.close()
        self.listener.pre_shutdown()
        await self.listener.shutdown(grace_s)
        await self.listener.end(FLUSH_S)
        await self._server.wait_closed()


def make_app(core: Core, limits: Limits | None = None) -> App:
    """Return the application that answers for `core`."""
    return App(core, limits or Limits())


async def serve(app: App, port: int) -> Server:
    """Listen on this machine's loopback device, and nowhere else.

    Args:
        app: From `make_app`.
        port: Preferred; one of the next ones, then any, if another program has it. 0 for any.

    Raises:
        ServiceError: There is no port to be had.
    """
    listener = Listener(app, app.limits)
    listening = _bind(port)
    app.port = listening.getsockname()[1]
    server = await asyncio.get_running_loop().create_server(listener, sock=listening, backlog=512)
    return Server(app.port, app, listener, server)


def _bind(port: int) -> socket.socket:
    wanted = [each for each in range(port, port + NEIGHBORS) if each < 1 << 16] if port else []
    for each in [*wanted, 0]:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if sys.platform == "win32":  # otherwise another program could share the port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((ADDRESS, each))
            listening.listen(512)
            return listening
        except OSError as error:
            listening.close()
            if each == 0:
                raise ServiceError(
                    f"there is no port to listen on ({error.strerror or error})"
                ) from error
    raise AssertionError("unreachable")
