"""Known photos are found by place, by the file system's number and by content."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.errors import StateError
from sidelight.state import photos as module
from sidelight.state.database import Database
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import RootStore

FOLDER = Path("/photos").absolute()


@pytest.fixture
def photos(database: Database) -> SeenPhotos:
    roots = RootStore(database)
    roots.add(FOLDER, "folder", editors=("lightroom",))
    roots.add(FOLDER / "a.lrcat", "lightroom", editors=("lightroom",))
    return SeenPhotos(database)


def seen(name: str, inode: int = 7, sha256: str | None = None, root: int = 1) -> SeenPhoto:
    return SeenPhoto(FOLDER / name, root, 64_768, inode, 1234, 1_700_000_000_123_456_789, sha256)


def test_photos_come_back_as_they_were(photos: SeenPhotos) -> None:
    one, two, three = seen("1.NEF"), seen("day/2.NEF", 8, "ab"), seen("day/x/3.NEF", 9)
    photos.remember([one, two, three])
    assert photos.known(1) == {photo.path: photo for photo in (one, two, three)}
    assert photos.in_folder(1, FOLDER) == {"1.NEF": one}
    assert photos.in_folder(1, FOLDER / "day") == {"2.NEF": two}
    assert photos.in_folder(2, FOLDER) == {}
    assert photos.by_inode(64_768, 8) == [two]
    assert photos.by_inode(1, 8) == []
    assert photos.by_content("ab") == [two]
    assert (photos.count(1), photos.count(2)) == (3, 0)


def test_a_path_is_known_once_per_root(photos: SeenPhotos) -> None:
    photos.remember([seen("1.NEF"), seen("1.NEF", root=2)])
    photos.remember([seen("1.NEF", 9, "cd")])
    assert photos.known(1) == {FOLDER / "1.NEF": seen("1.NEF", 9, "cd")}
    assert photos.count(2) == 1


def test_move(photos: SeenPhotos) -> None:
    photos.remember([seen("a.NEF", 7, "aa"), seen("b.NEF", 8, "bb")])
    moved = replace(seen("day/a.NEF", 7, "aa"), mtime_ns=5)
    photos.move(FOLDER / "a.NEF", moved)
    assert photos.in_folder(1, FOLDER) == {"b.NEF": seen("b.NEF", 8, "bb")}
    assert photos.by_content("aa") == [moved]
    photos.move(FOLDER / "day" / "a.NEF", seen("b.NEF", 7, "aa"))  # onto another
    assert photos.known(1) == {FOLDER / "b.NEF": seen("b.NEF", 7, "aa")}
    photos.move(FOLDER / "b.NEF", seen("b.NEF", 7, "aa"))
    assert photos.count(1) == 1


def test_forget(photos: SeenPhotos) -> None:
    photos.remember([seen("a.NEF"), seen("a.NEF", root=2)])
    photos.forget(1)
    assert (photos.count(1), photos.count(2)) == (0, 1)


@pytest.mark.parametrize("number", [-(2**63), 2**63, 2**64 - 1, 2**127])
def test_numbers_beyond_64_bits(photos: SeenPhotos, number: int) -> None:
    photo = SeenPhoto(FOLDER / "a.NEF", 1, number, number, abs(number), number)
    photos.remember([photo])
    assert photos.by_inode(number, number) == [photo]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX names are bytes")
def test_names_that_are_not_utf8(photos: SeenPhotos) -> None:
    path = FOLDER / os.fsdecode(b"\xfe") / os.fsdecode(b"\xff.NEF")
    photo = replace(seen("x"), path=path)
    photos.remember([photo])
    assert photos.in_folder(1, path.parent) == {path.name: photo}


def test_a_photo_of_no_root_is_refused(photos: SeenPhotos) -> None:
    with pytest.raises(StateError):
        photos.remember([seen("a.NEF"), seen("b.NEF", root=99)])
    assert photos.count(1) == 0


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("KNOWN", "(root=?)"),
        ("IN_FOLDER", "(root=? AND folder=?)"),
        ("BY_INODE", "(inode=? AND device=?)"),
        ("BY_CONTENT", "(sha256=?)"),
        ("COUNT", "(root=?)"),
        ("FORGET", "(root=?)"),
        ("FORGET_ONE", "(root=? AND folder=? AND name=?)"),
    ],
)
def test_no_scan_and_no_sort(database: Database, name: str, index: str) -> None:
    statement = getattr(module, name)
    rows = database.read(f"EXPLAIN QUERY PLAN {statement}", (None,) * statement.count("?"))
    steps = [row["detail"] for row in rows]
    assert index in steps[0]
    assert not any("SCAN photos" in step or "TEMP B-TREE" in step for step in steps)
