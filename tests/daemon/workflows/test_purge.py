"""Forgetting everything that is kept about photos."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from filelock import FileLock

from sidelight import paths
from sidelight.errors import SidelightError
from sidelight.workflows.purge import DATABASE, FIRST_VERSIONS, parts, purge


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of our own with something in each."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    for folder in (paths.first_versions_folder(), paths.log_folder(), paths.cache_folder() / "a"):
        folder.mkdir(parents=True)
        (folder / "canary").write_bytes(b"canary")
    for ending in ("", "-wal", "-shm", ".version-1", ".damaged-20260101T000000Z"):
        Path(f"{paths.database_file()}{ending}").write_bytes(b"canary")
    (paths.state_folder() / "catalogs").mkdir()
    (paths.state_folder() / "catalogs" / "1.known").write_bytes(b"canary")
    paths.config_folder().mkdir()
    paths.config_file().write_text("headroom = 1\n")
    return tmp_path


def left(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_what_undo_needs_and_the_configuration_stay(home: Path) -> None:
    *always, first_versions = parts()
    results = {result.name: result for result in purge(tuple(always))}
    assert {result.status for result in results.values()} == {"removed"}
    assert (results[DATABASE].files, results[DATABASE].bytes) == (6, 36)
    assert left(home) - {"state/daemon.lock"} == {
        "config/config.toml",
        "state/first_versions/canary",
    }
    assert first_versions.name == FIRST_VERSIONS


def test_first_versions_go_when_asked(home: Path) -> None:
    assert {result.status for result in purge(parts())} == {"removed"}
    assert left(home) - {"state/daemon.lock"} == {"config/config.toml"}


def test_nothing_there_is_nothing_to_do(home: Path) -> None:
    list(purge(parts()))
    assert [result.files for result in purge(parts())] == [0, 0, 0, 0]


def test_before_the_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "none"))
    assert {result.files for result in purge(parts())} == {0}
    assert not (tmp_path / "none").exists()


def test_a_running_daemon_is_not_robbed(home: Path) -> None:
    paths.endpoint_file().write_text(json.dumps({"pid": 4242}))
    before = left(home)
    with FileLock(paths.lock_file()), pytest.raises(SidelightError, match="4242"):
        list(purge(parts()))
    assert left(home) - {"state/daemon.lock"} == before


def test_links_are_removed_and_not_followed(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "photo").touch()
    (paths.cache_folder() / "link").symlink_to(outside)
    list(purge(parts()))
    assert (outside / "photo").exists()
    assert list(paths.cache_folder().iterdir()) == []


def test_trouble_with_one_part_does_not_spare_the_next(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def stubborn(path, *arguments, **options):
        if str(path).endswith("sidelight.db"):
            raise PermissionError(13, "Permission denied")
        unlink(path, *arguments, **options)

    monkeypatch.setattr(os, "unlink", stubborn)
    results = list(purge(parts()))
    assert [result.status for result in results] == ["error", "removed", "removed", "removed"]
    assert results[0].reason
    assert not (home / "state" / "log").exists()


def test_v4_no_byte_of_a_name_remains(home: Path, tmp_path: Path) -> None:
    from sidelight.jobs.model import Request
    from sidelight.jobs.store import JobStore
    from sidelight.state.database import Database
    from sidelight.state.events import EventLog
    from sidelight.state.roots import RootStore
    from sidelight.state.waiting import WaitingRecipes

    for path in paths.state_folder().glob("sidelight.db*"):
        path.unlink()
    database = Database(paths.database_file())
    photo = tmp_path / "canary" / "canary-7f3a.NEF"
    RootStore(database).add(tmp_path / "canary", "folder", editors=("darktable",))
    JobStore(database, EventLog(database)).enqueue([Request(photo)], batch="canary-batch")
    WaitingRecipes(database).put(photo, "lightroom", {"recipe": {"canary": 1}}, "canary")
    database.close()
    (paths.log_folder() / "sidelight.log").write_text("canary-7f3a.NEF")
    list(purge(parts()))
    for path in paths.state_folder().rglob("*"):
        assert "canary" not in path.name
        if path.is_file():
            assert b"canary" not in path.read_bytes()
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{paths.database_file()}?mode=ro", uri=True).execute("SELECT 1")
