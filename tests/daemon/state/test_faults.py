"""Each kind of trouble has its own error and sentence."""

from __future__ import annotations

import sqlite3

import pytest

from sidelight.errors import BusyStateError, StateError
from sidelight.state import faults


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (sqlite3.SQLITE_BUSY, BusyStateError, faults.BUSY),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, BusyStateError, faults.BUSY),
        (sqlite3.SQLITE_FULL, StateError, faults.FULL),
        (sqlite3.SQLITE_READONLY_DBMOVED, StateError, faults.READ_ONLY),
        (sqlite3.SQLITE_IOERR_FSYNC, StateError, faults.BROKEN),
        (sqlite3.SQLITE_CORRUPT, faults.DamagedStateError, faults.DAMAGED),
        (sqlite3.SQLITE_NOTADB, faults.DamagedStateError, faults.DAMAGED),
    ],
)
def test_what_sqlite_reports(code: int, kind: type[StateError], sentence: str) -> None:
    error = sqlite3.OperationalError("nobody reads this")
    error.sqlite_errorcode = code
    found = faults.as_state_error(error)
    assert type(found) is kind
    assert str(found) == sentence


def test_anything_else_is_named() -> None:
    assert "strange" in str(faults.as_state_error(sqlite3.ProgrammingError("strange")))
