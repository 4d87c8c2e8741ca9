"""What is remembered of a root as a whole: where it was, and photos that are long gone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sidelight.service.identity import is_gone
from sidelight.state.database import Database
from sidelight.state.photos import SeenPhoto
from sidelight.state.values import blob_to_path, cell_to_number

KEEP_GONE = 20_000
"""So many photos that are gone stay known, and as many as there are besides."""

_ANY = "SELECT device FROM photos WHERE root = ? LIMIT 1"
_PAGE = """
    SELECT id, folder, name, device, inode, size, mtime_ns FROM photos
    WHERE id > ? AND root = ? ORDER BY id LIMIT 1000
"""
_DROP = "DELETE FROM photos WHERE id = ?"


def device_of(database: Database, root: int) -> int | None:
    """Return the number of the drive on which a root's photos were seen; None without photos.

    Raises:
        StateError: It cannot be read.
    """
    rows = database.read(_ANY, (root,))
    return cell_to_number(rows[0]["device"]) if rows else None


def has_too_many_gone(known: int, there: int) -> bool:
    """Whether a root's photos that are gone are to be forgotten.

    Until then they stay known, so that one that comes back is no new work.

    Args:
        known: How many photos are remembered.
        there: How many there are.
    """
    return known - there > max(KEEP_GONE, there)


def drop_gone(database: Database, root: int) -> int:
    """Forget all photos of a root that are gone; those on a drive that is not there stay.

    Returns:
        How many were forgotten.

    Raises:
        StateError: Some may be forgotten all the same.
    """
    last = count = 0
    while rows := database.read(_PAGE, (last, root)):
        last = rows[-1]["id"]
        gone = [(row["id"],) for row in rows if is_gone(*_place(root, row))]
        with database.write(durable=False) as connection:
            connection.executemany(_DROP, gone)
        count += len(gone)
    return count


def _place(root: int, row: sqlite3.Row) -> tuple[SeenPhoto, Path]:
    path = blob_to_path(row["folder"]) / blob_to_path(row["name"])
    device, inode = cell_to_number(row["device"]), cell_to_number(row["inode"])
    size, mtime_ns = cell_to_number(row["size"]), cell_to_number(row["mtime_ns"])
    return SeenPhoto(path, root, device, inode, size, mtime_ns), path
