"""Watched catalogs over HTTP."""

from __future__ import annotations

from sidelight.service.holders import CatalogContent
from sidelight.state.examples import Example


def test_catalogs_are_those_roots_that_are_no_folders(service, monkeypatch) -> None:
    path = service.folder / "mine.lrcat"
    path.write_bytes(b"")
    root = service.watch(path, "lightroom")
    service.core.examples.note([Example(path, service.photos / "a.nef", "lightroom", "", {})])
    content = CatalogContent(photos=12, edited=5)
    monkeypatch.setattr(
        service.core.holders, "content", lambda id: content if id == root.id else CatalogContent()
    )
    told = {
        "id": root.id,
        "path": str(path),
        "kind": "lightroom",
        "state": "watching",
        "reason": "",
        "photos": 12,
        "edited": 5,
        "examples": 1,
    }
    assert service.ask("GET", "/v1/catalogs").json == {"catalogs": [told]}
    assert service.ask("GET", f"/v1/catalogs/{root.id}").json == told


def test_what_is_no_catalog_is_not_found(service) -> None:
    for number in (service.root.id, 99):
        reply = service.ask("GET", f"/v1/catalogs/{number}")
        assert (reply.status, reply.code) == (404, "not_found")
