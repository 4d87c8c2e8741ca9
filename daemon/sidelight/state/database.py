"""The daemon's one SQLite file: opened privately, brought up to date, written durably."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sidelight.errors import StateError
from sidelight.paths import make_private
from sidelight.state import faults, migrations, salvage
from sidelight.state.faults import DamagedStateError, GoneStateError, as_state_error
from sidelight.state.mounts import network_warning

BUSY_S: Final = 5.0
"""How long another process may hold the database before we give up."""

EMPTIED: Final = "the database was an empty file, so folders must be watched anew"

COMPANIONS: Final = ("", "-wal", "-shm")
"""What SQLite keeps beside a database, as endings of its name."""

_SMALLEST: Final = 512
"""Bytes of the smallest page SQLite knows."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone leaves data in the drive's cache
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no copies of private data in the temporary folder
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    f"PRAGMA journal_size_limit = {16 << 20}",
)

_log = logging.getLogger(__name__)


class Database:
    """One connection that all threads share, one at a time.

    Args:
        path: The file; it and its folder are made and kept private to the user.
        busy_s: Patience with other processes, in seconds.

    Raises:
        NewerStateError: A newer Sidelight wrote it; it is untouched.
        BusyStateError: Another process holds it.
        DamagedStateError: It is no database any more.
        StateError: It cannot be made or opened.
    """

    def __init__(self, path: Path, *, busy_s: float = BUSY_S) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._has_news = False
        self._listeners: list[Callable[[], None]] = []
        try:
            _make_file(path)
            _refuse_stump(path)
            migrations.refuse_newer(_stored_version(path, busy_s))
            self._connection = _connect(path, busy_s)
        except OSError as error:
            raise StateError(
                f"Sidelight's database cannot be made ({error.strerror or error})"
            ) from error
        except sqlite3.Error as error:
            raise as_state_error(error) from error
        self._identity = _identity(path)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run one transaction: done when the block ends, undone when it raises.

        A block within a block of the same thread belongs to the outer one's transaction.

        Args:
            durable: Wait for the disk. Without, a power cut may take the transaction back; the
                end of a process never does, and the next durable one makes it durable too.

        Raises:
            BusyStateError: Another process holds the database.
            GoneStateError: The file was removed; nothing was written.
            StateError: The disk is full, read-only or broken; nothing was written.
        """
        with self._lock:
            nested = self._depth > 0
            self._depth += 1
            try:
                with self._savepoint() if nested else self._transaction(durable):
                    yield self._connection
            except sqlite3.Error as error:
                raise as_state_error(error) from error
            finally:
                self._depth -= 1
            news = self._has_news and not nested
            if news:
                self._has_news = False
        if news:
            self._tell()

    def read(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[sqlite3.Row]:
        """Return all rows of one query.

        Raises:
            StateError: It cannot be read.
        """
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise as_state_error(error) from error

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back after each transaction that added events, in the thread that wrote them."""
        self._listeners.append(callback)

    def announce(self) -> None:
        """Let the transaction in progress call the listeners once it is durable."""
        self._has_news = True

    def check(self) -> str:
        """Return what SQLite finds wrong with the file, or nothing."""
        found = [str(row[0]) for row in self.read("PRAGMA quick_check(1)")]
        return "" if found == ["ok"] else found[0]

    def alive(self) -> bool:
        """Whether the path still leads to the file that is open."""
        return _identity(self.path) == self._identity

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, durable: bool) -> Iterator[None]:
        self._has_news = False
        level = "FULL" if durable else "NORMAL"
        self._connection.execute(f"PRAGMA synchronous = {level}")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            if not self.alive():  # a commit into a removed file would be acknowledged and lost
                raise GoneStateError(faults.GONE)
            self._connection.execute("COMMIT")
        except BaseException:
            self._has_news = False
            if self._connection.in_transaction:  # SQLite itself rolls back when the disk is full
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        name = f"depth_{self._depth}"
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute(f"ROLLBACK TO {name}")
                self._connection.execute(f"RELEASE {name}")
            raise
        self._connection.execute(f"RELEASE {name}")

    def _tell(self) -> None:
        for callback in tuple(self._listeners):
            try:
                callback()
            except Exception:  # what was written is written; the writer has no part in this
                _log.exception("a listener of the database failed")


def open_database(path: Path, *, busy_s: float = BUSY_S) -> tuple[Database, str]:
    """Open the database, or put a damaged one aside and carry over what is still readable.

    Returns:
        The database, and one sentence to show: on what happened to it, or that a network drive is
        no place for it; mostly empty.

    Raises:
        NewerStateError, BusyStateError, StateError: As `Database` does.
    """
    was_emptied = path.is_file() and not path.stat().st_size
    try:
        database = Database(path, busy_s=busy_s)
        try:
            if not database.check():
                return database, EMPTIED if was_emptied else network_warning(path.parent)
        except BaseException:
            database.close()
            raise
        database.close()
    except DamagedStateError:
        pass
    aside = _move_aside(path)
    database = Database(path, busy_s=busy_s)
    with database.write() as connection:
        saved = salvage.carry_over(aside, connection)
    return database, salvage.sentence(aside, saved)


def _make_file(path: Path) -> None:
    """Create the file, unless it exists."""
    make_private(path.parent)
    # An existing one is not opened: closing it would drop the locks this process holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if not path.is_file():
        raise FileExistsError(errno.EEXIST, "something else has its name")
    if os.name == "posix":
        for ending in COMPANIONS:  # SQLite gives its own files the mode of the database
            with suppress(FileNotFoundError):
                Path(f"{path}{ending}").chmod(0o600)


def _refuse_stump(path: Path) -> None:
    """Refuse what SQLite would take for a new database, and whose log it would throw away."""
    size = path.stat().st_size
    wal = Path(f"{path}-wal")
    if 0 < size < _SMALLEST or (not size and wal.exists() and wal.stat().st_size):
        raise DamagedStateError(faults.DAMAGED)


def _stored_version(path: Path, busy_s: float) -> int:
    """Return the version without changing anything, which opening a database may do."""
    wal = Path(f"{path}-wal")
    until = time.monotonic() + busy_s
    while True:
        before = path.stat()
        has_log = wal.exists() and wal.stat().st_size
        address = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=busy_s)) as connection:
                return migrations.version_of(connection)
        except sqlite3.DatabaseError:
            # What another process is just creating looks damaged to who takes it as immutable.
            after = path.stat()
            same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
            if (has_log or (same and not wal.exists())) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
        migrations.migrate(connection, lambda version: _keep_copy(connection, path, version))
        return connection
    except BaseException:
        connection.close()
        raise


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the database to `NAME.version-N` before it is changed."""
    target = Path(f"{path}.version-{version}")
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _identity(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Return device and inode of the file and its log; without the log commits are lost too."""
    found: list[tuple[int, int] | None] = []
    for name in (path, Path(f"{path}-wal")):
        try:
            status = name.stat()
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)


def _move_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = Path(f"{path}.damaged-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = Path(f"{path}.damaged-{stamp}-{count}")
    try:
        for ending in reversed(COMPANIONS):  # the database last: until then nothing is new
            source = Path(f"{path}{ending}")
            if source.exists():
                source.rename(f"{aside}{ending}")
    except OSError as error:
        raise StateError(
            f"Sidelight's damaged database cannot be put aside ({error.strerror or error})"
        ) from error
    return aside
