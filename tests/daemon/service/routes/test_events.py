"""The route of the event stream; what it sends is tested with the hub."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1&after=2", "from=1"])
def test_bad_queries(service, query: str) -> None:
    reply = service.ask("GET", f"/v1/events?{query}")
    assert (reply.status, reply.code) == (400, "bad_request")


def test_it_is_a_stream_of_events(service) -> None:
    with service.connect() as client:
        client.sendall(service.head("Last-Event-ID: 0", path="/v1/events?after=7"))
        head = client.recv(4096).decode()
    assert head.startswith("HTTP/1.1 200 OK")
    assert "Content-Type: text/event-stream" in head
    assert "Cache-Control: no-store" in head


def test_http_1_0_may_follow_too(service) -> None:
    with service.connect() as client:
        client.sendall(service.head(path="/v1/events?after=0").replace(b"HTTP/1.1", b"HTTP/1.0"))
        received = b""
        while b"retry" not in received:
            received += client.recv(4096)
        assert b"Transfer-Encoding" not in received
