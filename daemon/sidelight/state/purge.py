"""Forgetting everything about the user's photos, down to the bytes on disk."""

from __future__ import annotations

from contextlib import suppress

from sidelight.errors import StateError
from sidelight.state.database import Database

PRIVATE = ("jobs", "events", "waiting", "examples", "photos")
"""Tables that are emptied; what is watched stays watched."""


def purge(database: Database) -> None:
    """Empty the database but for its roots, and remove the copies beside it.

    Nothing of what was forgotten remains in the file, its log or their companions.

    Raises:
        BusyStateError: Another process is reading; call again.
        StateError: It cannot be written, or a copy cannot be removed.
    """
    with database.write() as connection:
        for table in PRIVATE:
            connection.execute(f"DELETE FROM {table}")
    database.compact()
    try:
        for copy in database.path.parent.glob(f"{database.path.name}.*"):
            with suppress(FileNotFoundError):
                copy.unlink()
    except OSError as error:
        raise StateError(f"an old copy of the database cannot be removed ({error})") from error
