"""What happened, numbered without gaps, so that a client can ask for what it missed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sidelight.state.database import Database
from sidelight.state.values import to_json

APPEND = "INSERT INTO events (type, job, data) VALUES (?, ?, ?)"
SINCE = "SELECT id, type, job, data FROM events WHERE id > ? ORDER BY id LIMIT ?"
LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"
OLDEST = "SELECT min(id) FROM events"
PRUNE = "DELETE FROM events WHERE id <= ?"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        id: Larger than that of everything before.
        type: Such as "job.done".
        job: The job it is about, or None.
        data: Plain JSON values.
    """

    id: int
    type: str
    job: int | None
    data: dict[str, Any] = field(default_factory=dict)


class EventLog:
    """The events in a database. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        connection: sqlite3.Connection,
        type: str,
        job: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        """Add an event within a transaction of `Database.write`, and return its id."""
        cursor = connection.execute(APPEND, (type, job, to_json(dict(data or {}))))
        self._database.announce()
        return int(cursor.lastrowid or 0)

    def since(self, id: int, limit: int = 1000) -> list[Event]:
        """Return the events after `id`, oldest first."""
        return [
            Event(row["id"], row["type"], row["job"], json.loads(row["data"]))
            for row in self._database.read(SINCE, (id, limit))
        ]

    def last_id(self) -> int:
        """Return the newest id ever given, 0 at the very beginning."""
        rows = self._database.read(LAST)
        return int(rows[0][0]) if rows else 0

    def oldest_id(self) -> int:
        """Return the oldest id still kept; one beyond the last where none is kept.

        Whoever saw `id` misses nothing if `oldest_id() - 1 <= id <= last_id()`.
        """
        oldest = self._database.read(OLDEST)[0][0]
        return self.last_id() + 1 if oldest is None else int(oldest)

    def prune(self, keep: int = 20_000) -> int:
        """Forget all but the newest, and return how many were forgotten."""
        with self._database.write() as connection:
            return connection.execute(PRUNE, (self.last_id() - keep,)).rowcount
