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
    ],
)
def test_h13_lengths_that_contradict_themselves(service, http_service, lines) -> None:
    handled = service.server.app.handled
    assert http_service.status_of(service.raw(post(service, *lines) + b"{}\r\n\r\n")) in (400, 413)
    assert service.server.app.handled == handled


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
