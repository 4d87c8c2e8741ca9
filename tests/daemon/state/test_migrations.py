"""Tables are brought up to date step by step, each whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sidelight.errors import StateError
from sidelight.state import migrations
from sidelight.state.database import Database
from sidelight.state.events import EventLog


@pytest.fixture
def old(path: Path) -> Path:
    """A database of version 1 with one event."""
    with closing(Database(path)) as database, database.write() as connection:
        EventLog(database).append(connection, "old")
    return path


def test_a_new_database_has_the_newest_version(database: Database) -> None:
    assert database.read("PRAGMA user_version")[0][0] == migrations.NEWEST
    assert database.read("PRAGMA foreign_key_check") == []


def test_a_copy_is_kept_before_a_change(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (*migrations.MIGRATIONS, ("ALTER TABLE events ADD COLUMN more TEXT",))
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    monkeypatch.setattr(migrations, "NEWEST", len(steps))
    with closing(Database(old)) as database:
        assert database.read("SELECT type, more FROM events")[0]["type"] == "old"
        assert database.read("PRAGMA user_version")[0][0] == len(steps)
    copy = old.with_name(f"sidelight.db.version-{len(steps) - 1}")
    if hasattr(copy, "chmod"):
        assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT type FROM events").fetchall() == [("old",)]
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(steps) - 1
    assert sorted(each.name for each in old.parent.iterdir()) == [old.name, copy.name]


def test_a_failing_step_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ("CREATE TABLE half (id)", "CREATE TABLE nonsense (")
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
    monkeypatch.setattr(migrations, "NEWEST", migrations.NEWEST + 1)
    with pytest.raises(StateError):
        Database(old)
    monkeypatch.undo()
    with closing(Database(old)) as database:
        assert EventLog(database).since(0)[0].type == "old"
        assert not database.read("SELECT 1 FROM sqlite_master WHERE name = 'half'")


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (id)")
    with pytest.raises(StateError, match="another program"):
        Database(path)
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert names == [("theirs",)]


def test_opening_again_changes_no_table(old: Path) -> None:
    before = old.read_bytes()
    Database(old).close()
    assert old.read_bytes() == before
    assert [each.name for each in old.parent.iterdir()] == [old.name]
