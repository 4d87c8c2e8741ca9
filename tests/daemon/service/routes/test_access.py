"""Folders whose photos may be named."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def access(service, *folders: object) -> tuple[int, str]:
    reply = service.ask("POST", "/v1/access", {"folders": [str(folder) for folder in folders]})
    return reply.status, "" if reply.status == 204 else reply.code


def test_photos_may_be_named_afterwards_and_nothing_is_watched(
    service, tiny_raw, elsewhere: Path
) -> None:
    photo = tiny_raw(elsewhere / "a.dng")
    roots = service.core.roots.list()
    body = {"photo": str(photo), "editors": ["darktable"]}
    assert service.ask("POST", "/v1/predict", body).code == "no_such_photo"
    assert access(service, elsewhere) == (204, "")
    assert service.ask("POST", "/v1/predict", body).status == 200
    assert service.core.roots.list() == roots
    assert [path.name for path in elsewhere.iterdir()] == ["a.dng"]


def test_p1_no_link_leads_out_of_them(service, tiny_raw, elsewhere: Path, tmp_path: Path) -> None:
    assert access(service, elsewhere) == (204, "")
    (elsewhere / "a.dng").symlink_to(tiny_raw(tmp_path / "b.dng"))
    reply = service.ask("POST", "/v1/predict", {"photo": str(elsewhere / "a.dng")})
    assert reply.code == "no_such_photo"


def test_p1_what_is_no_folder_is_refused_and_nothing_granted(service, elsewhere: Path) -> None:
    before = service.core.granted.list()
    photo = elsewhere / "a.dng"
    photo.write_bytes(b"x")
    assert access(service, elsewhere, photo) == (422, "unusable_place")
    assert access(service, elsewhere / "missing") == (422, "unusable_place")
    assert access(service, elsewhere / ".." / "x") == (400, "photo_path")
    assert access(service, "relative") == (400, "photo_path")
    assert service.core.granted.list() == before


def test_at_least_one_is_named(service) -> None:
    assert service.ask("POST", "/v1/access", {"folders": []}).code == "bad_request"
