"""What a folder holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight.service.scan import Listing, list_folder, read_stamp, walk


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_photos_with_their_stamps_and_folders(tmp_path: Path) -> None:
    write(tmp_path, "a.dng", "a.jpg", "b.jpg", "notes.txt", "day 1/c.dng", "@eaDir/d.jpg", ".e.dng")
    found = list_folder(str(tmp_path))
    assert found.folders == ["day 1"]
    assert set(found.photos) == {"a.dng", "a.jpg", "b.jpg"}
    assert found.aside == {"a.jpg"}
    assert found.photos["a.dng"] == read_stamp(tmp_path / "a.dng")


def test_links_and_pipes_are_no_photos(tmp_path: Path) -> None:
    write(tmp_path / "outside", "a.dng")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.dng").symlink_to(tmp_path / "outside" / "a.dng")
    (inside / "linked").symlink_to(tmp_path / "outside")
    (inside / "loop").symlink_to(inside)
    if hasattr(os, "mkfifo"):
        os.mkfifo(inside / "pipe.dng")
        assert read_stamp(inside / "pipe.dng") is None
    assert read_stamp(inside / "link.dng") is None
    assert list_folder(str(inside)) == Listing()


def test_the_fingerprint_changes_with_any_photo(tmp_path: Path) -> None:
    write(tmp_path, "a.dng", "b.dng")
    before = list_folder(str(tmp_path)).fingerprint
    assert list_folder(str(tmp_path)).fingerprint == before
    os.utime(tmp_path / "a.dng", (1, 1))
    touched = list_folder(str(tmp_path)).fingerprint
    (tmp_path / "b.dng").unlink()
    assert len({before, touched, list_folder(str(tmp_path)).fingerprint}) == 3
    write(tmp_path, "a.xmp")
    after = list_folder(str(tmp_path)).fingerprint
    assert after == list_folder(str(tmp_path)).fingerprint


def test_w9_two_hundred_levels_deep(tmp_path: Path) -> None:
    write(tmp_path, "/".join(["d"] * 200) + "/a.dng")
    found = [listing for _, listing in walk(str(tmp_path)) if isinstance(listing, Listing)]
    assert len(found) == 201
    assert set(found[-1].photos) == {"a.dng"}


def test_what_cannot_be_listed_is_said(tmp_path: Path) -> None:
    ((folder, error),) = walk(str(tmp_path / "gone"))
    assert folder == str(tmp_path / "gone")
    assert isinstance(error, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        read_stamp(tmp_path / "gone")
