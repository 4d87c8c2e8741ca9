"""Edits that the photographer made in a catalog, noted for learning."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidelight.state.database import Database
from sidelight.state.values import blob_to_path, pack, path_to_blob, to_text, unpack

NOTE = """
    INSERT INTO examples (catalog, photo, editor, edited, settings) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (catalog, photo) DO UPDATE SET editor = excluded.editor,
        edited = excluded.edited, settings = excluded.settings
"""
COUNT = "SELECT count(*) FROM examples WHERE catalog = ?"
LIST = "SELECT * FROM examples WHERE catalog = ? AND id > ? ORDER BY id LIMIT ?"
FORGET = "DELETE FROM examples WHERE catalog = ?"


@dataclass(frozen=True, slots=True)
class Example:
    """One edited photo of a catalog.

    Attributes:
        catalog: The catalog's file.
        photo: Absolute.
        editor: Whose settings these are.
        edited: When, as the catalog says it.
        settings: Plain JSON values, as the catalog names them.
        id: Its place in the order of `list`; 0 before it is noted.
    """

    catalog: Path
    photo: Path
    editor: str
    edited: str
    settings: dict[str, Any]
    id: int = 0


class Examples:
    """The examples in a database. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, examples: Iterable[Example]) -> None:
        """Add examples, or replace what was noted of their photos, in one transaction."""
        with self._database.write() as connection:
            connection.executemany(NOTE, map(_cells, examples))

    def count(self, catalog: Path) -> int:
        """Return how many edits of a catalog are noted."""
        return int(self._database.read(COUNT, (path_to_blob(catalog),))[0][0])

    def list(self, catalog: Path, after: int = 0, limit: int = 100) -> list[Example]:
        """Return one page of a catalog's examples, in the order of ids beyond `after`."""
        values = (path_to_blob(catalog), after, limit)
        return [_example(row) for row in self._database.read(LIST, values)]

    def forget(self, catalog: Path) -> None:
        """Forget the examples of a catalog."""
        with self._database.write() as connection:
            connection.execute(FORGET, (path_to_blob(catalog),))


def _cells(example: Example) -> tuple[object, ...]:
    return (
        path_to_blob(example.catalog),
        path_to_blob(example.photo),
        example.editor,
        to_text(example.edited),
        pack(example.settings),
    )


def _example(row: sqlite3.Row) -> Example:
    values = dict(row)
    values["catalog"] = blob_to_path(values["catalog"])
    values["photo"] = blob_to_path(values["photo"])
    values["settings"] = unpack(values["settings"])
    return Example(**values)
