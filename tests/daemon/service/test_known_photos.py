"""What is remembered of a root as a whole."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

from sidelight.service.known_photos import KEEP_GONE, device_of, drop_gone, has_too_many_gone


def test_the_drive_of_a_root(watched: Any) -> None:
    assert device_of(watched.database, watched.root.id) is None
    photo = watched.remember(watched.write("a.dng"))
    assert device_of(watched.database, watched.root.id) == photo.device
    watched.seen.remember([replace(photo, device=2**70)])
    assert device_of(watched.database, watched.root.id) == 2**70


def test_gone_photos_stay_known_for_long() -> None:
    assert not has_too_many_gone(KEEP_GONE, 0)
    assert has_too_many_gone(KEEP_GONE + 1, 0)
    assert not has_too_many_gone(200_000, 100_000)
    assert has_too_many_gone(200_001, 100_000)


def test_only_what_is_surely_gone_is_forgotten(watched: Any, tmp_path: Any) -> None:
    kept = watched.remember(watched.write("bad\udcff.dng"))
    gone = [watched.remember(watched.write(f"old/{number}.dng")) for number in range(1500)]
    unplugged = watched.remember(watched.write("card/a.dng"))
    watched.seen.remember([replace(unplugged, device=1)])
    shutil.rmtree(watched.top / "old")
    shutil.rmtree(watched.top / "card")
    other = tmp_path / "other"
    other.mkdir()
    root = watched.add_root(other)
    watched.seen.remember([replace(gone[0], root=root.id)])
    assert drop_gone(watched.database, watched.root.id) == 1500
    assert set(watched.seen.known(watched.root.id)) == {kept.path, unplugged.path}
    assert watched.seen.count(root.id) == 1
