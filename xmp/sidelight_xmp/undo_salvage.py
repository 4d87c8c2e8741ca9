"""What a new record of our writes takes over: the text file of earlier releases, and whatever
can still be read of a damaged one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # Windows does not let go of a file that others have open, either
    fcntl = None  # type: ignore[assignment]

TEXT_RECORD: Final = "index.jsonl"
"""One JSON object in each line: a write, the number of writes taken back, or a closed batch."""

DAMAGED: Final = ".damaged-"
_LOCK: Final = "undo.lock"
_MOST_QUERIES: Final = 200_000

_WRITE: Final = {
    "sidecar": str,
    "sha256": str,
    "size": int,
    "written": str,
    "batch": str,
    "time": str,
}
_UNDO: Final = {"sidecar": str, "undone": int, "time": str}
_CLOSED: Final = {"closed": str, "time": str}

_TABLES: Final = {
    "writes": "id, sidecar, sha256, size, written, batch, time, undone",
    "closed": "batch, last_id, time",
}


def has_older_record(path: Path) -> bool:
    """Whether there is something to carry over into the record at `path`."""
    return (path.parent / TEXT_RECORD).exists() or bool(damaged_records(path))


def damaged_records(path: Path) -> list[Path]:
    """Return the damaged records that were put aside, oldest first."""
    found = path.parent.glob(f"{path.name}{DAMAGED}*")
    return sorted(item for item in found if not item.name.endswith(("-wal", "-shm", "-journal")))


def carry_over(path: Path, connection: sqlite3.Connection) -> None:
    """Fill new tables within their transaction; what cannot be read is left out."""
    # The text first: its lines get the numbers they had when they were first taken over.
    _carry_text(path.parent / TEXT_RECORD, connection)
    for damaged in damaged_records(path):
        _carry_damaged(damaged, connection)


def put_aside(path: Path, companions: Sequence[str]) -> None:
    """Rename a damaged record; `carry_over` finds it there."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = f"{path.name}{DAMAGED}{stamp}"
    for ending in reversed(companions):  # the record itself last: until then nothing is new
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(path.with_name(aside + ending))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of the same block meanwhile, where the system can."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(folder / _LOCK, flags, 0o600)
    try:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _carry_text(path: Path, connection: sqlite3.Connection) -> None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for line in content.split(b"\n"):
        fields = _fields(line)
        if _is(fields, _WRITE):
            sidecar = os.fsencode(fields["sidecar"])
            connection.execute(
                "INSERT INTO writes (sidecar, sha256, size, written, batch, time)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (sidecar, *(fields[name] for name in list(_WRITE)[1:])),
            )
        elif _is(fields, _UNDO):
            connection.execute(
                "UPDATE writes SET undone = ? WHERE id IN (SELECT id FROM writes"
                " WHERE undone IS NULL AND sidecar = ? ORDER BY id DESC LIMIT ?)",
                (fields["time"], os.fsencode(fields["sidecar"]), max(fields["undone"], 0)),
            )
        elif _is(fields, _CLOSED):
            connection.execute(
                "INSERT OR REPLACE INTO closed (batch, last_id, time)"
                " SELECT ?, coalesce(max(id), 0), ? FROM writes",
                (fields["closed"], fields["time"]),
            )


def _fields(line: bytes) -> Mapping[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        fields = json.loads(line)
        if isinstance(fields, dict):
            return fields
    return {}


def _is(fields: Mapping[str, Any], kinds: Mapping[str, type]) -> bool:
    return set(fields) == set(kinds) and all(
        isinstance(fields[name], kind) for name, kind in kinds.items()
    )


def _carry_damaged(path: Path, connection: sqlite3.Connection) -> None:
    if not path.stat().st_size:  # opening it would throw its log away
        return
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as source:
        for table, columns in _TABLES.items():
            places = ", ".join("?" * (columns.count(",") + 1))
            insert = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})"
            for row in _rows(source, table, columns):
                with contextlib.suppress(sqlite3.IntegrityError):  # a row of rubbish
                    connection.execute(insert, row)


def _rows(source: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the readable rows; around a hole they are asked for in ever smaller ranges."""
    select = f"SELECT {columns} FROM {table} WHERE rowid BETWEEN ? AND ?"
    waiting = [_range(source, table)]
    for _ in range(_MOST_QUERIES):
        if not waiting:
            return
        first, last = waiting.pop()
        if first > last:
            continue
        try:
            yield from source.execute(select, (first, last)).fetchall()
        except sqlite3.Error:
            if first < last:
                middle = (first + last) // 2
                waiting += [(middle + 1, last), (first, middle)]


def _range(source: sqlite3.Connection, table: str) -> tuple[int, int]:
    """Return the first and last row number that can be found."""
    found = []
    for order in ("ASC", "DESC"):
        try:
            query = f"SELECT rowid FROM {table} ORDER BY rowid {order} LIMIT 1"
            row = source.execute(query).fetchone()
            found += [] if row is None else [int(row[0])]
        except sqlite3.Error:
            pass
    with contextlib.suppress(sqlite3.Error):
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        found += [int(row[0]) for row in source.execute(query, (table,))]
    return (1, max(found)) if found else (1, 0)
