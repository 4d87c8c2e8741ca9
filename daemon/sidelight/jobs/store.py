"""The durable queue: all verbs of a job's life, each one transaction with its event.

enqueue → queued → claim → leased → finish → done
             ↑               ├──── fail → failed          again → queued
             ├── release ────┤                            (also from canceled, quarantined)
             ├── retry ──────┤     cancel → canceled      (from queued, leased)
             └── died, once ─┴──── died, twice → quarantined
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from sidelight.jobs import statements as sql
from sidelight.jobs.model import OPEN_STATES, Job, Priority, Request, State
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.faults import NotFoundError
from sidelight.state.values import (
    blob_to_path,
    now,
    pack,
    path_to_blob,
    path_to_text,
    to_json,
    to_text,
    unpack,
)

MAX_DEATHS = 2
"""Worker processes that may die of one content before it is given up."""


class JobNotFoundError(NotFoundError):
    """Raised when no job has the number that was asked for."""


class JobStore:
    """The jobs in a database.

    Times named `now_s` are of `time.monotonic()` in seconds: the wall clock may jump. All methods
    raise StateError; those that take an id raise JobNotFoundError. A verb that does not fit the
    job's state (it was canceled meanwhile) changes nothing and returns the job as it is.
    """

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events

    def enqueue(
        self,
        requests: Sequence[Request],
        *,
        priority: Priority = Priority.BATCH,
        batch: str,
        root: int | None = None,
    ) -> list[Job]:
        """Queue what is asked, durably and all or nothing.

        An open job for the same photo and options stands for a second one; it becomes more urgent
        if need be.

        Returns:
            One job per request, in their order.
        """
        with self._database.write() as connection:
            return [
                self._enqueue_one(connection, request, priority, to_text(batch), root)
                for request in requests
            ]

    def claim(
        self, now_s: float, lease_s: float, *, up_to: Priority = Priority.BATCH
    ) -> Job | None:
        """Take the most urgent job, of equally urgent ones the oldest; None when none is ready.

        Args:
            now_s: The present.
            lease_s: Seconds until `release_expired` gives it to somebody else.
            up_to: The least urgent that is wanted.
        """
        with self._database.write(durable=False) as connection:
            connection.execute(sql.WAKE, (now_s,))
            row = connection.execute(sql.CLAIM, (now_s + lease_s, int(up_to))).fetchone()
            return None if row is None else self._tell(connection, row)

    def identify(self, id: int, sha256: str, key: str | None) -> Job:
        """Note a job's content, and the name of content, engine and settings together."""
        with self._database.write(durable=False) as connection:
            return self._changed(connection, id, sql.IDENTIFY, (sha256, key), tell=False)

    def finished_twin(self, key: str, id: int) -> Job | None:
        """Return the newest other job of that key which has a result."""
        return _first(self._database.read(sql.FINISHED_TWIN, (key, id)))

    def finish(self, id: int, result: dict[str, Any], reason: str = "") -> Job:
        """Note that the work is done."""
        values = ("done", to_text(reason), pack(result), now())
        with self._database.write() as connection:
            return self._changed(connection, id, sql.CLOSE, values)

    def fail(self, id: int, reason: str, result: dict[str, Any] | None = None) -> Job:
        """Note that the work cannot be done; `again` would try once more."""
        packed = None if result is None else pack(result)
        with self._database.write() as connection:
            values = ("failed", to_text(reason), packed, now())
            return self._changed(connection, id, sql.CLOSE, values)

    def quarantine(self, id: int, reason: str) -> Job:
        """Give up on a job whose content is known to kill worker processes."""
        with self._database.write() as connection:
            return self._changed(connection, id, sql.QUARANTINE, (to_text(reason), now()))

    def retry(self, id: int, reason: str, delay_s: float, now_s: float) -> Job:
        """Queue a job again for later, since what stopped it may pass."""
        with self._database.write() as connection:
            values = (to_text(reason), now_s + delay_s)
            return self._changed(connection, id, sql.RETRY, values)

    def died(self, id: int, reason: str, now_s: float, delay_s: float = 0.0) -> Job:
        """Note that a worker process died of a job, or hung.

        The first time it is queued again; the second time the same content kills a process, be
        it as another job, it is quarantined.
        """
        with self._database.write() as connection:
            job = self._changed(connection, id, sql.COUNT_DEATH, (), tell=False)
            if job.state not in OPEN_STATES:
                return job
            deaths = connection.execute(sql.DEATHS, (id, job.sha256, id)).fetchone()[0]
            if deaths >= MAX_DEATHS:
                return self._changed(connection, id, sql.QUARANTINE, (to_text(reason), now()))
            values = (to_text(reason), now_s + delay_s)
            return self._changed(connection, id, sql.RETRY, values)

    def cancel(self, ids: Iterable[int] | None = None, batch: str | None = None) -> list[Job]:
        """Cancel open jobs by id or by batch, and return those that were open."""
        with self._database.write() as connection:
            rows = []
            for id in ids or ():
                rows += connection.execute(sql.CANCEL, (now(), id)).fetchall()
            if batch is not None:
                rows += connection.execute(sql.CANCEL_BATCH, (now(), to_text(batch))).fetchall()
            return [self._tell(connection, row) for row in rows]

    def release(self, id: int) -> Job:
        """Give a claimed job back as if it had not been claimed."""
        with self._database.write(durable=False) as connection:
            return self._changed(connection, id, sql.RELEASE, ())

    def release_all(self) -> int:
        """Give everything back that was claimed, and return how much; called at start.

        Waiting times end too: they were of another boot's clock.
        """
        with self._database.write() as connection:
            connection.execute(sql.WAKE_ALL)
            return self._release(connection, sql.RELEASE_ALL, ())

    def release_expired(self, now_s: float) -> int:
        """Give back what was claimed for longer than its lease, and return how much."""
        with self._database.write() as connection:
            return self._release(connection, sql.RELEASE_EXPIRED, (now_s,))

    def again(self, id: int) -> Job:
        """Queue a failed, canceled or quarantined job once more, with a clean slate."""
        with self._database.write() as connection:
            connection.execute(sql.FORGIVE, (id,))
            return self._changed(connection, id, sql.AGAIN, ())

    def get(self, id: int) -> Job:
        """Return one job."""
        job = _first(self._database.read(sql.GET, (id,)))
        if job is None:
            raise JobNotFoundError("there is no such job")
        return job

    def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        found = {row["state"]: row["jobs"] for row in self._database.read(sql.COUNTS)}
        return {state: found.get(state, 0) for state in get_args(State)}

    def held(self) -> int:
        """Return how many jobs wait in roots that are paused or missing."""
        return int(self._database.read(sql.HELD)[0][0])

    def failed(self, limit: int) -> list[Job]:
        """Return the jobs that failed last, the newest first."""
        return [_job(row) for row in self._database.read(sql.FAILED, (limit,))]

    def quarantined(self) -> list[Job]:
        """Return the jobs whose content kills worker processes."""
        return [_job(row) for row in self._database.read(sql.QUARANTINED)]

    def is_quarantined(self, sha256: str) -> bool:
        """Whether a content kills worker processes."""
        return bool(self._database.read(sql.IS_QUARANTINED, (sha256,))[0][0])

    def next_ready_s(self, now_s: float) -> float | None:
        """Return the seconds until a job can be claimed, 0 when one can, None without any."""
        found = self._database.read(sql.NEXT_READY)[0][0]
        return None if found is None else max(0.0, float(found) - now_s)

    def prune(self, keep: int = 100_000) -> int:
        """Forget closed jobs but for the newest; quarantined ones stay. Return how many went."""
        with self._database.write() as connection:
            return connection.execute(sql.PRUNE, (keep,)).rowcount

    def list(
        self,
        *,
        state: State | None = None,
        batch: str | None = None,
        root: int | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[Job]:
        """Return one page of jobs, in the order of ids beyond `after`."""
        given = {"state": state, "batch": batch, "root": root}
        asked = tuple(name for name, value in given.items() if value is not None)
        values = {**given, "after": after, "limit": limit}
        statement = sql.page(asked, is_rare=state not in (None, "queued", "done"))
        return [_job(row) for row in self._database.read(statement, values)]

    def _enqueue_one(
        self,
        connection: sqlite3.Connection,
        request: Request,
        priority: Priority,
        batch: str,
        root: int | None,
    ) -> Job:
        photo = path_to_blob(request.photo)
        options = to_json(request.options)
        identity = hashlib.sha256(b"\0".join((request.kind.encode(), options.encode(), photo)))
        for row in connection.execute(sql.SAME_OPEN, (identity.digest(),)).fetchall():
            if row["state"] == "leased" and _is_other_content(row, request.sha256):
                continue  # it works on what the file held before
            values = (int(priority), request.sha256, int(priority))
            return self._changed(connection, row["id"], sql.JOIN, values, tell=False)
        cells = (request.kind, photo, options, identity.digest(), int(priority), batch, root)
        row = connection.execute(sql.ENQUEUE, (*cells, request.sha256, now())).fetchone()
        return self._tell(connection, row)

    def _changed(
        self,
        connection: sqlite3.Connection,
        id: int,
        statement: str,
        values: tuple[Any, ...],
        *,
        tell: bool = True,
    ) -> Job:
        """Run one UPDATE of a job; where the job's state does not allow it, only return it."""
        row = connection.execute(statement, (*values, id)).fetchone()
        if row is None:
            return self.get(id)
        return self._tell(connection, row) if tell else _job(row)

    def _release(
        self, connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]
    ) -> int:
        rows = connection.execute(statement, values).fetchall()
        for row in rows:
            self._tell(connection, row)
        return len(rows)

    def _tell(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Job:
        job = _job(row)
        data: dict[str, Any] = {
            "state": job.state,
            "reason": job.reason,
            "batch": job.batch,
            "photo": path_to_text(job.photo),
        }
        if job.state == "done":
            data["results"] = _outline(job.result)
        self._events.append(connection, f"job.{job.state}", job.id, data)
        return job


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        photo=blob_to_path(row["photo"]),
        options=json.loads(row["options"]),
        priority=Priority(row["priority"]),
        state=row["state"],
        attempts=row["attempts"],
        batch=row["batch"],
        root=row["root"],
        sha256=row["sha256"],
        key=row["key"],
        reason=row["reason"],
        result=None if row["result"] is None else unpack(row["result"]),
        created=row["created"],
        finished=row["finished"],
    )


def _first(rows: Sequence[sqlite3.Row]) -> Job | None:
    return _job(rows[0]) if rows else None


def _is_other_content(row: sqlite3.Row, sha256: str | None) -> bool:
    return None not in (sha256, row["sha256"]) and sha256 != row["sha256"]


def _outline(result: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return what an event tells of a result: no paths, no settings."""
    told = ("editor", "status", "reason", "confidence")
    results = (result or {}).get("results") or []
    return [{name: each[name] for name in told if name in each} for each in results]
