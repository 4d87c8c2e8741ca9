"""A catalog's private copy as a database that nobody vouches for.

Only tables are read, no views; nothing in the file can write, call what SQLite deems unsafe, use
unbounded memory or run without an end.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sidelight.catalogs.base import CatalogPhoto, OpenCatalog
from sidelight.catalogs.snapshot import private_copy
from sidelight.errors import CatalogError

MOST_CELL_BYTES = 32 << 20
MOST_STEPS = 2_000_000_000
"""Steps of SQLite's virtual machine that one question may take; a real one takes millions."""

MOST_PHOTOS = 2_000_000

_STEPS_AT_ONCE = 100_000
_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    # Every question goes from key to key; what would need sorting or an index of its own is
    # no real catalog, and would cost memory.
    "PRAGMA automatic_index = OFF",
    "PRAGMA temp_store = MEMORY",
)
_REFUSED = (sqlite3.Error, ValueError, MemoryError)
"""ValueError: SQLite's message quotes a damaged schema, which need not be UTF-8."""

_REASONS = {
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is no database, or an encrypted one",
    sqlite3.SQLITE_INTERRUPT: "it would take too long, or was stopped",
    sqlite3.SQLITE_TOOBIG: "something in it is larger than anything real",
    sqlite3.SQLITE_NOMEM: "it would need too much memory",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "its copy cannot be opened",
}
_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name = ?"


@dataclass(frozen=True)
class Source:
    """A table, the columns without which it is of no use, and those that add information."""

    table: str
    needed: tuple[str, ...]
    also: tuple[str, ...] = ()


class Reader:
    """Asks one database. All methods raise CatalogError.

    Args:
        connection: As `connect` makes it.
        name: Of the catalog, for sentences.
        stop: Asked again and again; True ends the question at hand.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, stop: Callable[[], bool]) -> None:
        self.name = name
        self._connection = connection
        self._stop = stop
        self._left = 0
        self._columns: dict[str, frozenset[str]] = {}
        connection.set_progress_handler(self._goes_too_far, _STEPS_AT_ONCE)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of one question."""
        self._left = MOST_STEPS // _STEPS_AT_ONCE
        try:
            with closing(self._connection.cursor()) as cursor:
                yield from cursor.execute(sql, parameters)
        except _REFUSED as error:
            raise _catalog_error(self.name, error) from error

    def first(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        return next(self.rows(sql, parameters), None)

    def columns(self, table: str) -> frozenset[str]:
        """Return a table's columns, none if it is missing or something other than a table."""
        if table not in self._columns:
            found: frozenset[str] = frozenset()
            if self.first(_TABLE, (table,)):
                found = frozenset(row[1] for row in self.rows(f'PRAGMA table_info("{table}")'))
            self._columns[table] = found
        return self._columns[table]

    def has(self, source: Source) -> bool:
        """Whether a table has all that makes it useful."""
        return self.columns(source.table).issuperset(source.needed)

    def require(self, *sources: Source) -> None:
        """Refuse a catalog without one of these tables, naming what is missing."""
        for source in sources:
            if missing := set(source.needed) - self.columns(source.table):
                what = ", ".join(sorted(missing))
                raise CatalogError(
                    f"{self.name} is not a catalog that Sidelight knows: "
                    f"{source.table} without {what}"
                )

    def column(self, source: Source, column: str, alias: str) -> str:
        """Return the SQL of a column, NULL where this catalog's version has none."""
        there = self.has(source) and column in self.columns(source.table)
        return f'{alias}."{column}"' if there else "NULL"

    def is_whole(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        return self.first("PRAGMA quick_check(1)") == ("ok",)

    def _goes_too_far(self) -> bool:
        self._left -= 1
        return self._left < 0 or self._stop()


@contextmanager
def open_copy(copy: Path, name: str, stop: Callable[[], bool] = lambda: False) -> Iterator[Reader]:
    """Open a private copy for reading.

    Raises:
        CatalogError: It is no database.
    """
    try:
        connection = sqlite3.connect(copy, isolation_level=None)
    except _REFUSED as error:
        raise _catalog_error(name, error) from error
    with closing(connection):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
        connection.text_factory = _text
        reader = Reader(connection, name, stop)
        for pragma in _PRAGMAS:
            reader.first(pragma)
        yield reader


class SqliteCatalog(ABC):
    """A catalog that is an SQLite file; subclasses say what its tables mean.

    Args:
        path: The file.
    """

    name: ClassVar[str]

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def session(self, reader: Reader) -> OpenCatalog:
        """Return what reads the tables.

        Raises:
            CatalogError: They are not those of such a catalog.
        """

    @contextmanager
    def open(
        self, folder: Path | None = None, *, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[OpenCatalog]:
        """Copy the catalog privately and read the copy, which ends with the block."""
        name = self.path.name

        def is_whole(copy: Path) -> bool:
            try:
                with open_copy(copy, name, stop) as reader:
                    return reader.is_whole()
            except CatalogError:
                return False

        with (
            private_copy(self.path, folder, check=is_whole, stop=stop) as copy,
            open_copy(copy, name, stop) as reader,
        ):
            yield self.session(reader)

    def read(self) -> list[CatalogPhoto]:
        """Return all photos."""
        with self.open() as catalog:
            return list(catalog.photos())


def _catalog_error(name: str, error: Exception) -> CatalogError:
    """Return one sentence; SQLite's own would quote what stands in the file."""
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    reason = _REASONS.get(kind, "its tables are not what they should be")
    return CatalogError(f"the catalog {name} cannot be read: {reason}")


def count_up_to(rows: Iterator[tuple[Any, ...]], name: str) -> Iterator[tuple[Any, ...]]:
    """Pass on the rows of photos, but no more than any real catalog has.

    Raises:
        CatalogError: There are more.
    """
    for number, row in enumerate(rows):
        if number >= MOST_PHOTOS:
            raise CatalogError(f"the catalog {name} claims to hold more photos than any real one")
        yield row


def _text(cell: bytes) -> str:
    # File names need not be UTF-8; this is how Python's own functions spell such bytes.
    return cell.decode("utf-8", "surrogateescape")
