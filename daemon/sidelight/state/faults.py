"""What SQLite reports, as one sentence for a photographer."""

from __future__ import annotations

import sqlite3

from sidelight.errors import BusyStateError, StateError


class DamagedStateError(StateError):
    """Raised when the database is no longer readable as one."""


class GoneStateError(StateError):
    """Raised when the database's file was removed or replaced while it was open."""


class NotFoundError(StateError):
    """Raised when nothing has the number that was asked for."""


BUSY = "another program holds Sidelight's database"
FULL = "the disk that holds Sidelight's database is full"
READ_ONLY = "Sidelight's database cannot be written: check the rights of its folder"
BROKEN = "the disk that holds Sidelight's database reports an error"
DAMAGED = "Sidelight's database is damaged"
GONE = "Sidelight's database was removed while it was in use"

_SENTENCES: dict[int, tuple[type[StateError], str]] = {
    sqlite3.SQLITE_BUSY: (BusyStateError, BUSY),
    sqlite3.SQLITE_LOCKED: (BusyStateError, BUSY),
    sqlite3.SQLITE_FULL: (StateError, FULL),
    sqlite3.SQLITE_READONLY: (StateError, READ_ONLY),
    sqlite3.SQLITE_PERM: (StateError, READ_ONLY),
    sqlite3.SQLITE_AUTH: (StateError, READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: (StateError, READ_ONLY),
    sqlite3.SQLITE_IOERR: (StateError, BROKEN),
    sqlite3.SQLITE_CORRUPT: (DamagedStateError, DAMAGED),
    sqlite3.SQLITE_NOTADB: (DamagedStateError, DAMAGED),
}


def as_state_error(error: sqlite3.Error) -> StateError:
    """Return the error to raise in place of SQLite's own."""
    # The low byte is the kind, the rest a detail.
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    found = _SENTENCES.get(kind)
    if found is None:
        return StateError(f"Sidelight's database cannot be used ({error})")
    return found[0](found[1])
