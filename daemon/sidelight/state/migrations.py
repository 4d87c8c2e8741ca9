"""The tables of the daemon's database: numbered steps, each run once and never changed again.

File names are BLOBs because they need not be UTF-8. Columns without a type hold what the file
system says; numbers beyond 64 bits are stored there as text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sidelight.errors import NewerStateError, StateError

FIRST = (
    # Watched folders and catalogs. Ids are never used twice, since jobs outlive their root.
    """
    CREATE TABLE roots (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path BLOB NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        editors TEXT NOT NULL,
        engine TEXT NOT NULL,
        headroom REAL NOT NULL,
        strength REAL NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        added TEXT NOT NULL
    )
    """,
    # The queue. `lease_until_s` and `not_before_s` are times of this boot's monotonic clock.
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        photo BLOB NOT NULL,
        options TEXT NOT NULL,
        identity BLOB NOT NULL,
        priority INTEGER NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        batch TEXT NOT NULL,
        root INTEGER,
        sha256 TEXT,
        key TEXT,
        reason TEXT NOT NULL DEFAULT '',
        created TEXT NOT NULL,
        finished TEXT,
        lease_until_s REAL,
        not_before_s REAL,
        result BLOB
    )
    """,
    # What may be claimed now, in the order in which it is; what waits; what is being done.
    """
    CREATE INDEX jobs_ready ON jobs (priority, id)
    WHERE state = 'queued' AND not_before_s IS NULL
    """,
    """
    CREATE INDEX jobs_waiting ON jobs (not_before_s)
    WHERE state = 'queued' AND not_before_s IS NOT NULL
    """,
    "CREATE INDEX jobs_leased ON jobs (lease_until_s) WHERE state = 'leased'",
    "CREATE INDEX jobs_open ON jobs (identity) WHERE state IN ('queued', 'leased')",
    "CREATE INDEX jobs_state ON jobs (state)",
    "CREATE INDEX jobs_batch ON jobs (batch)",
    "CREATE INDEX jobs_root ON jobs (root) WHERE root IS NOT NULL",
    "CREATE INDEX jobs_sha256 ON jobs (sha256) WHERE sha256 IS NOT NULL",
    "CREATE INDEX jobs_key ON jobs (key) WHERE key IS NOT NULL",
    # What happened, in the order in which clients are told.
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        type TEXT NOT NULL,
        job INTEGER,
        data TEXT NOT NULL
    )
    """,
    # Photos that a root holds, as they were when last looked at.
    """
    CREATE TABLE photos (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        root INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
        folder BLOB NOT NULL,
        name BLOB NOT NULL,
        device NOT NULL,
        inode NOT NULL,
        size NOT NULL,
        mtime_ns NOT NULL,
        sha256 TEXT,
        UNIQUE (root, folder, name)
    )
    """,
    "CREATE INDEX photos_inode ON photos (inode, device)",
    "CREATE INDEX photos_sha256 ON photos (sha256) WHERE sha256 IS NOT NULL",
    # Recipes that an editor's plug-in has to apply.
    """
    CREATE TABLE waiting (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        photo BLOB NOT NULL,
        editor TEXT NOT NULL,
        entry BLOB NOT NULL,
        why TEXT NOT NULL,
        batch TEXT NOT NULL,
        created TEXT NOT NULL,
        UNIQUE (photo, editor)
    )
    """,
    "CREATE INDEX waiting_editor ON waiting (editor)",
    "CREATE INDEX waiting_batch ON waiting (batch)",
    # Edits the photographer made in a catalog, for learning.
    """
    CREATE TABLE examples (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        catalog BLOB NOT NULL,
        photo BLOB NOT NULL,
        editor TEXT NOT NULL,
        edited TEXT NOT NULL,
        settings BLOB NOT NULL,
        UNIQUE (catalog, photo)
    )
    """,
    "CREATE INDEX examples_catalog ON examples (catalog)",
)

SERIES = (
    # Photos whose series may go on. In few words and without an index: the list of all tables
    # still fits into the first page, where it can be put back if that page is lost.
    "CREATE TABLE series (folder, name, settings, captured_s, noted, answer, "
    "PRIMARY KEY (folder, name)) WITHOUT ROWID",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (FIRST, SERIES)
"""The statements that lead from version N to N + 1, at place N."""

NEWEST = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables, 0 for an empty database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(version: int) -> None:
    """Leave a database alone that a newer Sidelight wrote.

    Raises:
        NewerStateError: It was.
    """
    if version > NEWEST:
        raise NewerStateError(
            f"the database was written by a newer Sidelight (version {version}, this one knows "
            f"{NEWEST}); install that one again, the file was left as it is"
        )


def migrate(connection: sqlite3.Connection, keep_copy: Callable[[int], None]) -> None:
    """Bring the tables up to date, each step in one transaction.

    Args:
        connection: Without implicit transactions.
        keep_copy: Called with the old version before anything that holds data is changed.

    Raises:
        NewerStateError: The tables are newer than this program.
        StateError: The file is the database of another program.
        sqlite3.Error: A step failed; the database is as it was before it.
    """
    found = version_of(connection)
    refuse_newer(found)
    if 0 < found < NEWEST:
        keep_copy(found)
    for version in range(found, NEWEST):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version_of(connection) == version:  # another process may have been quicker
                _step(connection, version)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _step(connection: sqlite3.Connection, version: int) -> None:
    if not version and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StateError("this file is the database of another program")
    for statement in MIGRATIONS[version]:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version + 1}")
