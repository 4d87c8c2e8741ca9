"""A removed database comes back from what is still open."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sidelight.service.rescue import put_back
from sidelight.state.database import COMPANIONS, Database
from sidelight.state.faults import GoneStateError
from sidelight.state.roots import RootStore


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "state" / "sidelight.db")
    RootStore(database).add(
        tmp_path, "folder", editors=("cube",), engine="auto", headroom=2.0, strength=1.0
    )
    return database


def _remove(database: Database) -> None:
    for ending in COMPANIONS:
        Path(f"{database.path}{ending}").unlink(missing_ok=True)


def test_q3_everything_known_is_put_back(database: Database, tmp_path: Path) -> None:
    opened = database.path.stat()
    _remove(database)
    with pytest.raises(GoneStateError), database.write():
        pass
    assert put_back(database, opened)
    again = Database(database.path)
    assert [root.path for root in RootStore(again).list()] == [tmp_path]
    assert again.check() == ""
    if os.name == "posix":
        assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


def test_q3_with_its_folder(database: Database) -> None:
    opened = database.path.stat()
    _remove(database)
    database.path.parent.rmdir()
    assert put_back(database, opened)
    assert RootStore(Database(database.path)).list()


def test_q3_what_has_taken_its_place_stays(database: Database) -> None:
    opened = database.path.stat()
    _remove(database)
    other = Database(database.path)
    other.close()
    before = database.path.read_bytes()
    assert not put_back(database, opened)
    assert database.path.read_bytes() == before
    assert {path.name for path in database.path.parent.iterdir()} == {database.path.name}


def test_q3_when_only_the_log_is_gone_nothing_of_it_is_lost(database: Database) -> None:
    opened = database.path.stat()
    Path(f"{database.path}-wal").unlink()
    assert not database.alive()
    assert put_back(database, opened)
    assert RootStore(Database(database.path)).list()
