"""Watched places over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import BusyStateError
from sidelight.jobs.model import Request


@pytest.fixture
def place(service) -> Path:
    folder = service.folder / "more photos"
    folder.mkdir()
    return folder


def test_a_folder_is_watched_from_now_on(service, place: Path) -> None:
    service.told.there = 7
    reply = service.ask("POST", "/v1/roots", {"path": str(place), "strength": 0.5})
    assert reply.status == 201
    root = reply.json
    assert root == {
        "id": root["id"],
        "path": str(place),
        "kind": "folder",
        "editors": ["lightroom", "darktable"],
        "engine": "auto",
        "headroom": 2.3,
        "strength": 0.5,
        "state": "watching",
        "reason": "",
        "added": root["added"],
        "photos": 7,
    }
    assert service.told.calls == [("added", root["id"])]
    del root["photos"]
    assert service.ask("GET", f"/v1/roots/{root['id']}").json == root
    assert root in service.ask("GET", "/v1/roots").json["roots"]


def test_what_is_there_may_be_developed_too(service, place: Path) -> None:
    body = {"path": f"{place}/", "existing": True, "editors": ["darktable"]}
    root = service.ask("POST", "/v1/roots", body).json
    assert (root["path"], root["editors"]) == (str(place), ["darktable"])
    assert service.told.calls == [("existing", root["id"])]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("photos", 400, "photo_path"),
        ("../photos", 400, "photo_path"),
        ("http://evil.example/", 400, "photo_path"),
        ("smb://host/share", 400, "photo_path"),
        ("//host/share", 400, "photo_path"),
        ("\\\\host\\share", 400, "photo_path"),
        ("/a\0b", 400, "photo_path"),
        ("/", 400, "photo_path"),
        ("/nowhere/at/all", 422, "unusable_place"),
        ("/" + "a" * 300, 422, "unusable_place"),
        ("/etc/passwd", 422, "unusable_place"),
    ],
)
def test_p7_bad_places(service, path: str, status: int, code: str) -> None:
    reply = service.ask("POST", "/v1/roots", {"path": path})
    assert (reply.status, reply.code) == (status, code)
    assert len(service.core.roots.list()) == 1


def test_a_place_is_watched_once(service) -> None:
    (service.photos / "inner").mkdir()
    for path in (service.photos, service.photos / "inner", service.folder):
        reply = service.ask("POST", "/v1/roots", {"path": str(path)})
        assert (reply.status, reply.code) == (409, "conflict")


def test_a_root_that_cannot_be_begun_is_not_left_behind(service, place: Path) -> None:
    service.told.trouble = BusyStateError("another program holds Sidelight's database")
    reply = service.ask("POST", "/v1/roots", {"path": str(place)})
    assert (reply.status, reply.code) == (503, "unavailable")
    assert [root.path for root in service.core.roots.list()] == [service.photos]


def test_a_root_is_paused_resumed_and_changed(service) -> None:
    path = f"/v1/roots/{service.root.id}"
    assert service.ask("PATCH", path, {"paused": True}).json["state"] == "paused"
    assert service.ask("PATCH", path, {"paused": False}).json["state"] == "watching"
    changed = service.ask("PATCH", path, {"editors": ["darktable"], "headroom": 0}).json
    assert (changed["editors"], changed["headroom"]) == (["darktable"], 0.0)
    assert changed["engine"] == "auto"
    assert service.told.calls == [("changed", service.root.id)] * 3
    for body in ({"editors": []}, {"editors": ["darktable"] * 2}, {"paused": 1}, {"path": "/a"}):
        assert service.ask("PATCH", path, body).status == 400
    assert service.core.roots.get(service.root.id).editors == ("darktable",)


def test_a_place_that_vanished_is_not_resumed_by_hand(service) -> None:
    service.core.roots.set_state(service.root.id, "missing", "the drive is not there")
    path = f"/v1/roots/{service.root.id}"
    assert service.ask("PATCH", path, {"paused": False}).json["state"] == "missing"
    assert service.ask("PATCH", path, {"paused": True}).json["state"] == "paused"


def test_removing_one_cancels_what_is_open(service) -> None:
    jobs = service.core.jobs
    photos = [Request(service.photos / f"{number}.nef") for number in range(3)]
    jobs.enqueue(photos, batch="b", root=service.root.id)
    jobs.claim(0.0, 60.0)
    assert service.ask("DELETE", f"/v1/roots/{service.root.id}").status == 204
    assert jobs.counts()["canceled"] == 3
    assert service.told.calls == [("removed", service.root.id)]
    for method in ("GET", "PATCH", "DELETE"):
        body = {"paused": True} if method == "PATCH" else None
        reply = service.ask(method, f"/v1/roots/{service.root.id}", body)
        assert (reply.status, reply.code) == (404, "not_found")


def test_p2_no_way_leads_to_our_own_files(
    service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight import paths

    home = tmp_path / "home"
    monkeypatch.setenv(paths.HOME_VARIABLE, str(home))
    for name in ("log", "first_versions"):
        paths.make_private(home / "state" / name)
    (tmp_path / "link").symlink_to(home / "state")
    (tmp_path / "link above").symlink_to(tmp_path)
    for place in (
        home / "state",
        home / "state" / "log",
        home / "state" / "first_versions",
        home,
        tmp_path,
        tmp_path / "link",
        tmp_path / "link" / "log",
        tmp_path / "link above",
    ):
        reply = service.ask("POST", "/v1/roots", {"path": str(place)})
        assert (reply.status, reply.code) == (422, "unusable_place"), place
        assert str(tmp_path) not in reply.json["detail"]
    assert service.told.calls == []


@pytest.mark.parametrize("path", ["/", "/proc", "/proc/self", "/sys", "/proc/self/root"])
def test_p4_what_the_system_shows_of_itself_is_no_place(service, path: str) -> None:
    if not Path(path).exists():
        pytest.skip("this system has no such folder")
    reply = service.ask("POST", "/v1/roots", {"path": path})
    assert reply.status in (400, 422)
    assert service.told.calls == []
