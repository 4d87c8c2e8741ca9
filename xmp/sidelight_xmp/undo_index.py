"""The record of our writes: a small database, `undo.db`, beside the contents it speaks of.

Each row says that a sidecar of one content was about to get another. Rows are never removed;
those taken back are marked. Sidecars are named by the bytes of their path, because file names
need not be text.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sidelight_xmp import undo_salvage
from sidelight_xmp.errors import DiskFullError, StoreError

NAME: Final = "undo.db"
COMPANIONS: Final = ("", "-wal", "-shm")
VERSION: Final = 1

BUSY_S: Final = 30.0
"""How long another process may hold the record; it takes milliseconds as a rule."""

CREATE: Final = (
    """
    CREATE TABLE writes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sidecar BLOB NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        written TEXT NOT NULL,
        batch TEXT NOT NULL,
        time TEXT NOT NULL,
        undone TEXT
    )
    """,
    "CREATE INDEX writes_sidecar ON writes (sidecar, id) WHERE undone IS NULL",
    "CREATE INDEX writes_batch ON writes (batch, id) WHERE undone IS NULL",
    "CREATE TABLE closed (batch TEXT PRIMARY KEY, last_id INTEGER NOT NULL, time TEXT NOT NULL)",
)

ADD: Final = """
    INSERT INTO writes (sidecar, sha256, size, written, batch, time) VALUES (?, ?, ?, ?, ?, ?)
"""
LIVE: Final = """
    SELECT id, sidecar, sha256, size, written, batch, time FROM writes
    WHERE undone IS NULL AND sidecar = ? ORDER BY id
"""
UNDER: Final = """
    SELECT DISTINCT sidecar FROM writes
    WHERE undone IS NULL AND sidecar >= ? AND sidecar < ? ORDER BY sidecar
"""
SIDECARS: Final = "SELECT DISTINCT sidecar FROM writes WHERE undone IS NULL ORDER BY sidecar"
CONTENTS: Final = """
    SELECT DISTINCT sidecar, sha256 FROM writes WHERE undone IS NULL ORDER BY sidecar
"""
OF_BATCH: Final = """
    SELECT sidecar FROM writes WHERE undone IS NULL AND batch = ?
    GROUP BY sidecar ORDER BY min(id)
"""
LAST_BATCH: Final = """
    SELECT batch FROM writes WHERE undone IS NULL AND NOT EXISTS (
        SELECT 1 FROM closed WHERE closed.batch = writes.batch AND closed.last_id >= writes.id
    ) ORDER BY id DESC LIMIT 1
"""
TAKE_BACK: Final = "UPDATE writes SET undone = ? WHERE id = ? AND undone IS NULL"
LAST_ID: Final = "SELECT coalesce(max(id), 0) FROM writes"
CLOSE_BATCH: Final = "INSERT OR REPLACE INTO closed (batch, last_id, time) VALUES (?, ?, ?)"

_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Write:
    """We were about to replace the content `sha256` of a sidecar by `written`."""

    sidecar: Path
    sha256: str
    size: int
    written: str
    batch: str
    time: str
    id: int = 0


class _GoneError(Exception):
    """Raised when the file was removed or replaced while it was open."""


class UndoIndex:
    """The record in a folder, made when something is first written to it.

    Raises StoreError or DiskFullError throughout.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.path = folder / NAME
        self._durable = durable
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._pid = 0

    def add(self, write: Write) -> None:
        """Add a write; durable on return. Its id is given here."""
        row = (
            os.fsencode(write.sidecar),
            write.sha256,
            write.size,
            write.written,
            write.batch,
            write.time,
        )
        self._write(lambda connection: connection.execute(ADD, row))

    def live(self, sidecar: Path) -> list[Write]:
        """Return the writes of a sidecar that are not taken back, oldest first."""
        rows = self._read(LIVE, (os.fsencode(sidecar),))
        return [_write(row) for row in rows]

    def under(self, folder: Path) -> list[Path]:
        """Return the sidecars with live writes whose path has `folder` among its parents."""
        first = os.fsencode(Path(folder, "x"))[:-1]
        beyond = first[:-1] + bytes([first[-1] + 1])
        return _paths(self._read(UNDER, (first, beyond)))

    def sidecars(self) -> list[Path]:
        """Return all sidecars with live writes."""
        return _paths(self._read(SIDECARS))

    def contents(self) -> list[tuple[Path, str]]:
        """Return the sidecars with live writes, each with every content it had before one."""
        return [(Path(os.fsdecode(row[0])), row[1]) for row in self._read(CONTENTS)]

    def of_batch(self, batch: str) -> list[Path]:
        """Return the sidecars with live writes of a batch."""
        return _paths(self._read(OF_BATCH, (batch,)))

    def last_batch(self) -> str | None:
        """Return the batch of the last live write, of those not closed since."""
        rows = self._read(LAST_BATCH)
        return str(rows[0][0]) if rows else None

    def take_back(self, writes: Sequence[Write]) -> None:
        """Mark writes as taken back; durable on return."""
        moment = _now()
        rows = [(moment, write.id) for write in writes]
        self._write(lambda connection: connection.executemany(TAKE_BACK, rows))

    def last_id(self) -> int:
        """Return the id of the newest write, 0 when there is none."""
        rows = self._read(LAST_ID)
        return int(rows[0][0]) if rows else 0

    def close_batch(self, batch: str, last_id: int) -> None:
        """Pass over a batch's writes up to an id in `last_batch`."""
        row = (batch, last_id, _now())
        self._write(lambda connection: connection.execute(CLOSE_BATCH, row))

    def check(self) -> str:
        """Return what is wrong with the file, in SQLite's words, or nothing; changes nothing."""
        with self._lock, store_errors():
            try:
                connection = self._open(create=False)
                if connection is None:
                    return ""
                rows = connection.execute("PRAGMA integrity_check(1)").fetchall()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                return str(error)
            return "" if rows == [("ok",)] else str(rows[0][0])

    def repair(self) -> str:
        """Put a damaged file aside, carry over what can be read, and say so."""
        with self._lock:
            if not self.check():
                return ""
            with store_errors():
                self._put_aside()
                self._open(create=True)
            count = len(self.sidecars())
            return (
                "The record of what was written was damaged and put aside; "
                f"{count} sidecars can still be undone."
            )

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._pid == os.getpid():
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
            elif connection is not None:
                _inherited.append(connection)

    def _read(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        def query() -> list[tuple[Any, ...]]:
            connection = self._open(create=False)
            return [] if connection is None else connection.execute(sql, parameters).fetchall()

        return self._with_second_try(query)

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do `work` in a transaction; durable on return, undone when anything is raised."""

        def transaction() -> None:
            connection = self._open(create=True)
            assert connection is not None
            with _transaction(connection):
                work(connection)
                if _identity(self.path) != self._identity:
                    raise _GoneError

        self._with_second_try(transaction)

    def _with_second_try(self, action: Callable[[], Answer]) -> Answer:
        """Do something; once more with a new file where the old one is damaged or gone."""
        with self._lock, store_errors():
            try:
                return action()
            except _GoneError:
                self.close()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._put_aside()
            return action()

    def _open(self, *, create: bool) -> sqlite3.Connection | None:
        identity = _identity(self.path)
        if self._connection is not None:
            if self._pid == os.getpid() and self._identity == identity:
                return self._connection
            self.close()
        if identity is None and not create and not undo_salvage.has_older_record(self.path):
            return None
        make_private(self.path.parent)
        _make_file(self.path)
        self._identity, self._pid = _identity(self.path), os.getpid()
        self._connection = _connect(self.path, self._durable)
        return self._connection

    def _put_aside(self) -> None:
        seen = self._identity
        self.close()
        with undo_salvage.alone(self.path.parent):
            # Another process may have been quicker.
            if _identity(self.path) == seen:
                undo_salvage.put_aside(self.path, COMPANIONS)


_inherited: list[sqlite3.Connection] = []
"""Connections of a parent process: closing them here would harm it."""


def make_private(folder: Path) -> None:
    """Make a folder and its missing parents for their owner alone; tighten an existing one."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    if not missing:
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        return
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Turn what the system and SQLite raise into errors whose sentence a photographer knows."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if _is_full(error):
            raise DiskFullError(
                "The disk with Sidelight's own folder is full, so nothing was changed."
            ) from error
        raise StoreError(
            f"Sidelight's record of earlier versions cannot be used ({_cause(error)}), "
            "so nothing was changed."
        ) from error


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return _code(error) == sqlite3.SQLITE_FULL


def _cause(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in _DAMAGE


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _make_file(path: Path) -> None:
    # SQLite gives its companions the mode of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))


def _connect(path: Path, durable: bool) -> sqlite3.Connection:
    """Open the file and make its tables; processes that begin together take turns."""
    give_up = time.monotonic() + BUSY_S
    while True:
        connection = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            # Changing the journal's mode does not wait for others by itself.
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            _prepare(connection, path)
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            if _code(error) not in _BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        except BaseException:
            connection.close()
            raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version > VERSION:
        raise StoreError(
            "The record of earlier versions was written by a newer Sidelight, so nothing was "
            "changed."
        )
    if version == VERSION:
        return
    with _transaction(connection):
        if _version(connection) == 0:  # another process may have been quicker
            for statement in CREATE:
                connection.execute(statement)
            undo_salvage.carry_over(path, connection)
            connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back when the disk is full
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _write(row: tuple[Any, ...]) -> Write:
    id, sidecar, sha256, size, written, batch, moment = row
    return Write(Path(os.fsdecode(sidecar)), sha256, size, written, batch, moment, id)


def _paths(rows: list[tuple[Any, ...]]) -> list[Path]:
    return [Path(os.fsdecode(row[0])) for row in rows]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
