"""Recipes that could not become a sidecar and wait for an editor's plug-in to apply them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidelight.state.database import Database
from sidelight.state.faults import NotFoundError
from sidelight.state.values import blob_to_path, now, pack, path_to_blob, to_text, unpack

PUT = """
    INSERT OR REPLACE INTO waiting (photo, editor, entry, why, batch, created)
    VALUES (?, ?, ?, ?, ?, ?) RETURNING *
"""
GET = "SELECT * FROM waiting WHERE id = ?"
TAKE = "DELETE FROM waiting WHERE id = ? RETURNING *"
REMOVE_BATCH = "DELETE FROM waiting WHERE batch = ?"
COUNT = "SELECT count(*) FROM waiting"
LISTS = {
    (False, False): "SELECT * FROM waiting WHERE id > :after ORDER BY id LIMIT :limit",
    (True, False): """
        SELECT * FROM waiting WHERE editor = :editor AND id > :after ORDER BY id LIMIT :limit
    """,
    (False, True): """
        SELECT * FROM waiting WHERE photo = :photo AND id > :after ORDER BY id LIMIT :limit
    """,
    (True, True): """
        SELECT * FROM waiting WHERE photo = :photo AND editor = :editor AND id > :after
    """,
}
"""By whether the editor and whether the photo is asked for."""


class WaitingNotFoundError(NotFoundError):
    """Raised when no waiting recipe has the number that was asked for."""


@dataclass(frozen=True, slots=True)
class WaitingRecipe:
    """A Recipe that waits.

    Attributes:
        id: Larger than that of all which were put before.
        photo: Absolute.
        editor: Name of the editor that is to apply it.
        entry: Plain JSON values: recipe, terms, reasons, confidence, notes.
        why: One sentence on why it waits.
        created: UTC time in ISO 8601.
        batch: Name under which one undo finds everything that was asked together.
    """

    id: int
    photo: Path
    editor: str
    entry: dict[str, Any]
    why: str
    created: str
    batch: str = ""


class WaitingRecipes:
    """The waiting recipes in a database. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, photo: Path, editor: str, entry: dict[str, Any], why: str, batch: str = ""
    ) -> WaitingRecipe:
        """Let a recipe wait; it replaces an older one of the same photo and editor."""
        cells = (path_to_blob(photo), editor, pack(entry), to_text(why), to_text(batch), now())
        with self._database.write() as connection:
            return _recipe(connection.execute(PUT, cells).fetchone())

    def list(
        self,
        editor: str | None = None,
        photo: Path | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WaitingRecipe]:
        """Return one page of what waits, in the order of ids beyond `after`."""
        statement = LISTS[editor is not None, photo is not None]
        blob = None if photo is None else path_to_blob(photo)
        values = {"editor": editor, "photo": blob, "after": after, "limit": limit}
        return [_recipe(row) for row in self._database.read(statement, values)]

    def get(self, id: int) -> WaitingRecipe:
        """Return one.

        Raises:
            WaitingNotFoundError: There is none of that number.
        """
        return _only(self._database.read(GET, (id,)))

    def take(self, id: int) -> WaitingRecipe:
        """Remove one and return it: it was applied or declined.

        Raises:
            WaitingNotFoundError: There is none of that number.
        """
        with self._database.write() as connection:
            return _only(connection.execute(TAKE, (id,)).fetchall())

    def remove_batch(self, batch: str) -> int:
        """Remove everything that was asked together, and return how much it was."""
        with self._database.write() as connection:
            return connection.execute(REMOVE_BATCH, (to_text(batch),)).rowcount

    def count(self) -> int:
        """Return how many wait."""
        return int(self._database.read(COUNT)[0][0])


def _recipe(row: sqlite3.Row) -> WaitingRecipe:
    values = dict(row)
    values["photo"] = blob_to_path(values["photo"])
    values["entry"] = unpack(values["entry"])
    return WaitingRecipe(**values)


def _only(rows: list[sqlite3.Row]) -> WaitingRecipe:
    if not rows:
        raise WaitingNotFoundError("no such recipe waits")
    return _recipe(rows[0])
