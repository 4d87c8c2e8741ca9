"""What is kept of photos that later ones may follow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.state.database import Database
from sidelight.state.series import SeriesPhoto, SeriesPhotos

ONE = SeriesPhoto(Path("/photos/a.dng"), "auto", 1000.0, {"info": {"iso": 100}})


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[SeriesPhotos]:
    database = Database(tmp_path / "sidelight.db")
    yield SeriesPhotos(database)
    database.close()


def at(name: str, captured_s: float, **more: object) -> SeriesPhoto:
    return replace(ONE, photo=ONE.photo.with_name(name), captured_s=captured_s, **more)


def test_near_photos_come_back_the_nearest_first(photos: SeriesPhotos) -> None:
    for name, captured_s in (("b", 1005.0), ("c", 940.0), ("d", 1000.5), ("e", 1061.0)):
        photos.put(at(name, captured_s))
    assert [each.photo.name for each in photos.near(ONE, 60.0, 10)] == ["d", "b", "c"]
    assert [each.photo.name for each in photos.near(ONE, 60.0, 2)] == ["d", "b"]


def test_the_photo_itself_comes_first(photos: SeriesPhotos) -> None:
    for name in ("0", "1", "2"):
        photos.put(at(name, 1000.0))
    photos.put(ONE)
    assert [each.photo.name for each in photos.near(ONE, 60.0, 2)] == ["a.dng", "0"]


def test_only_the_same_folder_and_settings_count(photos: SeriesPhotos) -> None:
    photos.put(at("b", 1000.0, settings="other"))
    photos.put(replace(ONE, photo=Path("/elsewhere/a.dng")))
    assert photos.near(ONE, 60.0, 10) == []


def test_a_photo_is_kept_once_with_what_was_last_said(photos: SeriesPhotos) -> None:
    photos.put(ONE)
    later = replace(ONE, captured_s=1001.0, answer={"info": {"iso": 200}})
    photos.put(later)
    assert photos.near(ONE, 60.0, 10) == [later]
    assert photos.count() == 1


def test_a_forgotten_photo_is_followed_by_none(photos: SeriesPhotos) -> None:
    photos.put(ONE)
    photos.put(at("b", 1001.0))
    photos.forget(ONE.photo)
    assert [each.photo.name for each in photos.near(ONE, 60.0, 10)] == ["b"]


def test_names_need_not_be_text(photos: SeriesPhotos) -> None:
    odd = replace(ONE, photo=Path(os.fsdecode(b"/photos/\xff.dng")))
    photos.put(odd)
    assert photos.near(ONE, 1.0, 1) == [odd]


def test_the_oldest_are_forgotten(photos: SeriesPhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        monkeypatch.setattr("sidelight.state.series.now", lambda number=number: f"2025-0{number}")
        photos.put(at(str(number), 1000.0 - number))
    assert photos.prune(2) == 3
    assert {each.photo.name for each in photos.near(ONE, 60.0, 10)} == {"3", "4"}
    assert photos.prune(2) == 0
