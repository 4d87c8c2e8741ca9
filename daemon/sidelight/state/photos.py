"""Which photos a root holds, so that only what is new or changed becomes a job."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sidelight.state.database import Database
from sidelight.state.values import blob_to_path, cell_to_number, number_to_cell, path_to_blob

KNOWN = "SELECT * FROM photos WHERE root = ? ORDER BY folder, name"
IN_FOLDER = "SELECT * FROM photos WHERE root = ? AND folder = ? ORDER BY name"
BY_INODE = "SELECT * FROM photos WHERE inode = ? AND device = ?"
BY_CONTENT = "SELECT * FROM photos WHERE sha256 = ? ORDER BY id"
COUNT = "SELECT count(*) FROM photos WHERE root = ?"
REMEMBER = """
    INSERT INTO photos (root, folder, name, device, inode, size, mtime_ns, sha256)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (root, folder, name) DO UPDATE SET device = excluded.device,
        inode = excluded.inode, size = excluded.size, mtime_ns = excluded.mtime_ns,
        sha256 = excluded.sha256
"""
FORGET = "DELETE FROM photos WHERE root = ?"
FORGET_ONE = "DELETE FROM photos WHERE root IN (SELECT id FROM roots) AND folder = ? AND name = ?"


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """A photo as it was when last looked at.

    Attributes:
        path: Absolute.
        root: Id of its root.
        device: Number of its file system.
        inode: Its number there.
        size: In bytes.
        mtime_ns: Time of the last change, in nanoseconds.
        sha256: Of its content in hexadecimal, or None where nobody had to read it.
    """

    path: Path
    root: int
    device: int
    inode: int
    size: int
    mtime_ns: int
    sha256: str | None = None


class SeenPhotos:
    """The known photos in a database. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, root: int) -> dict[Path, SeenPhoto]:
        """Return all photos of a root; for large ones `in_folder` needs less memory."""
        rows = self._database.read(KNOWN, (root,))
        return {photo.path: photo for photo in map(_photo, rows)}

    def in_folder(self, root: int, folder: Path) -> dict[str, SeenPhoto]:
        """Return the photos right in one folder, by name."""
        rows = self._database.read(IN_FOLDER, (root, path_to_blob(folder)))
        return {photo.path.name: photo for photo in map(_photo, rows)}

    def remember(self, photos: Iterable[SeenPhoto]) -> None:
        """Add photos, or replace what was known of their paths, in one transaction."""
        with self._database.write() as connection:
            connection.executemany(REMEMBER, map(_cells, photos))

    def move(self, old: Path, new: SeenPhoto) -> None:
        """Note that the photo at `old` is now `new`, in whichever root.

        A power cut may take that back; its number of the file system leads to it again.
        """
        with self._database.write(durable=False) as connection:
            connection.execute(FORGET_ONE, (path_to_blob(old.parent), path_to_blob(Path(old.name))))
            connection.execute(REMEMBER, _cells(new))

    def by_inode(self, device: int, inode: int) -> list[SeenPhoto]:
        """Return the photos known under a number of the file system, mostly none or one."""
        cells = (number_to_cell(inode), number_to_cell(device))
        return [_photo(row) for row in self._database.read(BY_INODE, cells)]

    def by_content(self, sha256: str) -> list[SeenPhoto]:
        """Return the photos of a content, the first seen first."""
        return [_photo(row) for row in self._database.read(BY_CONTENT, (sha256,))]

    def forget(self, root: int) -> None:
        """Forget all photos of a root."""
        with self._database.write() as connection:
            connection.execute(FORGET, (root,))

    def count(self, root: int) -> int:
        """Return how many photos of a root are known."""
        return int(self._database.read(COUNT, (root,))[0][0])


def _cells(photo: SeenPhoto) -> tuple[object, ...]:
    numbers = (photo.device, photo.inode, photo.size, photo.mtime_ns)
    return (
        photo.root,
        path_to_blob(photo.path.parent),
        path_to_blob(Path(photo.path.name)),
        *map(number_to_cell, numbers),
        photo.sha256,
    )


def _photo(row: sqlite3.Row) -> SeenPhoto:
    return SeenPhoto(
        path=blob_to_path(row["folder"]) / blob_to_path(row["name"]),
        root=row["root"],
        device=cell_to_number(row["device"]),
        inode=cell_to_number(row["inode"]),
        size=cell_to_number(row["size"]),
        mtime_ns=cell_to_number(row["mtime_ns"]),
        sha256=row["sha256"],
    )
