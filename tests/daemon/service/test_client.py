"""The client that commands use: it trusts nobody without a proof."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sidelight.errors import ServiceError
from sidelight.service.client import AnswerError, Client, GoneError, find_daemon
from sidelight.service.instance import Endpoint, write_endpoint


def client_of(service: Any) -> Client:
    found = find_daemon(endpoint_file=service.endpoint_file)
    assert found is not None
    return found


def test_it_finds_the_daemon_and_asks(service) -> None:
    client = client_of(service)
    assert client.url == f"http://127.0.0.1:{service.port}"
    status = client.request("GET", "/v1/status")
    assert status["version"] == client.version
    assert client.request("POST", "/v1/undo", {"last": True}) == {"results": []}
    assert client.request("DELETE", f"/v1/roots/{service.root.id}") == {}


def test_it_sends_a_jpeg(service) -> None:
    with pytest.raises(AnswerError) as caught:
        client_of(service).request("POST", "/v1/predict", b"\xff\xd8\xff but cut off")
    assert (caught.value.status, caught.value.code) == (422, "unusable_photo")


def test_a_problem_is_one_sentence(service) -> None:
    with pytest.raises(AnswerError, match="there is no such job") as caught:
        client_of(service).request("GET", "/v1/jobs/99")
    assert (caught.value.status, caught.value.code) == (404, "not_found")
    assert isinstance(caught.value, ServiceError)


def test_there_may_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    assert find_daemon() is None


def test_a_daemon_that_has_gone_is_told(service) -> None:
    client = client_of(service)
    service.stop()
    with pytest.raises(GoneError):
        client.request("GET", "/v1/status")


class Squatter:
    """Another program on the daemon's port; it remembers everything it is sent."""

    def __init__(self, answer: bytes) -> None:
        self.received: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.received.append(f"{self.path} {self.headers.as_string()}")
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def squatting(answer: bytes) -> Iterator[Squatter]:
    squatter = Squatter(answer)
    try:
        yield squatter
    finally:
        squatter.close()


def leads_to(port: int) -> Endpoint:
    return Endpoint(
        f"http://127.0.0.1:{port}", port, os.getpid(), "2026-01-01T00:00:00+00:00", "canary", "1"
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({"api": [1], "version": "1", "proof": "0" * 64}).encode(),
        json.dumps({"api": [1], "version": "1", "proof": None}).encode(),
        json.dumps({"api": [1], "version": "1", "proof": "é"}).encode(),
    ],
)
def test_a_squatter_never_sees_the_token(tmp_path: Path, answer: bytes) -> None:
    file = tmp_path / "endpoint.json"
    with squatting(answer) as squatter:
        write_endpoint(leads_to(squatter.port), file)
        assert find_daemon(endpoint_file=file) is None
        with pytest.raises(GoneError):
            Client(leads_to(squatter.port), endpoint_file=file).request("GET", "/v1/status")
        assert squatter.received
        assert "canary" not in "".join(squatter.received)
        assert "Authorization" not in "".join(squatter.received)


def test_a_squatter_that_comes_later_never_sees_it_either(service) -> None:
    client = client_of(service)
    with squatting(b"{}") as squatter:
        client._endpoint = leads_to(squatter.port)
        client._endpoint_file = service.folder / "nowhere.json"
        with pytest.raises(GoneError):
            client.request("POST", "/v1/undo", {"last": True})
        assert "Authorization" not in "".join(squatter.received)


def test_a_connection_that_breaks_after_the_proof_is_not_made_anew(service) -> None:
    """The second connection would carry the token and have proved nothing."""
    from sidelight.service.client import _open

    connection = _open(client_of(service)._endpoint, 5)
    connection.close()
    with pytest.raises(Exception, match=r"(?i)not.?connected|^$"):
        connection.request("GET", "/v1/status", headers={"Authorization": "Bearer x"})


def test_another_interface_is_told(service) -> None:
    values = json.loads(service.endpoint_file.read_text())
    service.endpoint_file.write_text(json.dumps({**values, "api": [2], "version": "9"}))
    with pytest.raises(ServiceError, match="version 9"):
        find_daemon(endpoint_file=service.endpoint_file)


def test_a_new_token_is_learned(service) -> None:
    client, other = client_of(service), client_of(service)
    before = service.token
    client.request("POST", "/v1/token")
    assert service.token != before
    assert other.request("GET", "/v1/status")
    assert client.request("GET", "/v1/status")


def append(service: Any, count: int) -> None:
    for _ in range(count):
        with service.core.database.write() as connection:
            service.core.events.append(connection, "test")


def test_events_are_followed_from_the_last_one_seen(service) -> None:
    append(service, 3)
    events = client_of(service).events(after=1)
    assert [event["id"] for event in islice(events, 2)] == [2, 3]
    events.close()


def test_events_bridge_a_new_token_and_a_restart(start_service) -> None:
    service = start_service()
    append(service, 1)
    events = client_of(service).events(after=0)
    assert next(events)["id"] == 1
    service.ask("POST", "/v1/token")
    append(service, 1)
    assert next(events)["id"] == 2
    service.stop()
    again = start_service(folder=service.folder)
    assert again.token != service.token
    append(again, 1)
    assert next(events)["id"] == 3
    events.close()


def test_events_end_when_the_daemon_stays_away(service, monkeypatch) -> None:
    monkeypatch.setattr("sidelight.service.client._RETRY_S", (0.01, 0.01))
    append(service, 1)
    events = client_of(service).events(after=0)
    assert next(events)["id"] == 1
    service.stop()
    with pytest.raises(GoneError):
        next(events)


def test_it_needs_no_server_library() -> None:
    code = "import sys, sidelight.service.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"aiohttp", "asyncio", "numpy", "rawpy", "torch"} & set(done.stdout.split())
