"""Speaking to the daemon from this machine's commands, with the standard library alone.

On every connection the daemon first proves that it knows the token, and only then is it sent:
another program on its port, or a file left by a killed daemon, gains nothing.
"""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sidelight.errors import ServiceError
from sidelight.service.auth import make_proof
from sidelight.service.instance import ADDRESS, Endpoint, read_endpoint

API = 1
"""Major version of the interface that this client speaks."""

HELLO_S = 2.0
"""Patience with the proof."""

REQUEST_S = 120.0
"""Patience with one answer; a photo at the end of a slow cable takes its time."""

QUIET_S = 60.0
"""Longer silence on an event stream means that it is broken; it holds a comment every 15 s."""

_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0)
_LARGEST_HELLO = 1 << 16
_LARGEST_LINE = 1 << 22


class AnswerError(ServiceError):
    """Raised when the daemon answers with a problem.

    Attributes:
        status: Of the HTTP answer.
        code: What the problem is, for programs.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class GoneError(ServiceError):
    """Raised when the daemon does not answer, or something else does in its place."""


class Client:
    """A running daemon.

    Args:
        endpoint: Where it answers.
        timeout_s: Patience with one answer.
        endpoint_file: Where to look again after it was restarted; the user's own when None.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout_s: float = REQUEST_S,
        endpoint_file: Path | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._endpoint_file = endpoint_file

    @property
    def url(self) -> str:
        """Return the daemon's address."""
        return self._endpoint.url

    @property
    def version(self) -> str:
        """Return the daemon's version."""
        return self._endpoint.version

    def request(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask for something.

        Args:
            method: Such as `"GET"`.
            path: Such as `"/v1/jobs?limit=10"`.
            body: Plain JSON values, or the bytes of a JPEG, or None.

        Returns:
            The JSON of the answer; empty where it has none.

        Raises:
            AnswerError: The daemon answers with a problem.
            GoneError: It does not answer.
        """
        connection = self._connect(self._timeout_s)
        try:
            answer = self._send(connection, method, path, body)
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise GoneError("the daemon does not answer any more") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refused(answer.status, data)
        return _values(data) if data else {}

    def events(self, after: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield events for ever, each with `id`, `type`, `job` and `data`.

        A broken connection, and a restart of the daemon, are bridged without missing anything; an
        event of type `reset` says that something was missed all the same.

        Args:
            after: The last event that was seen; None to begin now.

        Raises:
            AnswerError: The daemon refuses.
            GoneError: It has gone and does not come back for some seconds.
        """
        failures = 0
        while True:
            with suppress(OSError, http.client.HTTPException, GoneError):
                for event in self._stream(after):
                    failures = 0
                    after = event["id"]
                    if event["type"] != "ready":
                        yield event
            if failures == len(_RETRY_S):
                raise GoneError("the daemon does not answer any more")
            time.sleep(_RETRY_S[failures])
            failures += 1

    def _stream(self, after: int | None) -> Iterator[dict[str, Any]]:
        path = "/v1/events" if after is None else f"/v1/events?{urlencode({'after': after})}"
        connection = self._connect(QUIET_S)
        try:
            answer = self._send(connection, "GET", path, None)
            if answer.status == 503:
                return  # it is about to end, or has too much to do: ask again
            if answer.status >= 400:
                raise _refused(answer.status, answer.read())
            while line := answer.readline(_LARGEST_LINE):
                if line.startswith(b"data: "):
                    yield _values(line[6:])
        finally:
            connection.close()

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        """Return a connection to the daemon, which may have moved or changed its token."""
        try:
            return _open(self._endpoint, timeout_s)
        except GoneError:
            found = read_endpoint(self._endpoint_file)
            if found is None or found == self._endpoint:
                raise
            self._endpoint = found
            return _open(found, timeout_s)

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any
    ) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._endpoint.token}"}
        data = None
        if isinstance(body, bytes):
            data, headers["Content-Type"] = body, "image/jpeg"
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode("ascii"), "application/json"
        connection.request(method, path, data, headers)
        return connection.getresponse()


def find_daemon(timeout_s: float = HELLO_S, *, endpoint_file: Path | None = None) -> Client | None:
    """Return the running daemon once it has proved who it is, None when there is none.

    Args:
        timeout_s: Patience with the proof.
        endpoint_file: Where it says how it is found; the user's own when None.

    Raises:
        ServiceError: A daemon runs whose interface this client does not speak.
    """
    endpoint = read_endpoint(endpoint_file)
    if endpoint is None:
        return None
    if API not in endpoint.api:
        raise ServiceError(
            f"the daemon that runs is of version {endpoint.version}; restart it to go on"
        )
    try:
        _open(endpoint, timeout_s, hello_s=timeout_s).close()
    except GoneError:
        return None
    return Client(endpoint, endpoint_file=endpoint_file)


def _open(
    endpoint: Endpoint, timeout_s: float, *, hello_s: float = HELLO_S
) -> http.client.HTTPConnection:
    """Return a connection whose other end has proved that it knows the token.

    Raises:
        GoneError: There is none, or it does not know it.
    """
    connection = http.client.HTTPConnection(ADDRESS, endpoint.port, timeout=hello_s)
    try:
        nonce = secrets.token_urlsafe(24)
        connection.request("GET", f"/v1/hello?nonce={nonce}")
        proof = _values(connection.getresponse().read(_LARGEST_HELLO)).get("proof")
        wanted = make_proof(endpoint.token, nonce)
        given = proof if isinstance(proof, str) and proof.isascii() else ""
        if not hmac.compare_digest(given, wanted) or connection.sock is None:
            raise GoneError("another program answers in the daemon's place")
        connection.auto_open = 0  # a second connection would need a proof of its own
        connection.sock.settimeout(timeout_s)
        return connection
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise GoneError("the daemon does not answer") from error
    except BaseException:
        connection.close()
        raise


def _values(data: bytes) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise GoneError("the daemon's answer cannot be read") from error
    return values if isinstance(values, dict) else {}


def _refused(status: int, data: bytes) -> AnswerError:
    problem: dict[str, Any] = {}
    with suppress(GoneError):
        problem = _values(data)
    detail = str(problem.get("detail") or f"the daemon answered with status {status}")
    return AnswerError(status, str(problem.get("code", "")), detail)
