"""Which photos a command works on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight.workflows.photos import Photo, find_photos


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def developed(photos: tuple[Photo, ...]) -> list[str]:
    return [photo.path.name for photo in photos if not photo.reason]


def reasons(photos: tuple[Photo, ...]) -> dict[str, str]:
    return {photo.path.name: photo.reason for photo in photos if photo.reason}


def test_folders_are_walked_in_order_each_photo_once(tmp_path: Path) -> None:
    touch(tmp_path, "b.NEF", "a.CR3", "day 2/c.dng", "day 1/d.jpg", "a.CR3.xmp", "notes.txt")
    photos = find_photos([tmp_path, tmp_path / "a.CR3", tmp_path / "day 1" / ".." / "b.NEF"])
    assert developed(photos) == ["a.CR3", "b.NEF", "d.jpg", "c.dng"]
    assert find_photos([tmp_path]) == find_photos([tmp_path])


def test_our_own_previews_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path, "look/a_before.jpg", "look/a_sdr.jpg", "look/a_hdr.jpg", "day/b_hdr.jpg")
    assert developed(find_photos([tmp_path])) == ["b_hdr.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "._IMG.NEF",
        ".hidden.dng",
        ".Trashes/a.dng",
        ".stversions/a.dng",
        ".stfolder/a.dng",
        "@eaDir/a.jpg",
        "__MACOSX/a.dng",
        "a.sync-conflict-20260101-120000-ABCDEFG.dng",
        "~a.dng",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "a.dng.part",
        "a.dng.crdownload",
    ],
)
def test_what_other_programs_leave_behind_is_ignored(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    assert find_photos([tmp_path]) == ()


def test_the_jpeg_of_a_pair_is_left_to_its_raw(tmp_path: Path) -> None:
    touch(tmp_path, "IMG_1.CR3", "IMG_1.JPG", "IMG_2.JPG")
    photos = find_photos([tmp_path])
    assert developed(photos) == ["IMG_1.CR3", "IMG_2.JPG"]
    assert "raw file beside it" in reasons(photos)["IMG_1.JPG"]
    assert not any(photo.failed for photo in photos)


def test_a_jpeg_named_by_itself_is_developed(tmp_path: Path) -> None:
    touch(tmp_path, "IMG_1.CR3", "IMG_1.JPG")
    assert developed(find_photos([tmp_path / "IMG_1.JPG"])) == ["IMG_1.JPG"]


def test_links_are_not_followed_below_a_folder(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    touch(outside, "secret.dng")
    touch(inside, "own.dng")
    (inside / "link.dng").symlink_to(outside / "secret.dng")
    (inside / "linked").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "nowhere.dng").symlink_to(inside / "missing")
    photos = find_photos([inside])
    assert developed(photos) == ["own.dng"]
    assert set(reasons(photos)) == {"link.dng", "nowhere.dng"}
    assert developed(find_photos([inside / "link.dng"])) == ["link.dng"]


def test_what_is_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.NEF")
    touch(tmp_path, "folder.NEF/a.dng")
    photos = find_photos([tmp_path])
    assert developed(photos) == ["a.dng"]
    assert reasons(photos) == {"pipe.NEF": "this is not a regular file"}
    (named,) = find_photos([tmp_path / "pipe.NEF"])
    assert named.failed and "regular file" in named.reason
    (device,) = find_photos([Path("/dev/null")])
    assert device.failed


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("missing.dng", "no such file"),
        ("http://example.org/a.dng", "address"),
        ("file:///etc/a.dng", "address"),
        ("smb://host/share", "address"),
        ("a" * 5000 + ".dng", "name too long"),
        ("nul\0byte.dng", "null byte"),
    ],
)
def test_what_is_not_there(text: str, part: str) -> None:
    (photo,) = find_photos([Path(text)])
    assert photo.failed
    assert part in photo.reason


def test_a_named_file_that_is_no_photo(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    (photo,) = find_photos([tmp_path / "notes.txt"])
    assert photo.failed and "not a kind of photo" in photo.reason


@pytest.mark.parametrize(
    "name",
    [
        "$(touch pwned).CR3",
        '"; touch pwned;".NEF',
        "-rf.dng",
        "new\nline.dng",
        "tab\t.dng",
        "\x1b[31mred.dng",
        "\u202egnd.dng",
        "🙂.dng",
        "bad\udcff.dng",
        "n\u0303.dng",
        "a" * 251 + ".dng",
    ],
)
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    assert developed(find_photos([tmp_path])) == [name]


def test_a_folder_two_hundred_deep(tmp_path: Path) -> None:
    touch(tmp_path, "/".join(["d"] * 200) + "/a.dng")
    assert developed(find_photos([tmp_path])) == ["a.dng"]
