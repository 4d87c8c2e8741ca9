"""The service as a whole: where it listens, what every answer has, how it ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from typing import Any

import psutil
import pytest

from sidelight.errors import BusyStateError
from sidelight.service.app import ROUTES, make_app
from sidelight.service.protocol import PRIVATE_HEADERS


@pytest.fixture(scope="module")
def shared(shared_service: Any) -> Any:
    return shared_service


def test_it_listens_on_the_loopback_device_only(shared) -> None:
    listening = [
        each.laddr
        for each in psutil.Process().net_connections("inet")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == shared.port
    ]
    assert [address.ip for address in listening] == ["127.0.0.1"]
    assert shared.server.url == f"http://127.0.0.1:{shared.port}"


def test_the_next_free_port_is_taken(start_service) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        wanted = other.getsockname()[1]
        service = start_service(port=wanted)
        assert service.port != wanted
        assert service.ask("GET", "/v1/status").status == 200


def test_the_preferred_port_is_taken_again_after_an_end(start_service) -> None:
    first = start_service()
    port = first.port
    assert first.ask("GET", "/v1/status").status == 200
    first.stop()
    assert start_service(port=port).port == port


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/status", 200), ("/v1/nowhere", 404), ("/v1/jobs/1", 404), ("/v1/token/x", 404)],
)
def test_every_answer_is_private(shared, path: str, status: int) -> None:
    reply = shared.ask("GET", path)
    assert reply.status == status
    for name, value in PRIVATE_HEADERS.items():
        assert reply.headers[name] == value
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    assert "aiohttp" not in str(reply.headers.items())
    if status != 200:
        assert reply.code == "not_found"


def test_an_unforeseen_error_says_nothing_of_itself(service, caplog) -> None:
    def burst(*args: Any, **more: Any) -> Any:
        raise RuntimeError("/home/canary/secret")

    service.core.jobs.counts = burst
    reply = service.ask("GET", "/v1/status")
    assert (reply.status, reply.code) == (500, "internal")
    assert b"canary" not in reply.data
    assert "canary" in caplog.text


def test_a_database_that_cannot_be_used_is_not_a_failure_of_ours(service) -> None:
    def busy(*args: Any, **more: Any) -> Any:
        raise BusyStateError("another program holds Sidelight's database")

    service.core.roots.list = busy
    reply = service.ask("GET", "/v1/roots")
    assert (reply.status, reply.code) == (503, "unavailable")


def test_h17_ranges_are_ignored(shared, http_service) -> None:
    """No route sends a file; 5 000 ranges do not fit into a header in the first place."""
    started = time.monotonic()
    some = "Range: bytes=" + ",".join(["0-0"] * 1500)
    answer = shared.raw(shared.head(some, "Connection: close", path="/openapi.json"))
    assert http_service.status_of(answer) == 200
    many = "Range: bytes=" + ",".join(["0-0"] * 5000)
    assert http_service.status_of(shared.raw(shared.head(many))) == 400
    assert time.monotonic() - started < 1


def test_nobody_waits_for_streams_or_idle_connections_at_the_end(start_service) -> None:
    service = start_service()
    clients = [service.connect() for _ in range(10)]
    for client in clients[:5]:
        client.sendall(service.head(path="/v1/events"))
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    started = time.monotonic()
    service.stop()
    assert time.monotonic() - started < 2
    assert service.left == []
    for client in clients:
        client.close()


def test_an_answer_on_its_way_is_finished_at_the_end(start_service) -> None:
    service = start_service()
    under_way = threading.Event()
    go_on = threading.Event()

    def predicting(*args: Any) -> dict[str, Any]:
        under_way.set()
        go_on.wait(10)
        return {"editors": {}}

    service.predicting = predicting
    replies: list[Any] = []
    jpeg = {"Content-Type": "image/jpeg"}
    asking = threading.Thread(
        target=lambda: replies.append(service.ask("POST", "/v1/predict", b"\xff\xd8\xff", jpeg))
    )
    asking.start()
    assert under_way.wait(10)
    threading.Timer(0.2, go_on.set).start()
    service.stop()
    asking.join(10)
    assert replies[0].status == 200


def test_it_sleeps_when_nobody_asks(start_service) -> None:
    """No timer runs without a connection: the loop has nothing to wake up for."""
    service = start_service()
    service.ask("GET", "/v1/status")
    service.wait(lambda: not service.server.listener.open)
    timers = [each for each in service.loop._scheduled if not each.cancelled()]
    assert timers == []


def test_it_loads_neither_decoders_nor_learning() -> None:
    names = ", ".join(f"sidelight.service.routes.{name}" for name in ROUTES)
    code = f"import sys, sidelight.service.app, {names}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "rawpy", "PIL", "rich"} & set(done.stdout.split())


def test_an_app_is_made_of_a_core_alone() -> None:
    class Core:
        token = None

    assert make_app(Core()).port == 0  # type: ignore[arg-type]
