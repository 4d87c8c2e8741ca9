"""What was forgotten is gone from the disk, and what is watched stays watched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sidelight.errors import BusyStateError
from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.state import purge as module
from sidelight.state.database import Database, open_database
from sidelight.state.events import EventLog
from sidelight.state.examples import Example, Examples
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.purge import purge
from sidelight.state.roots import RootStore
from sidelight.state.values import pack
from sidelight.state.waiting import WaitingRecipes

CANARY = "CANARY-7f3a"
SETTINGS = {"Canary2012": [0.123456789 * number for number in range(50)]}


def fill(database: Database, folder: Path) -> None:
    """Put the canary into every column that takes text, plain and packed."""
    root = RootStore(database).add(folder, "folder", editors=("lightroom",))
    jobs = JobStore(database, EventLog(database))
    for number in range(300):
        photo = folder / f"{CANARY}-{number}.NEF"
        (job,) = jobs.enqueue([Request(photo, {"name": CANARY})], batch=CANARY, root=root.id)
        jobs.identify(job.id, CANARY, CANARY)
        jobs.finish(job.id, SETTINGS, CANARY)
    waiting = WaitingRecipes(database)
    waiting.put(photo, "lightroom", SETTINGS, CANARY, CANARY)
    waiting.take(waiting.put(photo, "darktable", SETTINGS, CANARY, CANARY).id)
    Examples(database).note([Example(folder / CANARY, photo, "lightroom", CANARY, SETTINGS)])
    SeenPhotos(database).remember([SeenPhoto(photo, root.id, 1, 1, 1, 1, CANARY)])


def found(folder: Path) -> set[str]:
    """Return the files that hold a canary."""
    packed = pack(SETTINGS)
    return {
        each.name
        for each in folder.iterdir()
        for data in [each.read_bytes()]
        if CANARY.encode() in data or packed[5:40] in data
    }


def test_v4_no_byte_remains(database: Database, path: Path, tmp_path: Path) -> None:
    fill(database, tmp_path / "photos")
    with closing(sqlite3.connect(path)) as other:  # as if the daemon had been killed before
        other.execute("PRAGMA wal_checkpoint(PASSIVE)")
    path.with_name("sidelight.db.version-0").write_text(CANARY)
    path.with_name("sidelight.db.damaged-20260101T000000Z-wal").write_text(CANARY)
    path.with_name("unrelated").write_text("kept")
    assert found(path.parent) >= {"sidelight.db", "sidelight.db-wal", "sidelight.db.version-0"}
    purge(database)
    assert found(path.parent) == set()
    names = {each.name for each in path.parent.iterdir()}
    assert names == {"sidelight.db", "sidelight.db-wal", "sidelight.db-shm", "unrelated"}
    database.close()
    assert found(path.parent) == set()


def test_v4_all_tables_but_the_roots_are_emptied(database: Database, tmp_path: Path) -> None:
    fill(database, tmp_path / "photos")
    tables = {
        row["name"]
        for row in database.read("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row["name"].startswith("sqlite_")
    }
    assert tables == {*module.PRIVATE, "roots"}
    purge(database)
    for table in module.PRIVATE:
        assert database.read(f"SELECT count(*) FROM {table}")[0][0] == 0
    assert [root.path for root in RootStore(database).list()] == [tmp_path / "photos"]


def test_numbers_go_on_after_a_purge(database: Database, tmp_path: Path) -> None:
    fill(database, tmp_path / "photos")
    events = EventLog(database)
    last = events.last_id()
    purge(database)
    assert (events.oldest_id(), events.last_id()) == (last + 1, last)
    jobs = JobStore(database, events)
    assert jobs.enqueue([Request(tmp_path / "a.NEF")], batch="b")[0].id == 301
    assert database.alive()


def test_somebody_else_reads(path: Path, tmp_path: Path) -> None:
    with closing(Database(path, busy_s=0.2)) as database:
        fill(database, tmp_path / "photos")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM jobs").fetchone()
            with pytest.raises(BusyStateError):
                purge(database)
        purge(database)
    assert found(path.parent) == set()
    reopened, happened = open_database(path)
    reopened.close()
    assert happened == ""
