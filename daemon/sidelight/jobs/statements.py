"""Every statement of the queue. Each that changes one job takes its id last and returns its row.

Where a condition on `state` has an index of its own (`state.migrations`), it is written out here
just as there and the index is named: SQLite would take the one of all states, and sort.
"""

from __future__ import annotations

SAME_OPEN = """
    SELECT id, state, sha256 FROM jobs
    WHERE identity = ? AND state IN ('queued', 'leased') ORDER BY id DESC
"""
"""What is asked already, the newest first."""

ENQUEUE = """
    INSERT INTO jobs (kind, photo, options, identity, priority, state, batch, root, sha256, created)
    VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?) RETURNING *
"""

JOIN = """
    UPDATE jobs SET
        priority = min(priority, ?),
        sha256 = coalesce(?, sha256),
        key = CASE WHEN state = 'leased' THEN key END,
        not_before_s = CASE WHEN ? > 0 THEN not_before_s END
    WHERE id = ? RETURNING *
"""
"""Let an open job stand for a new request; when somebody waits for it, at once."""

WAKE = """
    UPDATE jobs INDEXED BY jobs_waiting SET not_before_s = NULL
    WHERE state = 'queued' AND not_before_s IS NOT NULL AND not_before_s <= ?
"""
WAKE_ALL = """
    UPDATE jobs INDEXED BY jobs_waiting SET not_before_s = NULL
    WHERE state = 'queued' AND not_before_s IS NOT NULL
"""

_not_paused = "(root IS NULL OR root NOT IN (SELECT id FROM roots WHERE state = 'paused'))"
"""What a root found waits while its user has paused it."""

CLAIM = f"""
    UPDATE jobs SET state = 'leased', lease_until_s = ? WHERE id = (
        SELECT id FROM jobs INDEXED BY jobs_ready
        WHERE state = 'queued' AND not_before_s IS NULL AND priority <= ? AND {_not_paused}
        ORDER BY priority, id LIMIT 1
    ) RETURNING *
"""

IDENTIFY = "UPDATE jobs SET sha256 = ?, key = ? WHERE id = ? RETURNING *"

CLOSE = """
    UPDATE jobs SET state = ?, reason = ?, result = ?, finished = ?,
        lease_until_s = NULL, not_before_s = NULL
    WHERE id = ? AND state IN ('queued', 'leased') RETURNING *
"""

RETRY = """
    UPDATE jobs SET state = 'queued', attempts = attempts + 1, reason = ?, not_before_s = ?,
        lease_until_s = NULL
    WHERE id = ? AND state IN ('queued', 'leased') RETURNING *
"""

COUNT_DEATH = """
    UPDATE jobs SET deaths = deaths + 1
    WHERE id = ? AND state IN ('queued', 'leased') RETURNING *
"""
DEATHS = """
    SELECT (SELECT deaths FROM jobs WHERE id = ?)
        + (SELECT coalesce(sum(deaths), 0) FROM jobs WHERE sha256 = ? AND id <> ?)
"""
"""Of one job and of all others with its content."""

QUARANTINE = """
    UPDATE jobs SET state = 'quarantined', deaths = max(deaths, 1), attempts = attempts + 1,
        reason = ?, finished = ?, lease_until_s = NULL, not_before_s = NULL
    WHERE id = ? AND state IN ('queued', 'leased') RETURNING *
"""

CANCEL = """
    UPDATE jobs SET state = 'canceled', finished = ?, lease_until_s = NULL, not_before_s = NULL
    WHERE id = ? AND state IN ('queued', 'leased') RETURNING *
"""
CANCEL_BATCH = """
    UPDATE jobs SET state = 'canceled', finished = ?, lease_until_s = NULL, not_before_s = NULL
    WHERE batch = ? AND state IN ('queued', 'leased') RETURNING *
"""

RELEASE = """
    UPDATE jobs SET state = 'queued', lease_until_s = NULL
    WHERE id = ? AND state = 'leased' RETURNING *
"""
RELEASE_ALL = """
    UPDATE jobs INDEXED BY jobs_leased SET state = 'queued', lease_until_s = NULL
    WHERE state = 'leased' RETURNING *
"""
RELEASE_EXPIRED = """
    UPDATE jobs INDEXED BY jobs_leased SET state = 'queued', lease_until_s = NULL
    WHERE state = 'leased' AND lease_until_s <= ? RETURNING *
"""

FORGIVE = """
    UPDATE jobs SET deaths = 0 WHERE sha256 = (
        SELECT sha256 FROM jobs WHERE id = ? AND state IN ('failed', 'canceled', 'quarantined')
    )
"""
"""A content that is to be tried again is no longer known as deadly."""

AGAIN = """
    UPDATE jobs SET state = 'queued', attempts = 0, deaths = 0, reason = '', result = NULL,
        finished = NULL, sha256 = NULL, key = NULL, not_before_s = NULL
    WHERE id = ? AND state IN ('failed', 'canceled', 'quarantined') RETURNING *
"""

GET = "SELECT * FROM jobs WHERE id = ?"

FINISHED_TWIN = """
    SELECT * FROM jobs WHERE key = ? AND id <> ? AND state = 'done' AND result IS NOT NULL
    ORDER BY id DESC LIMIT 1
"""

COUNTS = "SELECT state, count(*) AS jobs FROM jobs GROUP BY state"

HELD = """
    SELECT count(*) FROM jobs INDEXED BY jobs_state
    WHERE state = 'queued' AND root IN (SELECT id FROM roots WHERE state <> 'watching')
"""
FAILED = "SELECT * FROM jobs WHERE state = 'failed' ORDER BY id DESC LIMIT ?"

QUARANTINED = "SELECT * FROM jobs WHERE state = 'quarantined' ORDER BY id"
IS_QUARANTINED = """
    SELECT EXISTS (
        SELECT 1 FROM jobs WHERE sha256 = ? AND state = 'quarantined' AND deaths > 0
    )
"""

NEXT_READY = f"""
    SELECT CASE
        WHEN EXISTS (
            SELECT 1 FROM jobs INDEXED BY jobs_ready
            WHERE state = 'queued' AND not_before_s IS NULL AND {_not_paused}
        ) THEN 0
        ELSE (
            SELECT min(not_before_s) FROM jobs INDEXED BY jobs_waiting
            WHERE state = 'queued' AND not_before_s IS NOT NULL
        )
    END
"""

PRUNE = """
    DELETE FROM jobs
    WHERE id <= (SELECT id FROM jobs ORDER BY id DESC LIMIT 1 OFFSET ?)
        AND state IN ('done', 'failed', 'canceled')
"""


def page(asked: tuple[str, ...], is_rare: bool = False) -> str:
    """Return the query for a page of jobs.

    Args:
        asked: Which of state, batch and root are given.
        is_rare: Whether few jobs are in the state that is asked for.
    """
    index = "INDEXED BY jobs_state" if is_rare else ""
    conditions = [f"{name} = :{name}" for name in asked]
    where = " AND ".join([*conditions, "id > :after"])
    return f"SELECT * FROM jobs {index} WHERE {where} ORDER BY id LIMIT :limit"
