"""Photos that clients name by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.service.named_photos import find_named
from sidelight.service.problem import ProblemError


def named(service, *texts: str):
    return service.call(find_named(service.core, texts))


def code(service, *texts: str) -> tuple[str, str]:
    with pytest.raises(ProblemError) as caught:
        named(service, *texts)
    return caught.value.code, caught.value.detail


def test_photos_in_watched_folders_are_found(service) -> None:
    photo = service.photos / "a" / "b.nef"
    photo.parent.mkdir()
    photo.write_bytes(b"x")
    found = named(service, str(photo))
    assert [(each.path, each.inside) for each in found] == [(photo, service.photos)]


def test_missing_and_forbidden_are_told_alike(service) -> None:
    outside = service.folder / "outside.nef"
    outside.write_bytes(b"x")
    link = service.photos / "link.nef"
    link.symlink_to(outside)
    answers = {
        code(service, str(path))
        for path in (outside, link, service.photos / "missing.nef", Path("/etc/passwd"))
    }
    assert len(answers) == 1
    assert answers.pop()[0] == "no_such_photo"


@pytest.mark.parametrize(
    "text",
    [
        "a.nef",
        "../a.nef",
        "http://evil.example/a.nef",
        "file:///etc/passwd",
        "smb://host/share/a.nef",
        "\\\\host\\share\\a.nef",
        "//host/share/a.nef",
        "/a\0b.nef",
        "/a/../b.nef",
        "/" + "a" * 5000,
    ],
)
def test_p7_what_is_no_path_is_told_at_once(service, text: str) -> None:
    assert code(service, text)[0] == "photo_path"


def test_of_many_the_first_bad_one_is_named_by_its_place(service) -> None:
    photo = service.photos / "b.nef"
    photo.write_bytes(b"x")
    answer = code(service, str(photo), str(service.photos / "missing.nef"))
    assert answer[0] == "no_such_photo"
    assert answer[1].startswith("photo 2: ")
    assert "missing" not in answer[1]


def test_a_removed_root_no_longer_counts(service) -> None:
    photo = service.photos / "b.nef"
    photo.write_bytes(b"x")
    assert named(service, str(photo))
    service.core.roots.remove(service.root.id)
    assert code(service, str(photo))[0] == "no_such_photo"


def test_a_photo_of_a_catalog_counts(service, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = service.folder / "elsewhere.nef"
    photo.write_bytes(b"x")
    sentence = {"lightroom": "the catalog holds it"}
    monkeypatch.setattr(
        service.core.holders, "holders", lambda path: sentence if path == photo else {}
    )
    assert named(service, str(photo))[0].inside == service.folder
    assert code(service, str(service.folder / "other.nef"))[0] == "no_such_photo"
