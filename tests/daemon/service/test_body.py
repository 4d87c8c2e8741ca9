"""Bodies: only so large, and not forever."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import psutil
import pytest

from sidelight.service.protocol import Limits


@pytest.fixture(scope="module")
def service(shared_service: Any) -> Any:
    return shared_service


def post(service: Any, *lines: str, path: str = "/v1/predict", kind: str = "image/jpeg") -> bytes:
    return service.head(f"Content-Type: {kind}", *lines, method="POST", path=path)


def test_h13_one_byte_too_many_is_refused_before_it_is_sent(service, http_service) -> None:
    for kind, limit in (
        ("image/jpeg", service.limits.jpeg_bytes),
        ("application/json", service.limits.json_bytes),
    ):
        with service.connect() as client:
            client.sendall(post(service, f"Content-Length: {limit + 1}", kind=kind))
            assert http_service.status_of(client.recv(4096)) == 413


def test_h13_what_waits_for_permission_is_told_at_once(service, http_service) -> None:
    limit = service.limits.jpeg_bytes
    lines = ("Expect: 100-continue", f"Content-Length: {limit + 1}")
    answer = service.raw(post(service, *lines))
    assert http_service.status_of(answer) == 413
    assert b"100 Continue" not in answer


def test_permission_is_given_after_all_checks(service, http_service) -> None:
    with service.connect() as client:
        client.sendall(post(service, "Expect: 100-continue", "Content-Length: 4"))
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"\xff\xd8\xff\xe0")
        assert http_service.status_of(client.recv(4096)) == 422


def test_h13_a_chunked_body_may_not_grow_past_the_limit(start_service, http_service) -> None:
    limit = 8 << 20
    service = start_service(limits=Limits(jpeg_bytes=limit, linger_s=0.3))
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    chunk = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
    with service.connect() as client:
        client.sendall(post(service, "Transfer-Encoding: chunked"))
        answered = threading.Event()
        answer = []

        def read() -> None:
            answer.append(http_service.read_all(client))
            answered.set()

        threading.Thread(target=read, daemon=True).start()
        try:
            for _ in range(4 * limit // 65536):
                client.sendall(chunk)
                if answered.is_set():
                    break
        except OSError:
            pass
        assert answered.wait(20)
    assert http_service.status_of(answer[0]) == 413
    assert process.memory_info().rss - before < 2 * limit + (16 << 20)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        ("Content-Length: 9223372036854775808",),
        ("Content-Length: 99999999999999999999999",),
        ("Content-Length: 4", "Content-Length: 5"),
        ("Content-Length: 4, 4",),
        ("Content-Length: 0x4",),
        ("Content-Length: +4",),
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding:\x0bchunked",),
        ("Transfer-Encoding: \r\n chunked",),
        ("Content-Length: 4\r\n ",),
        ("Content-Length : 4",),
        ("Content-Length: 4 4",),
    ],
)
def test_h13_lengths_that_contradict_themselves(service, http_service, lines) -> None:
    handled = service.server.app.handled
    assert http_service.status_of(service.raw(post(service, *lines) + b"{}\r\n\r\n")) in (400, 413)
    assert service.server.app.handled == handled


def test_a_request_in_a_body_is_a_body(service, http_service) -> None:
    """Whatever the two ends of a connection might disagree about, one request is one request."""
    inner = service.head(path="/v1/roots")
    length = f"Content-Length: {len(inner)}"
    json_type = "Content-Type: application/json"
    unknown = service.head(json_type, length, method="POST", path="/v1/undo").replace(
        service.token.encode(), b"wrong"
    )
    chunked = (json_type, "Transfer-Encoding: chunked")
    ends = b"0\r\n\r\n"
    for data, status in (
        (unknown + inner, 401),
        (service.head(length) + inner, 415),
        (service.head(json_type, length) + inner, 400),
        (
            service.head("Content-Type: text/plain", length, method="POST", path="/v1/undo")
            + inner,
            415,
        ),
        (
            service.head(*chunked, "Content-Length: 4", method="POST", path="/v1/undo")
            + ends
            + inner,
            400,
        ),
        (service.head(*chunked, method="POST", path="/v1/undo") + b"2;x\n{}\n0\n\n" + inner, 400),
        (service.head(json_type, "Content-Length: 0", path="/v1/nowhere") + b"x" + inner, 404),
    ):
        with service.connect(1.5) as client:
            client.sendall(data)
            answer = b""
            try:
                while more := client.recv(1 << 16):
                    answer += more
            except (TimeoutError, ConnectionError):
                pass
        assert http_service.status_of(answer) in (status, 400), data
        assert b'"roots"' not in answer, data


def test_h13_endless_extensions_of_a_chunk_are_cut_off(start_service, http_service) -> None:
    service = start_service(limits=Limits(body_s=0.6, linger_s=0.2))
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    with service.connect() as client:
        client.sendall(post(service, "Transfer-Encoding: chunked", kind="application/json") + b"2;")
        started = time.monotonic()
        try:
            while time.monotonic() - started < 10:
                client.sendall(b"x" * 65536)
        except OSError:
            pass
        assert time.monotonic() - started < 10
    assert process.memory_info().rss - before < 32 << 20
    assert service.ask("GET", "/v1/status").status == 200


def test_a_torn_chunk_is_a_bad_request(service, http_service) -> None:
    answer = service.raw(post(service, "Transfer-Encoding: chunked") + b"zz\r\n")
    assert http_service.status_of(answer) == 400


def test_h15_a_body_of_one_byte_a_second_is_cut_off(start_service, http_service) -> None:
    service = start_service(limits=Limits(body_s=0.6, linger_s=0.2))
    with service.connect() as client:
        client.sendall(post(service, "Content-Length: 1000"))
        started = time.monotonic()
        client.settimeout(0.2)
        answer = b""
        while time.monotonic() - started < 10 and not answer:
            client.sendall(b"x")
            try:
                answer = client.recv(4096)
            except TimeoutError:
                continue
    assert http_service.status_of(answer) == 408


def test_h15_a_body_above_the_floor_may_take_its_time(start_service, http_service) -> None:
    service = start_service(limits=Limits(body_s=0.3, body_bps=1000))
    with service.connect() as client:
        client.sendall(post(service, "Content-Length: 5000"))
        for _ in range(10):
            client.sendall(b"x" * 500)
            time.sleep(0.1)
        assert http_service.status_of(client.recv(4096)) == 422


def test_h15_what_came_quickly_earns_no_long_pause(start_service, http_service) -> None:
    """Ten megabytes at once are no ticket for three hours, at a thousand bytes a second."""
    service = start_service(limits=Limits(body_s=0.4, linger_s=0.2))
    with service.connect() as client:
        client.sendall(post(service, f"Content-Length: {20 << 20}") + bytes(10 << 20))
        started = time.monotonic()
        assert http_service.status_of(client.recv(4096)) == 408
        assert time.monotonic() - started < 10
