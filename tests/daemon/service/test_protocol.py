"""Connections: deadlines, a ceiling, and no words of the client's in our answers."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import statistics
import threading
import time
from contextlib import ExitStack
from typing import Any

import psutil
import pytest

from sidelight.service.protocol import Limits

SLOW_CLIENTS = 20
"""Of each kind in the fast suite; 200 in the slow one."""

CONNECTS = 300
"""At once in the fast suite; 2 000 in the slow one."""

SLOW = Limits(head_s=1.0, body_s=1.0, linger_s=0.2, connections=4096)


def kinds(service: Any) -> dict[str, tuple[bytes, bytes]]:
    """Kind of slow client → what it sends at once, and what then bit by bit."""
    head = service.head("Content-Type: image/jpeg", "Content-Length: 5000", method="POST")
    return {
        "half a request line": (b"GET /v1/sta", b""),
        "one header at a time": (b"GET /v1/status HTTP/1.1\r\n", b"X-Slow: 1\r\n"),
        "one body byte at a time": (head.replace(b"/v1/status", b"/v1/predict"), b"x"),
        "silent": (b"", b""),
    }


def crowd(service: Any, count: int) -> list[float]:
    """Let slow clients come until all are gone; return what `hello` took meanwhile."""
    took: list[float] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            started = time.monotonic()
            assert service.ask("GET", "/v1/hello?nonce=x").status == 200
            took.append(time.monotonic() - started)
            time.sleep(0.01)

    with ExitStack() as stack:
        clients: list[tuple[socket.socket, bytes]] = []
        for first, then in kinds(service).values():
            for _ in range(count):
                client = stack.enter_context(service.connect())
                client.sendall(first)
                client.setblocking(False)
                clients.append((client, then))
        started = time.monotonic()
        asking = threading.Thread(target=ask)
        asking.start()
        left = clients
        while left and time.monotonic() - started < 60:
            time.sleep(0.1)
            left = [each for each in left if not is_closed(*each)]
        is_over.set()
        asking.join()
    assert not left
    return took


def is_closed(client: socket.socket, then: bytes) -> bool:
    try:
        client.send(then)
        while client.recv(4096):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "count", [SLOW_CLIENTS, pytest.param(200, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_h15_slow_clients_are_closed_and_others_served(start_service, count: int) -> None:
    service = start_service(limits=SLOW)
    took = crowd(service, count)
    # Nobody waits behind a slow client until its deadline.
    assert statistics.quantiles(took, n=100)[98] < SLOW.head_s
    service.wait(lambda: not service.server.listener.open)


def test_h15_the_deadlines_are_those_that_were_promised() -> None:
    limits = Limits()
    assert limits.head_s < 10
    assert limits.body_s <= 30
    assert limits.body_bps == 1000


def test_h15_a_slow_second_request_is_closed_too(start_service, http_service) -> None:
    service = start_service(limits=Limits(head_s=0.3, idle_s=60))
    with service.connect() as client:
        client.sendall(service.head())
        assert http_service.status_of(client.recv(1 << 16)) == 200
        time.sleep(0.6)  # an idle connection may stay
        client.sendall(service.head())
        assert http_service.status_of(client.recv(1 << 16)) == 200
        client.sendall(b"GET /v1/sta")
        assert client.recv(1 << 16) == b""


def test_h15_half_a_request_behind_a_whole_one_is_closed_too(start_service, http_service) -> None:
    limits = Limits()
    assert limits.idle_s < 9.5  # aiohttp looks once a second
    service = start_service(limits=Limits(head_s=0.3, idle_s=0.5))
    with service.connect() as client:
        client.sendall(service.head() + b"GET /v1/sta")
        started = time.monotonic()
        assert http_service.status_of(http_service.read_all(client)) == 200
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "lines",
    [
        ("Upgrade: websocket", "Connection: Upgrade"),
        ("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        ("Upgrade: tcp", "Connection: Upgrade"),
    ],
    ids=["websocket", "h2c", "tcp"],
)
@pytest.mark.parametrize("token", ["good", "wrong"])
def test_h12_nothing_sent_behind_an_upgrade_piles_up(start_service, lines, token: str) -> None:
    service = start_service(limits=Limits(head_s=0.5, idle_s=0.5, linger_s=0.2))
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    head = service.head(*lines)
    with service.connect() as client:
        client.sendall(head if token == "good" else head.replace(service.token.encode(), b"x"))
        client.settimeout(5)
        try:
            for _ in range(1000):
                client.sendall(b"x" * 65536)
        except OSError:
            pass
        assert process.memory_info().rss - before < 24 << 20
    service.wait(lambda: not service.server.listener.open)
    assert service.ask("GET", "/v1/status").status == 200


def test_requests_queued_behind_a_stream_do_not_pile_up(start_service) -> None:
    service = start_service()
    process = psutil.Process(os.getpid())
    with service.connect() as client:
        client.sendall(service.head(path="/v1/events"))
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        before = process.memory_info().rss
        many = service.head() * 200
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            for _ in range(2000):
                client.sendall(many)
        assert process.memory_info().rss - before < 24 << 20
    service.wait(lambda: not service.server.listener.open)


BOMBS = {
    "deep": b"[" * 900_000,
    "deep in a field": b'{"photos": ' + b"[" * 100_000,
    "deep objects": b'{"photos": ' + b'{"a":' * 100_000,
    "deep and closed": b'{"photo": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "huge number": b'{"strength": ' + b"1" * 1_000_000 + b"}",
    "huge exponent": b'{"strength": 1e999}',
    "not a number": b'{"strength": NaN}',
    "infinity": b'{"headroom": -Infinity}',
    "twice": b'{"strength": 1, "strength": 0}',
    "twice, many times": b"{" + b",".join([b'"strength": 1'] * 60_000) + b"}",
    "surrogate": b'{"photo": "/a\\ud800.nef"}',
    "surrogate as bytes": b'{"photo": "/a\xed\xa0\x80.nef"}',
    "name beyond text": b'{"\\udcff": 1}',
    "nul": b'{"photo": "/a\\u0000.nef"}',
}


@pytest.mark.parametrize("name", BOMBS)
def test_h14_json_that_is_meant_to_hurt(
    shared_service, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    for method, path in (
        ("POST", "/v1/predict"),
        ("POST", "/v1/jobs"),
        ("POST", "/v1/roots"),
        ("PATCH", f"/v1/roots/{shared_service.root.id}"),
        ("POST", "/v1/undo"),
    ):
        started = time.monotonic()
        headers = {"Content-Type": "application/json"}
        reply = shared_service.ask(method, path, BOMBS[name], headers)
        assert (reply.status, reply.code) in ((400, "bad_request"), (400, "photo_path"))
        assert len(reply.data) < 1000
        assert time.monotonic() - started < 2
    assert "RecursionError" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_h14_ten_megabytes_of_brackets(shared_service) -> None:
    headers = {"Content-Type": "application/json"}
    length = 10 << 20
    head = shared_service.head(
        "Content-Type: application/json",
        f"Content-Length: {length}",
        method="POST",
        path="/v1/jobs",
    )
    with shared_service.connect() as client:
        client.sendall(head)
        assert b" 413 " in client.recv(4096)
    assert shared_service.ask("POST", "/v1/jobs", b"[" * 1000, headers).status == 400


def test_an_idle_connection_is_closed_after_a_while(start_service, http_service) -> None:
    service = start_service(limits=Limits(head_s=0.3, idle_s=0.5))
    with service.connect() as client:
        client.sendall(service.head())
        assert http_service.status_of(client.recv(1 << 16)) == 200
        assert client.recv(1 << 16) == b""


def test_a_client_that_does_not_read_its_answer_is_dropped(start_service) -> None:
    service = start_service(limits=Limits(send_s=0.4))
    requests = service.head(path="/openapi.json") * 8
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", service.port))
        client.settimeout(20)
        ends = time.monotonic() + 20
        with pytest.raises(ConnectionError):
            while time.monotonic() < ends:
                client.sendall(requests)
                time.sleep(0.05)
    service.wait(lambda: not service.server.listener.open)


@pytest.mark.parametrize(
    "count", [CONNECTS, pytest.param(2000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_h16_surplus_connections_are_told_so(start_service, http_service, count: int) -> None:
    room = count // 3
    service = start_service(limits=Limits(connections=room, linger_s=0.3))
    process = psutil.Process(os.getpid())
    assert service.ask("GET", "/v1/status").status == 200
    service.wait(lambda: not service.server.listener.open)
    before = process.num_fds() if os.name == "posix" else process.num_handles()
    statuses = []
    with ExitStack() as stack:
        clients = [stack.enter_context(service.connect()) for _ in range(count)]
        served, surplus = clients[:room], clients[room:]
        for client in surplus:
            answer = http_service.read_all(client)
            statuses.append(http_service.status_of(answer))
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "overloaded"
        assert set(statuses) == {503}
        served[-1].sendall(service.head())
        assert http_service.status_of(served[-1].recv(1 << 16)) == 200
    service.wait(lambda: not service.server.listener.open and not service.server.listener.surplus)
    after = process.num_fds() if os.name == "posix" else process.num_handles()
    assert abs(after - before) <= 2
    assert service.ask("GET", "/v1/status").status == 200


def test_h16_no_connection_is_kept_from_other_files() -> None:
    resource = pytest.importorskip("resource")
    from sidelight.service.protocol import RESERVED_FILES, Listener

    async def handler(request): ...

    import asyncio

    async def room() -> int:
        return Listener(handler, Limits(connections=1 << 20)).room

    assert asyncio.run(room()) <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED_FILES


NONSENSE = [
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"<canary> / HTTP/1.1\r\n\r\n",
    b"GET /<canary>\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n<canary>\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00<canary>\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n : <canary>\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.parametrize("data", NONSENSE)
def test_nonsense_is_answered_in_our_own_words(
    start_service, http_service, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    service = start_service(limits=Limits(head_s=0.3))
    caplog.set_level(logging.INFO)
    answer = service.raw(data)
    if answer:
        assert http_service.status_of(answer) == 400
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"
    assert b"canary" not in answer
    assert "canary" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert service.ask("GET", "/v1/status").status == 200


def test_h14_heads_that_are_too_large(shared_service, http_service) -> None:
    service = shared_service
    many = [f"X-{number}: 1" for number in range(101)]
    for data in (
        service.head(*many),
        service.head("X-Large: " + "x" * 20_000),
        service.head(path="/v1/status?x=" + "x" * 100_000),
    ):
        assert http_service.status_of(service.raw(data)) in (400, 414, 431)
    assert service.ask("GET", "/v1/status").status == 200


def test_a_storm_of_mutilated_requests_leaves_the_service_well(
    shared_service, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes flipped, doubled and cut; the seed is fixed."""
    chance = random.Random(20)
    service = shared_service
    body = b'{"last": true}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
    good = service.head(*lines, method="POST", path="/v1/undo") + body
    for _ in range(400):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            kind = chance.randrange(3)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                data[place:place] = data[place : place + chance.randint(1, 30)]
            else:
                del data[place : place + chance.randint(1, 30)]
        with service.connect() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            client.settimeout(20)
            try:
                answer = client.recv(1 << 16)
            except ConnectionError:
                continue
            assert not answer.startswith(b"HTTP/1.1 5"), (bytes(data), answer)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert service.ask("GET", "/v1/status").status == 200


def test_h20_clients_that_leave_in_the_middle(
    start_service, caplog: pytest.LogCaptureFixture
) -> None:
    service = start_service()
    service.watch()
    caplog.set_level(logging.INFO)
    chance = random.Random(7)
    heads = [
        service.head(path="/openapi.json"),
        service.head(path="/v1/events"),
        service.head(
            "Content-Type: application/json", "Content-Length: 400", method="POST", path="/v1/jobs"
        ),
        service.head()[:40],
    ]
    for number in range(1000):
        client = service.connect()
        client.sendall(heads[number % len(heads)])
        if number % len(heads) < 2 and chance.random() < 0.5:
            client.recv(chance.randint(1, 500))
        if chance.random() < 0.5:  # a reset instead of a farewell
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    service.wait(lambda: not service.server.listener.open)
    service.wait(lambda: service.core.hub.readers == 0)
    assert service.ask("GET", "/v1/status").status == 200
    service.stop()
    assert service.left == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "Traceback" not in caplog.text


def test_clients_that_do_not_read_do_not_hold_up_the_end(start_service) -> None:
    service = start_service(limits=Limits(send_s=60))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", service.port))
        client.sendall(service.head(path="/openapi.json") * 100)
        service.wait(lambda: any(each.writing_paused for each in service.server.listener.open))
        started = time.monotonic()
        service.stop()
        assert time.monotonic() - started < 5
        assert not service.server.listener.open
