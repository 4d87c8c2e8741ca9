from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.folder import build, captured, photos_in
from sidelight.learning.evaluation.protocol import Request


def test_photos_with_references_become_cases_and_the_others_are_named(photos: Path, tmp_path: Path):
    for name in "abc":
        shutil.copy(photos / f"{name}.dng", tmp_path)
    finished = tmp_path / "finished"
    finished.mkdir()
    for name in "ab":
        shutil.copy(photos / "finished" / f"{name}.jpg", finished)
    found = build(Request(folders=(tmp_path,), reference=finished))
    assert [case.name for case in found.cases] == ["a.dng", "b.dng"]
    assert [name for name, _ in found.left_out] == ["c.dng"]
    assert {case.reference.kind for case in found.cases} == {"render"}
    assert len({case.scene for case in found.cases}) == 1, "taken at one time"


def test_only_some_photos_may_be_asked_for(photos: Path):
    request = Request(folders=(photos,), reference=photos / "finished", only=frozenset({"b"}))
    assert [case.name for case in build(request).cases] == ["b.dng"]


def test_two_photos_of_one_name_are_told_apart_by_their_folder(photos: Path, tmp_path: Path):
    folders = (tmp_path / "one", tmp_path / "two")
    for folder in folders:
        folder.mkdir()
        shutil.copy(photos / "a.dng", folder)
        shutil.copy(photos / "finished" / "a.jpg", folder)
    found = build(Request(folders=folders))
    assert [case.name for case in found.cases] == ["one/a.dng", "two/a.dng"]
    assert len({case.scene for case in found.cases}) == 2


def test_without_raws_the_jpegs_are_the_photos(photos: Path, tmp_path: Path):
    shutil.copy(photos / "finished" / "a.jpg", tmp_path / "a.jpg")
    shutil.copy(photos / "finished" / "a.jpg", tmp_path / "a.tif")
    assert [path.name for path in photos_in(tmp_path, Request())] == ["a.jpg"]
    shutil.copy(photos / "a.dng", tmp_path)
    assert [path.name for path in photos_in(tmp_path, Request())] == ["a.dng"]


def test_the_time_is_read_without_decoding(photos: Path, tmp_path: Path):
    assert captured(photos / "a.dng") == "2025:06:01 12:00:00"
    (tmp_path / "x.dng").write_bytes(b"II*\0")
    assert captured(tmp_path / "x.dng") == ""


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(SidelightError, match="there is no folder"):
        build(Request(folders=(tmp_path / "nowhere",)))
    with pytest.raises(SidelightError, match="there is no folder"):
        build(Request(folders=(tmp_path,), reference=tmp_path / "nowhere"))
    with pytest.raises(SidelightError, match="name the folder"):
        build(Request())
