"""Event streams: gap-free, resumable, bounded, and gone when they should be."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sidelight.jobs.model import Request
from sidelight.service import sse
from sidelight.service.protocol import Limits


class Stream:
    """One event stream over a raw socket."""

    def __init__(self, service: Any, path: str = "/v1/events", *lines: str) -> None:
        self._client = service.connect()
        self._client.sendall(service.head(*lines, path=path))
        self._file = self._client.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass
        self._lines = _Chunks(self._file)
        self.comments = 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._client.close()

    def next(self) -> dict[str, Any] | None:
        """The next event; None at the end."""
        found: dict[str, str] = {}
        while line := self._line():
            if line == "\n" and found.keys() - {"retry"}:
                event = json.loads(found["data"])
                assert found["id"] == str(event["id"])
                assert found["event"] == event["type"]
                return event
            if line.startswith(":"):
                self.comments += 1
            name, _, value = line.strip().partition(": ")
            if value:
                found[name] = value
        return None

    def take(self, count: int) -> list[dict[str, Any]]:
        return [event for event in (self.next() for _ in range(count)) if event]

    def _line(self) -> str:
        try:
            return self._lines.readline()
        except (ConnectionError, ValueError):
            return ""


class _Chunks:
    """The body of a chunked answer as lines."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._buffer = b""

    def readline(self) -> str:
        while b"\n" not in self._buffer:
            size = int(self._file.readline().strip() or b"0", 16)
            if not size:
                return ""
            self._buffer += self._file.read(size)
            self._file.readline()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return (line + b"\n").decode("utf-8")


def write(service: Any, count: int, text: str = "") -> None:
    """Append events to the log."""
    for _ in range(count):
        with service.core.database.write(durable=False) as connection:
            service.core.events.append(connection, "test", None, {"text": text})


def ids(events: list[dict[str, Any]]) -> list[int]:
    return [event["id"] for event in events]


def test_a_stream_begins_now_and_says_where(service) -> None:
    write(service, 3)
    with Stream(service) as stream:
        ready = stream.next()
        assert (ready["id"], ready["type"]) == (3, "ready")
        write(service, 2, "\n\r\u2028 ü")
        events = stream.take(2)
        assert ids(events) == [4, 5]
        assert events[0] == {
            "id": 4,
            "type": "test",
            "job": None,
            "data": {"text": "\n\r\u2028 ü"},
        }


def test_what_jobs_do_arrives(service) -> None:
    with Stream(service) as stream:
        stream.next()
        job = service.core.jobs.enqueue([Request(Path("/a/b.nef"))], batch="b")[0]
        event = stream.next()
        assert (event["type"], event["job"]) == ("job.queued", job.id)
        assert event["data"]["batch"] == "b"


@pytest.mark.parametrize("way", ["query", "header"])
def test_q7_a_stream_is_resumed_where_it_broke_off(service, way: str) -> None:
    write(service, 10)
    lines = ("Last-Event-ID: 4",) if way == "header" else ()
    path = "/v1/events" if way == "header" else "/v1/events?after=4"
    with Stream(service, path, *lines) as stream:
        assert ids(stream.take(6)) == [5, 6, 7, 8, 9, 10]
        write(service, 1)
        assert stream.next()["id"] == 11


def test_q7_many_reconnects_while_events_flow_miss_nothing(service) -> None:
    count = 600
    writing = threading.Thread(target=write, args=(service, count))
    seen: list[int] = []
    writing.start()
    while len(seen) < count:
        after = seen[-1] if seen else 0
        with Stream(service, f"/v1/events?after={after}") as stream:
            for _ in range(37):
                if len(seen) == count:
                    break
                seen.append(stream.next()["id"])
    writing.join()
    assert seen == list(range(1, count + 1))


def test_q7_a_gap_is_told(service) -> None:
    write(service, 50)
    service.core.events.prune(keep=10)
    for after in (5, 39, 51, 10_000):
        with Stream(service, f"/v1/events?after={after}") as stream:
            event = stream.next()
            assert (event["type"], event["id"]) == ("reset", 50), after
    with Stream(service, "/v1/events?after=40") as stream:
        assert ids(stream.take(10)) == list(range(41, 51))


def test_q7_a_reader_that_falls_behind_reads_from_the_database(
    start_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEPT", 10)
    service = start_service(limits=Limits(send_s=20))
    with Stream(service) as stream:
        stream.next()
        count = 2000
        write(service, count, "x" * 10_000)  # more than all buffers on the way hold
        assert ids(stream.take(count)) == list(range(1, count + 1))


def test_q7_a_reader_that_falls_behind_the_database_is_told(
    start_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEPT", 10)
    service = start_service(limits=Limits(send_s=20))
    with Stream(service) as stream:
        stream.next()
        write(service, 2000, "x" * 10_000)  # more than all buffers on the way hold
        service.core.events.prune(keep=5)
        seen = []
        while (event := stream.next())["type"] != "reset":
            seen.append(event["id"])
        assert seen == list(range(1, len(seen) + 1))
        write(service, 1)
        assert stream.next()["id"] == event["id"] + 1


def test_q7_twenty_slow_readers_do_no_harm_and_are_dropped(start_service) -> None:
    service = start_service(limits=Limits(send_s=1.0))
    slow = []
    for _ in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", service.port))
        client.sendall(service.head(path="/v1/events"))
        slow.append(client)
    service.wait(lambda: service.core.hub.readers == 20)
    with Stream(service) as stream:
        stream.next()
        count = 1500
        writing = threading.Thread(target=write, args=(service, count, "x" * 8000))
        writing.start()
        assert ids(stream.take(count)) == list(range(1, count + 1))
        writing.join()
        assert service.ask("GET", "/v1/status").status == 200
        service.wait(lambda: service.core.hub.readers == 1)
    for client in slow:
        client.close()


def test_a_quiet_stream_holds_comments(start_service) -> None:
    service = start_service(limits=Limits(heartbeat_s=0.1))
    with Stream(service) as stream:
        stream.next()
        threading.Timer(0.6, write, (service, 1)).start()
        assert stream.next()["id"] == 1
        assert stream.comments >= 2


def test_streams_are_limited(start_service) -> None:
    service = start_service(limits=Limits(streams=2))
    with Stream(service), Stream(service):
        reply = service.ask("GET", "/v1/events")
        assert (reply.status, reply.code) == (503, "overloaded")
    service.wait(lambda: service.core.hub.readers == 0)
    with Stream(service) as stream:
        assert stream.status == 200


@pytest.mark.parametrize("header", ["x", "-1", "1.5", "٣", "9" * 19, "1 2"])
def test_a_number_is_asked_for(service, header: str) -> None:
    reply = service.ask("GET", "/v1/events", headers={"Last-Event-ID": header.encode()})
    assert (reply.status, reply.code) == (400, "bad_request")


def test_streams_end_at_once_with_the_service(start_service) -> None:
    service = start_service()
    with Stream(service) as stream, Stream(service) as other:
        stream.next(), other.next()
        started = time.monotonic()
        service.stop()
        assert stream.next() is other.next() is None
        assert time.monotonic() - started < 2
    assert service.left == []


def test_streams_that_nobody_reads_end_with_the_service_too(start_service) -> None:
    service = start_service(limits=Limits(send_s=60))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", service.port))
        client.sendall(service.head(path="/v1/events"))
        service.wait(lambda: service.core.hub.readers == 1)
        write(service, 500, "x" * 20_000)
        connection = next(iter(service.server.listener.open))
        service.wait(lambda: connection.writing_paused)
        started = time.monotonic()
        service.stop()
        assert time.monotonic() - started < 3


def test_nothing_runs_when_nobody_listens(service) -> None:
    with Stream(service) as stream:
        stream.next()
        assert service.core.hub._pump is not None
    service.wait(lambda: service.core.hub._pump is None)
    write(service, 1)
    with Stream(service, "/v1/events?after=0") as stream:
        assert stream.next()["id"] == 1
