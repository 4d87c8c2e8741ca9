"""What can still be read of a damaged database, row by row."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sidelight.state.migrations import migrate

TABLES = {
    "roots": "watched folders and catalogs",
    "jobs": "jobs",
    "waiting": "recipes that wait",
    "examples": "examples",
    "photos": "known photos",
}
"""What is carried over, the dearest first, and how a sentence calls it."""

COUNTED = (*TABLES, "events")
"""Tables whose ids are never used twice."""

LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = ?"
RAISE_LAST_ID = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?"
SET_LAST_ID = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
PLAUSIBLE = """
    SELECT count(*) FROM roots NOT INDEXED
    WHERE typeof(path) = 'blob' AND kind IN ('folder', 'lightroom', 'darktable')
        AND state IN ('watching', 'paused', 'missing')
"""

MOST_LOOKUPS = 200_000
"""Rows asked for one by one where a table is torn."""

_PAGE_COUNT = slice(28, 32)
_FREE_PAGES = slice(32, 40)
_FORMATS = slice(18, 20)
"""Places in the first 100 bytes of an SQLite file; the last one says whether it has a log."""


def carry_over(damaged: Path, connection: sqlite3.Connection) -> dict[str, int]:
    """Copy all readable rows into a new database, within its transaction.

    Args:
        damaged: The file put aside; it is only read.
        connection: The new database, with its tables.

    Returns:
        Table → rows carried over.
    """
    saved = dict.fromkeys(TABLES, 0)
    if not damaged.stat().st_size:  # opening it would throw its log away
        return saved
    with _readable(damaged) as source:
        for table in TABLES:
            saved[table] = _copy_table(source, connection, table)
        for table in COUNTED:  # no number is given twice, even of what was lost
            last = _last_id(source, table)
            if not connection.execute(RAISE_LAST_ID, (last, table)).rowcount:
                connection.execute(SET_LAST_ID, (table, last))
    return saved


def sentence(aside: Path, saved: dict[str, int]) -> str:
    """Say what happened to a damaged database."""
    kept = ", ".join(f"{count} {TABLES[table]}" for table, count in saved.items() if count)
    return (
        f"the database was damaged and put aside as {aside.name}; "
        f"carried over: {kept or 'nothing, so folders must be watched anew'}"
    )


@contextmanager
def _readable(damaged: Path) -> Iterator[sqlite3.Connection]:
    """Open a damaged file; where its list of tables is lost, a copy with that of a new one."""
    with closing(_open(damaged)) as source:
        if _columns(source, "roots"):
            yield source
            return
    copy = Path(f"{damaged}.repaired")
    try:
        for page in _first_pages():
            _transplant(page, damaged, copy)
            with closing(_open(copy)) as source:
                if _is_plausible(source):
                    yield source
                    return
        with closing(_open(damaged)) as source:
            yield source
    finally:
        for ending in ("", "-wal", "-shm"):
            Path(f"{copy}{ending}").unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _first_pages() -> Iterator[bytes]:
    """Yield the first page of an empty database, as made and as `service.rescue` rewrites it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
        migrate(empty, keep_copy=lambda version: None)
        size = empty.execute("PRAGMA page_size").fetchone()[0]
        yield empty.serialize()[:size]
        empty.execute("VACUUM")
        yield empty.serialize()[:size]


def _transplant(page: bytes, damaged: Path, copy: Path) -> None:
    """Copy a database with another first page; tables of one version begin at the same places."""
    wal = Path(f"{damaged}-wal")
    header = bytearray(page)
    header[_PAGE_COUNT] = (damaged.stat().st_size // len(page)).to_bytes(4, "big")
    header[_FREE_PAGES] = bytes(8)
    header[_FORMATS] = b"\2\2" if wal.exists() else b"\1\1"
    for source in (damaged, wal):
        if source.exists():
            target = f"{copy}{source.name.removeprefix(damaged.name)}"
            os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
            shutil.copyfile(source, target)
    with copy.open("r+b") as file:
        file.write(header)


def _is_plausible(source: sqlite3.Connection) -> bool:
    """Whether the table of roots is where it was looked for."""
    try:
        return bool(source.execute(PLAUSIBLE).fetchone()[0])
    except sqlite3.Error:
        return False


def _copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    there = _columns(source, table)
    columns = [name for name in _columns(target, table) if name in there]
    if not columns:
        return 0
    names = ", ".join(columns)
    places = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"
    count = 0
    for row in _rows(source, table, names):
        with suppress(sqlite3.IntegrityError):  # a row of rubbish
            count += target.execute(insert, row).rowcount
    return count


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.Error:
        return []


def _rows(source: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows from the front up to a tear, from the back down to it, then what lies between."""
    select = f"SELECT rowid, {names} FROM {table} NOT INDEXED"
    front = 0
    back = None
    try:
        for row in source.execute(f"{select} ORDER BY rowid"):
            front = row[0]
            yield row[1:]
        return
    except sqlite3.Error:
        pass
    with suppress(sqlite3.Error):
        for row in source.execute(f"{select} WHERE rowid > ? ORDER BY rowid DESC", (front,)):
            back = row[0]
            yield row[1:]
    if back is None:
        back = _last_id(source, table) + 1
    for rowid in range(front + 1, min(back, front + MOST_LOOKUPS)):
        with suppress(sqlite3.Error):
            for row in source.execute(f"{select} WHERE rowid = ?", (rowid,)):
                yield row[1:]


def _last_id(source: sqlite3.Connection, table: str) -> int:
    """Return the newest id ever given; beyond all imaginable ones where nothing says it."""
    with suppress(sqlite3.Error):
        row = source.execute(LAST_ID, (table,)).fetchone()
        return 0 if row is None else int(row[0])
    return int(time.time())
