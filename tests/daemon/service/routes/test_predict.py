"""One photo's edit, at once."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path
from typing import Any

import pytest

from sidelight.emulators import EMULATORS
from sidelight.errors import UnreadableError, WorkerDiedError, WorkerTimeoutError
from sidelight.recipe import Recipe
from sidelight.service.protocol import Limits

JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    import numpy as np
    from PIL import Image

    ramp = np.linspace(0, 255, 200 * 300 * 3).reshape(200, 300, 3).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def test_a_raw_photo_gets_recipes_and_terms(service, tiny_raw) -> None:
    photo = tiny_raw(service.photos / "a.dng")
    before = sorted(service.folder.rglob("*.xmp"))
    reply = service.ask("POST", "/v1/predict", {"photo": str(photo)})
    assert reply.status == 200, reply.data
    answer = reply.json
    assert answer["photo"] == str(photo)
    assert list(answer["editors"]) == ["lightroom", "darktable"]
    for entry in answer["editors"].values():
        recipe = Recipe.from_json(entry["recipe"])
        assert recipe.to_vector().any()
        assert entry["terms"]
        assert entry["reasons"]
        assert 0 <= entry["confidence"] <= 1
        assert entry["seconds"] > 0
        assert set(entry) == {"recipe", "terms", "reasons", "confidence", "notes", "seconds"}
    assert sorted(service.folder.rglob("*.xmp")) == before
    assert service.core.jobs.list() == []


def test_settings_of_the_body_count(service, tiny_raw) -> None:
    photo = tiny_raw(service.photos / "a.dng")
    body = {"photo": str(photo), "editors": ["lightroom"], "strength": 0, "headroom": 0}
    entry = service.ask("POST", "/v1/predict", body).json["editors"]
    assert list(entry) == ["lightroom"]
    recipe = Recipe.from_json(entry["lightroom"]["recipe"])
    assert not recipe.to_vector().any()
    assert not recipe.hdr.enabled


def test_a_jpeg_may_be_sent(service, jpeg: bytes) -> None:
    query = "editors=lightroom&engine=auto&headroom=2&strength=0.5"
    reply = service.ask("POST", f"/v1/predict?{query}", jpeg, JPEG)
    assert reply.status == 200, reply.data
    assert reply.json["photo"] is None
    assert list(reply.json["editors"]) == ["lightroom"]


def test_what_is_asked_for_reaches_the_worker(service) -> None:
    given = []

    def predicting(source: Any, settings: Any, inside: Path | None) -> dict[str, Any]:
        given.append((source, settings, inside))
        return {"editors": {"darktable": {"error": "no \udcff light"}}}

    service.predicting = predicting
    photo = service.photos / "a.nef"
    photo.write_bytes(b"x")
    body = {"photo": str(photo), "strength": 0.25}
    reply = service.ask("POST", "/v1/predict?headroom=1&strength=1&editors=darktable", body)
    assert reply.json["editors"] == {"darktable": {"error": "no \\xff light"}}
    source, settings, inside = given[0]
    assert (source, inside) == (photo, service.photos)
    assert settings.to_json() == {
        "editors": ["darktable"],
        "engine": "auto",
        "headroom": 1.0,
        "strength": 0.25,
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnreadableError("it is cut off"), "unusable_photo"),
        (WorkerDiedError("it crashed"), "worker_failed"),
        (WorkerTimeoutError("it took too long"), "worker_timeout"),
    ],
)
def test_d1_a_photo_that_cannot_be_used_is_told(service, error: Exception, code: str) -> None:
    def predicting(*args: Any) -> dict[str, Any]:
        raise error

    service.predicting = predicting
    reply = service.ask("POST", "/v1/predict", b"\xff\xd8\xff", JPEG)
    assert (reply.status, reply.code) == (422, code)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"photo": ""},
        {"photo": 1},
        {"photo": "/a.nef", "editors": []},
        {"photo": "/a.nef", "editors": ["photoshop"]},
        {"photo": "/a.nef", "editors": ["lightroom", "lightroom"]},
        {"photo": "/a.nef", "engine": "magic"},
        {"photo": "/a.nef", "headroom": 5},
        {"photo": "/a.nef", "strength": -1},
        {"photo": "/a.nef", "overwrite": True},
    ],
)
def test_bad_bodies(service, body: dict[str, Any]) -> None:
    (service.photos / "a.nef").write_bytes(b"x")
    if body.get("photo") == "/a.nef":
        body = {**body, "photo": str(service.photos / "a.nef")}
    reply = service.ask("POST", "/v1/predict", body)
    assert (reply.status, reply.code) == (400, "bad_request")


def test_every_editor_can_be_asked_for(service) -> None:
    service.predicting = lambda *args: {"editors": {}}
    for editor in EMULATORS:
        reply = service.ask("POST", f"/v1/predict?editors={editor}", b"\xff\xd8\xff", JPEG)
        assert reply.status == 200


def test_errors_name_no_folders(service) -> None:
    photo = service.photos / "a.nef"
    photo.write_bytes(b"x")

    def predicting(*args: Any) -> dict[str, Any]:
        raise UnreadableError(f"{photo} is cut off")

    service.predicting = predicting
    reply = service.ask("POST", "/v1/predict", {"photo": str(photo)})
    assert reply.json["detail"] == "a.nef is cut off"


def test_nobody_predicts_for_a_client_that_left(service) -> None:
    begun, ended = threading.Event(), threading.Event()

    async def forever(*args: Any) -> dict[str, Any]:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return {"editors": {}}

    service.core.predict = forever
    lines = ("Content-Type: image/jpeg", "Content-Length: 3")
    with service.connect() as client:
        client.sendall(service.head(*lines, method="POST", path="/v1/predict") + b"\xff\xd8\xff")
        assert begun.wait(10)
    assert ended.wait(10)


def test_only_so_many_large_bodies_are_held_at_once(start_service) -> None:
    service = start_service(limits=Limits(large=2, json_bytes=100))
    large = b"\xff\xd8" * 100
    held, most = 0, 0
    go_on = asyncio.Event()

    async def hold(*args: Any) -> dict[str, Any]:
        nonlocal held, most
        held += 1
        most = max(most, held)
        await go_on.wait()
        held -= 1
        return {"editors": {}}

    service.core.predict = hold
    replies: list[Any] = []
    asking = [
        threading.Thread(
            target=lambda: replies.append(service.ask("POST", "/v1/predict", large, JPEG))
        )
        for _ in range(6)
    ]
    for each in asking:
        each.start()
    service.wait(lambda: held == 2)
    assert service.ask("GET", "/v1/status").status == 200
    service.loop.call_soon_threadsafe(go_on.set)
    for each in asking:
        each.join(20)
    assert [reply.status for reply in replies] == [200] * 6
    assert most == 2
