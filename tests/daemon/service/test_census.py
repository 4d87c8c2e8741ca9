"""What a folder holds against what is known of it."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from sidelight.errors import StateError
from sidelight.service.census import Census, count_photos, remember_all
from sidelight.service.settle import Settling


@pytest.fixture
def settling() -> Settling:
    return Settling(1.0)


@pytest.fixture
def census(watched: Any, settling: Settling) -> Census:
    return Census(watched.root.id, watched.store, settling, 5.0, stable_inodes=True)


def look(census: Census, watched: Any, folder: str = "") -> list[str]:
    return census.look(str(watched.top / folder), time.monotonic())


def test_new_photos_settle_and_folders_are_named(
    watched: Any, census: Census, settling: Settling
) -> None:
    for name in ("a.dng", "a.jpg", "b.jpg", "day/c.dng"):
        watched.write(name)
    assert look(census, watched) == [str(watched.top / "day")]
    assert set(settling.in_folder(str(watched.top))) == {"a.dng", "b.jpg"}
    assert set(watched.seen.in_folder(watched.root.id, watched.top)) == {"a.jpg"}


def test_known_photos_do_not(watched: Any, census: Census, settling: Settling) -> None:
    watched.remember(watched.write("a.dng"))
    look(census, watched)
    assert len(settling) == 0


def test_nothing_is_asked_about_a_folder_without_changes(
    watched: Any, census: Census, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.remember(watched.write("a.dng"))
    look(census, watched)
    asked: list[object] = []
    monkeypatch.setattr(watched.seen, "in_folder", lambda *args: asked.append(args) or {})
    look(census, watched)
    assert asked == []
    census.keep({str(watched.top)})
    look(census, watched)
    assert asked == []
    census.forget(str(watched.top))
    look(census, watched)
    assert len(asked) == 1


def test_a_changed_photo_settles(watched: Any, census: Census, settling: Settling) -> None:
    path = watched.write("a.dng")
    watched.remember(path, "ab")
    look(census, watched)
    path.write_bytes(b"II* other")
    look(census, watched)
    assert len(settling) == 1


def test_w4_a_touched_photo_of_unknown_content(
    watched: Any, census: Census, settling: Settling
) -> None:
    path = watched.write("a.dng")
    watched.remember(path)
    os.utime(path, (1, 1))
    look(census, watched)
    assert len(settling) == 0
    assert watched.seen.known(watched.root.id)[path].mtime_ns == 10**9


def test_w4_a_renamed_photo_moves_its_row(watched: Any, census: Census, settling: Settling) -> None:
    path = watched.write("a.dng")
    watched.remember(path, "ab")
    new = path.rename(watched.top / "b.dng")
    look(census, watched)
    rows = watched.seen.known(watched.root.id)
    assert [(row.path, row.sha256) for row in rows.values()] == [(new, "ab")]
    assert len(settling) == 0


def test_w4_hard_links_of_a_moved_photo_are_copies(
    watched: Any, census: Census, settling: Settling
) -> None:
    path = watched.write("a.dng")
    watched.remember(path, "ab")
    os.link(path, watched.top / "b.dng")
    path.rename(watched.top / "c.dng")
    look(census, watched)
    assert len(settling) == 1
    assert watched.seen.count(watched.root.id) == 1


def test_a_photo_that_another_root_knows_under_this_path(
    watched: Any, census: Census, settling: Settling, tmp_path: Any
) -> None:
    catalog = watched.roots.add(tmp_path / "a.lrcat", "lightroom", editors=["lightroom"])
    path = watched.write("a.dng")
    from dataclasses import replace

    photo = watched.remember(path, "ab")
    watched.seen.forget(watched.root.id)
    watched.seen.remember([replace(photo, root=catalog.id)])
    look(census, watched)
    assert len(settling) == 0
    assert watched.seen.count(watched.root.id) == 1


def test_w7_a_drive_that_numbers_its_files_anew(watched: Any, settling: Settling) -> None:
    from dataclasses import replace

    census = Census(watched.root.id, watched.store, settling, 5.0, stable_inodes=False)
    path = watched.write("a.dng")
    photo = watched.remember(path, "ab")
    watched.seen.remember([replace(photo, inode=1, device=1)])
    look(census, watched)
    assert len(settling) == 0
    assert watched.seen.known(watched.root.id)[path] == photo


def test_what_could_not_be_remembered_is_looked_at_again(
    watched: Any, census: Census, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.write("a.dng")
    watched.write("a.jpg")

    def refuse(photos: object) -> None:
        raise StateError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(watched.seen, "remember", refuse)
        with pytest.raises(StateError):
            look(census, watched)
    look(census, watched)
    assert watched.seen.count(watched.root.id) == 1


def test_all_that_is_there_is_remembered_unread(watched: Any, census: Census) -> None:
    for name in ("a.dng", "a.jpg", "day 1/b.jpg", "day 2/deep/c.dng", "@eaDir/d.jpg", "e.txt"):
        watched.write(name)
    assert count_photos(str(watched.top)) == 3
    assert watched.seen.count(watched.root.id) == 0
    assert remember_all(watched.store, watched.root.id, str(watched.top)) == 3
    rows = watched.seen.known(watched.root.id)
    assert len(rows) == 4
    assert {row.sha256 for row in rows.values()} == {None}
    assert remember_all(watched.store, watched.root.id, str(watched.top / "gone")) == 0
