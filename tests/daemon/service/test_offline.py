"""Watching while no daemon runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidelight import paths
from sidelight.errors import RootError
from sidelight.jobs.store import JobStore
from sidelight.service.offline import OfflineRoots
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.photos import SeenPhotos
from sidelight.workflows.predict import Settings

SETTINGS = Settings(editors=("darktable",), headroom=1.5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = Database(paths.database_file())
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos, a JPEG beside one, and what is no photo."""
    path = tmp_path / "photos"
    (path / "day").mkdir(parents=True)
    for name in ("a.NEF", "a.jpg", "day/b.dng", "day/note.txt", "day/.hidden.dng"):
        (path / name).write_bytes(name.encode())
    return path


def jobs_of(database: Database) -> JobStore:
    return JobStore(database, EventLog(database))


def test_what_is_there_is_known_and_not_developed(database: Database, folder: Path) -> None:
    root = OfflineRoots(database).add(folder, SETTINGS, existing=False)
    assert root["photos"] == 2
    assert (root["path"], root["kind"], root["state"]) == (str(folder), "folder", "watching")
    assert (root["editors"], root["headroom"]) == (["darktable"], 1.5)
    known = SeenPhotos(database).known(root["id"])
    assert {folder / "a.NEF", folder / "day" / "b.dng"} <= set(known)
    state = (folder / "a.NEF").stat()
    seen = known[folder / "a.NEF"]
    assert (seen.inode, seen.size, seen.mtime_ns) == (
        state.st_ino,
        state.st_size,
        state.st_mtime_ns,
    )
    assert jobs_of(database).counts()["queued"] == 0


def test_existing_photos_are_queued_once_under_one_name(database: Database, folder: Path) -> None:
    root = OfflineRoots(database).add(folder, SETTINGS, existing=True)
    jobs = jobs_of(database).list(root=root["id"])
    assert {job.photo for job in jobs} == {folder / "a.NEF", folder / "day" / "b.dng"}
    assert len({job.batch for job in jobs}) == 1
    assert {job.options["headroom"] for job in jobs} == {1.5}


def test_a_refused_folder_leaves_nothing_behind(database: Database, folder: Path) -> None:
    roots = OfflineRoots(database)
    roots.add(folder, SETTINGS, existing=False)
    with pytest.raises(RootError, match="already"):
        roots.add(folder / "day", SETTINGS, existing=True)
    assert len(roots.list()) == 1
    assert jobs_of(database).counts()["queued"] == 0


def test_pause_resume_remove(database: Database, folder: Path) -> None:
    roots = OfflineRoots(database)
    root = roots.add(folder, SETTINGS, existing=True)
    assert roots.set_paused(root["id"], True)["state"] == "paused"
    assert roots.set_paused(root["id"], False)["state"] == "watching"
    roots.remove(root["id"])
    assert roots.list() == []
    jobs = jobs_of(database).list()
    assert {job.state for job in jobs} == {"canceled"} and len(jobs) == 2
