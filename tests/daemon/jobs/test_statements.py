"""Every statement of the queue finds its rows by an index, without sorting."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from sidelight.jobs import statements
from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.state.database import Database
from sidelight.state.events import EventLog

MANY = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO jobs (kind, photo, options, identity, priority, state, batch, root, sha256, key,
        created)
    SELECT 'develop', x'2f' || n, '{}', x'00' || n, 1, 'queued', 'batch', n % 5, 'sha' || n,
        'key' || n, 'now' FROM numbers
"""

WHOLE = {"COUNTS", "RELEASE_ALL", "PRUNE", "NEXT_READY"}
"""These mean all rows of an index, or its first."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "sidelight.db")
    yield database
    database.close()


def plan(database: Database, statement: str, values: object = None) -> list[str]:
    given = (None,) * statement.count("?") if values is None else values
    return [row["detail"] for row in database.read(f"EXPLAIN QUERY PLAN {statement}", given)]


@pytest.mark.parametrize("name", [name for name in dir(statements) if name.isupper()])
def test_no_scan_and_no_sort(database: Database, name: str) -> None:
    for step in plan(database, getattr(statements, name)):
        assert "TEMP B-TREE" not in step
        if name not in WHOLE:
            assert "SCAN jobs" not in step
        assert "SCAN jobs" not in step or "USING" in step or name == "PRUNE"


def test_claiming_uses_the_index_of_what_is_ready(database: Database) -> None:
    assert any("INDEX jobs_ready" in step for step in plan(database, statements.CLAIM))
    assert any("INDEX jobs_waiting" in step for step in plan(database, statements.WAKE))
    assert any("INDEX jobs_leased" in step for step in plan(database, statements.RELEASE_EXPIRED))


@pytest.mark.parametrize("is_rare", [False, True])
def test_pages_are_found_by_an_index(database: Database, is_rare: bool) -> None:
    for count in range(4):
        for asked in combinations(("state", "batch", "root"), count):
            if is_rare and "state" not in asked:
                continue
            values = {"state": "done", "batch": "b", "root": 1, "after": 0, "limit": 10}
            (step,) = plan(database, statements.page(asked, is_rare), values)
            assert step.startswith("SEARCH jobs USING")
            assert "rowid>?" in step  # the page begins where the last one ended


def work(database: Database) -> int:
    """Return the steps SQLite's machine takes to claim, identify, look up and finish one job."""
    jobs = JobStore(database, EventLog(database))
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with database.write() as connection:
        connection.set_progress_handler(count, 1)
        jobs.next_ready_s(0.0)
        jobs.release_expired(0.0)
        job = jobs.claim(0.0, 60.0)
        assert job is not None
        jobs.identify(job.id, "new", "new")
        jobs.finished_twin("new", job.id)
        jobs.is_quarantined("new")
        jobs.finish(job.id, {})
        jobs.list(state="failed", root=1)
        jobs.list(batch="batch", after=job.id, limit=1)
        jobs.enqueue([Request(Path("/new.NEF"))], batch="new")
        connection.set_progress_handler(None, 1)
    return steps


def test_the_work_does_not_grow_with_the_queue(database: Database) -> None:
    with database.write() as connection:
        connection.execute(MANY, (100,))
    few = work(database)
    with database.write() as connection:
        connection.execute(MANY, (100_000,))
    assert work(database) < 1.2 * few
