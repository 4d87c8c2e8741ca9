"""Undo over HTTP, of sidecars that were really written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sidelight.jobs.model import Request
from sidelight.workflows.develop import Options, develop_photo


@pytest.fixture
def written(service, tiny_raw) -> Any:
    """Develop photos as the daemon would, and return their sidecars."""

    def develop(*names: str, batch: str) -> list[Path]:
        sidecars = []
        for name in names:
            photo = tiny_raw(service.photos / name)
            options = Options(("lightroom",), service.core.first_versions, batch)
            (result,) = develop_photo(photo, options)
            assert result.status == "written"
            sidecars.append(result.sidecar)
        return sidecars

    return develop


def undone(service, body: dict[str, Any]) -> dict[str, str]:
    reply = service.ask("POST", "/v1/undo", body)
    assert reply.status == 200, reply.data
    return {Path(each["sidecar"]).name: each["status"] for each in reply.json["results"]}


def test_photos_are_taken_back(service, written) -> None:
    sidecars = written("a.dng", "b.dng", batch="1")
    body = {"photos": [str(service.photos / "a.dng")]}
    assert undone(service, body) == {"a.xmp": "removed"}
    assert [path.exists() for path in sidecars] == [False, True]


def test_a_batch_is_taken_back_with_what_is_open_and_waits(service, written) -> None:
    written("a.dng", batch="1")
    written("b.dng", batch="2")
    core = service.core
    core.jobs.enqueue([Request(service.photos / "c.dng")], batch="1")
    core.waiting.put(service.photos / "d.dng", "lightroom", {}, "the catalog holds it", "1")
    core.waiting.put(service.photos / "e.dng", "lightroom", {}, "the catalog holds it", "2")
    assert undone(service, {"batch": "1"}) == {"a.xmp": "removed"}
    assert core.jobs.counts()["queued"] == 0
    assert [each.batch for each in core.waiting.list()] == ["2"]
    assert undone(service, {"batch": "nobody"}) == {}


def test_the_last_one_is_taken_back(service, written) -> None:
    written("a.dng", batch="1")
    written("b.dng", batch="2")
    assert undone(service, {"last": True}) == {"b.xmp": "removed"}
    assert undone(service, {"last": True}) == {"a.xmp": "removed"}
    assert undone(service, {"last": True}) == {}


def test_s12_what_is_open_of_the_last_one_is_not_written_afterwards(service, written) -> None:
    written("a.dng", batch="1")
    core = service.core
    core.jobs.enqueue([Request(service.photos / "b.dng")], batch="1")
    core.jobs.enqueue([Request(service.photos / "c.dng")], batch="2")
    core.waiting.put(service.photos / "d.dng", "lightroom", {}, "the catalog holds it", "1")
    assert undone(service, {"last": True}) == {"a.xmp": "removed"}
    assert [job.batch for job in core.jobs.list(state="queued")] == ["2"]
    assert core.waiting.count() == 0


def test_s12_what_was_edited_since_is_left_alone_and_named(service, written) -> None:
    (sidecar,) = written("a.dng", batch="1")
    edited = sidecar.read_bytes().replace(b"<x:xmpmeta", b"<!-- mine --><x:xmpmeta")
    sidecar.write_bytes(edited)
    body = {"photos": [str(service.photos / "a.dng")]}
    assert undone(service, body) == {"a.xmp": "error"}
    assert sidecar.read_bytes() == edited


def test_what_waits_for_named_photos_is_dropped(service) -> None:
    photo = service.photos / "a.nef"
    photo.write_bytes(b"x")
    service.core.waiting.put(photo, "lightroom", {}, "the catalog holds it")
    undone(service, {"photos": [str(photo)]})
    assert service.core.waiting.count() == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"last": False}, {"photos": []}, {"batch": ""}, {"batch": "1", "last": True}],
)
def test_exactly_one_is_named(service, body: dict[str, Any]) -> None:
    assert service.ask("POST", "/v1/undo", body).status == 400


def test_photos_elsewhere_are_out_of_reach(service) -> None:
    reply = service.ask("POST", "/v1/undo", {"photos": ["/etc/passwd"]})
    assert (reply.status, reply.code) == (404, "no_such_photo")
