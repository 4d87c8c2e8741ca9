"""Edits that wait, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from sidelight.recipe import Recipe

ENTRY: dict[str, Any] = {
    "recipe": Recipe(exposure_ev=0.5).to_json(),
    "terms": {"Exposure2012": 0.5},
    "reasons": [{"slider": "exposure_ev", "value": 0.5, "term": "subject", "text": "dark"}],
    "confidence": 0.75,
    "notes": ["it is dark"],
    "mask_exposure_ev": 0.0,
}


@pytest.fixture
def waiting(service) -> list[Any]:
    found = []
    for number, editor in enumerate(["lightroom", "darktable", "lightroom"]):
        photo = service.photos / f"{number}.nef"
        photo.write_bytes(b"x")
        found.append(service.core.waiting.put(photo, editor, ENTRY, "the catalog holds it", "b"))
    return found


def listed(service, query: str = "") -> list[Any]:
    reply = service.ask("GET", f"/v1/recipes{query}")
    assert reply.status == 200
    return reply.json["recipes"]


def test_they_are_told_in_full(service, waiting) -> None:
    first = listed(service)[0]
    entry = {name: value for name, value in ENTRY.items() if name != "mask_exposure_ev"}
    assert first == {
        "id": waiting[0].id,
        "photo": str(waiting[0].photo),
        "editor": "lightroom",
        "why": "the catalog holds it",
        "created": waiting[0].created,
        "batch": "b",
        **entry,
    }


def test_lists_have_pages_and_filters(service, waiting) -> None:
    ids = [each.id for each in waiting]
    assert [each["id"] for each in listed(service, "?limit=2")] == ids[:2]
    assert [each["id"] for each in listed(service, f"?after={ids[1]}")] == ids[2:]
    assert [each["id"] for each in listed(service, "?editor=lightroom")] == [ids[0], ids[2]]
    assert [each["id"] for each in listed(service, f"?photo={waiting[1].photo}")] == [ids[1]]


def test_an_applied_one_waits_no_more(service, waiting) -> None:
    path = f"/v1/recipes/{waiting[0].id}"
    assert service.ask("DELETE", path).status == 204
    assert service.ask("DELETE", path).code == "not_found"
    assert len(listed(service)) == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [("editor=cube", 400), ("photo=http://evil", 400), ("photo=/etc/passwd", 404), ("x=1", 400)],
)
def test_bad_queries(service, query: str, status: int) -> None:
    assert service.ask("GET", f"/v1/recipes?{query}").status == status
