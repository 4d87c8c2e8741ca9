"""Whether a photo is one that was seen before."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from sidelight.service.identity import (
    is_gone,
    is_touched,
    is_unchanged,
    moved_from,
    same_content,
    to_seen,
)
from sidelight.service.scan import Stamp, read_stamp

STAMP = Stamp(1, 2, 3, 4)


def test_an_unchanged_file() -> None:
    seen = to_seen(1, Path("/a/b.dng"), STAMP)
    assert is_unchanged(seen, STAMP, stable_inodes=True)
    assert not is_unchanged(seen, STAMP._replace(size=9), stable_inodes=False)
    assert not is_unchanged(seen, STAMP._replace(mtime_ns=9), stable_inodes=False)
    # Another file of the same size and time in its place, on a drive that can tell.
    assert not is_unchanged(seen, STAMP._replace(inode=9), stable_inodes=True)
    # A drive that was connected again.
    assert is_unchanged(seen, STAMP._replace(inode=9), stable_inodes=False)
    assert is_unchanged(seen, STAMP._replace(device=9, inode=9), stable_inodes=True)


def test_w4_a_touch_does_not_make_an_old_photo_new() -> None:
    seen = to_seen(1, Path("/a/b.dng"), STAMP)
    assert is_touched(seen, STAMP._replace(mtime_ns=9))
    assert not is_touched(seen, STAMP._replace(size=9))
    assert not is_touched(replace(seen, sha256="00"), STAMP._replace(mtime_ns=9))


def test_w4_a_renamed_photo_is_known_by_its_number(watched: Any) -> None:
    old = watched.write("a.dng")
    photo = watched.remember(old)
    new = old.rename(watched.top / "b.dng")
    stamp = read_stamp(new)
    assert stamp is not None
    assert moved_from(watched.seen, new, stamp) == photo
    os.link(new, old)  # the old name is back: a second name is a copy
    assert moved_from(watched.seen, new, stamp) is None
    old.unlink()
    assert moved_from(watched.seen, new, stamp._replace(mtime_ns=1)) is None


def test_w4_a_photo_under_a_new_number_is_known_by_its_content(watched: Any) -> None:
    old = watched.write("a.dng")
    photo = watched.remember(old, "ab")
    new = Path(shutil.copy(old, watched.top / "b.dng"))
    assert same_content(watched.seen, new, "ab") is None
    assert same_content(watched.seen, old, "ab") == photo
    old.unlink()
    assert same_content(watched.seen, new, "ab") == photo
    assert same_content(watched.seen, new, "cd") is None


def test_a_photo_on_a_drive_that_was_taken_away_is_not_gone(watched: Any) -> None:
    path = watched.write("card/a.dng")
    photo = watched.remember(path)
    shutil.rmtree(watched.top / "card")
    assert is_gone(photo, watched.top / "b.dng")
    assert not is_gone(replace(photo, device=photo.device + 1), watched.top / "b.dng")


def test_another_file_in_its_place(watched: Any) -> None:
    path = watched.write("a.dng")
    photo = watched.remember(path)
    assert not is_gone(photo, watched.top / "b.dng")
    path.rename(watched.top / "b.dng")
    watched.write("a.dng")
    assert is_gone(photo, watched.top / "b.dng")
    path.unlink()
    path.mkdir()
    assert is_gone(photo, watched.top / "b.dng")


def test_a_name_in_other_case_on_a_drive_that_ignores_it(watched: Any, monkeypatch: Any) -> None:
    path = watched.write("a.DNG")
    photo = watched.remember(path)
    monkeypatch.setattr(os, "listdir", lambda folder: ["a.dng"])
    assert is_gone(photo, watched.top / "a.dng")
    assert not is_gone(photo, watched.top / "b.dng")
