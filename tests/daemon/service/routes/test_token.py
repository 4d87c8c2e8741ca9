"""A new token."""

from __future__ import annotations

from sidelight.service.instance import read_endpoint


def test_the_old_one_is_locked_out_and_the_new_one_published(service) -> None:
    old = service.token
    with service.connect() as stream:
        stream.sendall(service.head(path="/v1/events"))
        service.wait(lambda: service.core.hub.readers == 1)
        reply = service.ask("POST", "/v1/token")
        assert (reply.status, reply.data) == (204, b"")
        service.wait(lambda: service.core.hub.readers == 0)  # it was opened with the old one
    endpoint = read_endpoint(service.endpoint_file)
    assert endpoint is not None
    assert endpoint.token == service.token != old
    assert service.ask("GET", "/v1/status").status == 200
    reply = service.ask("GET", "/v1/status", headers={"Authorization": f"Bearer {old}"})
    assert (reply.status, reply.code) == (401, "unauthorized")


def test_it_takes_no_body(service) -> None:
    old = service.token
    assert service.ask("POST", "/v1/token", {"token": "mine"}).status == 400
    assert (
        service.ask("POST", "/v1/token", b"[]", {"Content-Type": "application/json"}).status == 400
    )
    assert service.token == old
    assert service.ask("POST", "/v1/token", {}).status == 204
