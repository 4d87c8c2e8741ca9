"""The document over HTTP."""

from __future__ import annotations

from sidelight.service.openapi import make_document
from sidelight.service.routes import load_operations


def test_it_is_the_one_that_is_generated(service) -> None:
    reply = service.ask("GET", "/openapi.json")
    assert reply.status == 200
    assert reply.json == make_document(load_operations())


def test_it_needs_the_token(service) -> None:
    assert service.ask("GET", "/openapi.json", headers={"Authorization": None}).status == 401
