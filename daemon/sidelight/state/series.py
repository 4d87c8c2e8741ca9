"""Photos that later ones of their series may follow: how they looked and what became of them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidelight.state.database import Database
from sidelight.state.values import blob_to_path, now, pack, path_to_blob, to_text, unpack

PUT = """
    INSERT OR REPLACE INTO series (folder, name, settings, captured_s, answer, noted)
    VALUES (?, ?, ?, ?, ?, ?)
"""
NEAR = """
    SELECT * FROM series
    WHERE folder = :folder AND settings = :settings
        AND captured_s BETWEEN :captured_s - :within_s AND :captured_s + :within_s
    ORDER BY name != :name, abs(captured_s - :captured_s), name LIMIT :limit
"""
FORGET = "DELETE FROM series WHERE folder = ? AND name = ?"
COUNT = "SELECT count(*) FROM series"
PRUNE = """
    DELETE FROM series WHERE (folder, name) IN (
        SELECT folder, name FROM series ORDER BY noted DESC, name LIMIT -1 OFFSET ?
    )
"""

MOST = 5000
"""Photos kept, about 6 kB each."""


@dataclass(frozen=True, slots=True)
class SeriesPhoto:
    """One photo that others may follow.

    Attributes:
        photo: Absolute.
        settings: Its camera and what was asked for it, as one text; only photos for which these
            are equal follow one another.
        captured_s: When, in seconds of the camera's own clock.
        answer: Plain JSON values: what is known of it, and its edit for each editor.
    """

    photo: Path
    settings: str
    captured_s: float
    answer: dict[str, Any]


class SeriesPhotos:
    """The photos of series in a database. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, photo: SeriesPhoto) -> None:
        """Note a photo, or replace what was noted of it.

        A power cut may take that back; the photo is then only not followed.
        """
        with self._database.write(durable=False) as connection:
            connection.execute(PUT, (*_cells(photo), now()))

    def near(self, photo: SeriesPhoto, within_s: float, limit: int) -> list[SeriesPhoto]:
        """Return photos of its folder and settings, itself first, then the nearest in time."""
        folder, name, settings, captured_s, _ = _cells(photo)
        values = {
            "folder": folder,
            "name": name,
            "settings": settings,
            "captured_s": captured_s,
            "within_s": within_s,
            "limit": limit,
        }
        return [_photo(row) for row in self._database.read(NEAR, values)]

    def forget(self, photo: Path) -> None:
        """Let nothing follow a photo any more."""
        cells = (path_to_blob(photo.parent), path_to_blob(Path(photo.name)))
        with self._database.write(durable=False) as connection:
            connection.execute(FORGET, cells)

    def count(self) -> int:
        """Return how many are kept."""
        return int(self._database.read(COUNT)[0][0])

    def prune(self, keep: int = MOST) -> int:
        """Forget all but the newest, and return how many were forgotten."""
        with self._database.write() as connection:
            return connection.execute(PRUNE, (keep,)).rowcount


def _cells(photo: SeriesPhoto) -> tuple[Any, ...]:
    return (
        path_to_blob(photo.photo.parent),
        path_to_blob(Path(photo.photo.name)),
        to_text(photo.settings),
        photo.captured_s,
        pack(photo.answer),
    )


def _photo(row: sqlite3.Row) -> SeriesPhoto:
    return SeriesPhoto(
        photo=blob_to_path(row["folder"]) / blob_to_path(row["name"]),
        settings=row["settings"],
        captured_s=row["captured_s"],
        answer=unpack(row["answer"]),
    )
