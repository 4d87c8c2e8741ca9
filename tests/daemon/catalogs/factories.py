"""Small catalogs made by script, with the tables and columns that real ones were seen to have."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

UNTOUCHED = 's = { Contrast = 25,\nExposure2012 = 0,\nWhiteBalance = "As Shot" }\n'
TOUCHED_S = 700_000_000.5  # in Lightroom's count of seconds: 2023-03-08T20:26:40.5 UTC

LIGHTROOM_TABLES = """
    CREATE TABLE AgLibraryRootFolder (id_local INTEGER PRIMARY KEY, absolutePath, name);
    CREATE TABLE AgLibraryFolder
        (id_local INTEGER PRIMARY KEY, pathFromRoot, rootFolder INTEGER);
    CREATE TABLE AgLibraryFile (id_local INTEGER PRIMARY KEY, baseName, extension,
        folder INTEGER, idx_filename, sidecarExtensions);
    CREATE TABLE Adobe_images (id_local INTEGER PRIMARY KEY, id_global, rootFile INTEGER,
        masterImage INTEGER, touchTime, developSettingsIDCache, rating);
    CREATE TABLE Adobe_imageDevelopSettings (id_local INTEGER PRIMARY KEY, image INTEGER, text,
        digest, hasDevelopAdjustments INTEGER, hasDevelopAdjustmentsEx);
"""

DARKTABLE_TABLES = """
    CREATE TABLE db_info (key VARCHAR PRIMARY KEY, value VARCHAR);
    CREATE TABLE film_rolls
        (id INTEGER PRIMARY KEY, access_timestamp INTEGER, folder VARCHAR(1024) NOT NULL);
    CREATE TABLE images (id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER, film_id INTEGER,
        filename VARCHAR, flags INTEGER, version INTEGER, history_end INTEGER,
        change_timestamp INTEGER DEFAULT -1);
    CREATE INDEX images_film_id_index ON images (film_id, filename);
    CREATE TABLE history (imgid INTEGER, num INTEGER, module INTEGER, operation VARCHAR(256),
        op_params BLOB, enabled INTEGER, blendop_params BLOB, blendop_version INTEGER,
        multi_priority INTEGER, multi_name VARCHAR(256));
    CREATE INDEX history_imgid_op_index ON history (imgid, operation);
    CREATE TABLE history_hash (imgid INTEGER PRIMARY KEY, basic_hash BLOB, auto_hash BLOB,
        current_hash BLOB, mipmap_hash BLOB);
    CREATE TABLE module_order (imgid INTEGER PRIMARY KEY, version INTEGER, iop_list VARCHAR);
    INSERT INTO db_info VALUES ('version', '37');
"""


@dataclass(frozen=True)
class Shot:
    """One photo of a script-made catalog.

    Attributes:
        path: The file.
        text: Lightroom: its settings. darktable: empty for an untouched photo.
        adjusted: What Lightroom noted on whether they are an edit; -1 for nothing.
        master: Place of the photo it is a virtual copy of, from 1.
        beside: Endings of the files beside it.
        version: darktable: number of the duplicate.
    """

    path: Path | str
    text: str = UNTOUCHED
    adjusted: float | None = -1.0
    master: int | None = None
    beside: str = "xmp"
    version: int = 0


def edited(path: Path | str, exposure: float = 0.5, **more: object) -> Shot:
    """A photo that somebody made brighter."""
    return Shot(path, f"s = {{ Exposure2012 = {exposure} }}\n", 1.0, **more)  # type: ignore[arg-type]


def make_lightroom(path: Path, shots: Iterable[Shot]) -> Path:
    """Write a `.lrcat`."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(LIGHTROOM_TABLES)
        add_to_lightroom(connection, list(shots))
    return path


def add_to_lightroom(connection: sqlite3.Connection, shots: Sequence[Shot]) -> None:
    """Add photos and commit."""
    roots: dict[str, int] = {}
    start = connection.execute("SELECT coalesce(max(id_local), 0) FROM Adobe_images").fetchone()[0]
    for number, shot in enumerate(shots, start + 1):
        folder, _, name = str(shot.path).rpartition("/")
        base, _, ending = name.rpartition(".") if "." in name else (name, "", "")
        if folder not in roots:
            roots[folder] = 1000 * number
            connection.execute(
                "INSERT INTO AgLibraryRootFolder VALUES (?, ?, 'x')", (roots[folder], folder + "/")
            )
            connection.execute(
                "INSERT INTO AgLibraryFolder VALUES (?, '', ?)", (roots[folder], roots[folder])
            )
        file = shot.master or number
        connection.execute(
            "INSERT OR IGNORE INTO AgLibraryFile VALUES (?, ?, ?, ?, ?, ?)",
            (file, base, ending, roots[folder], name, shot.beside),
        )
        connection.execute(
            "INSERT INTO Adobe_images VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (number, f"UUID-{number}", file, shot.master, TOUCHED_S, float(number)),
        )
        digest = hashlib.md5(shot.text.encode(), usedforsecurity=False).hexdigest()
        connection.execute(
            "INSERT INTO Adobe_imageDevelopSettings VALUES (?, ?, ?, ?, NULL, ?)",
            (number, number, shot.text, digest, shot.adjusted),
        )
    connection.commit()


def edit_in_lightroom(path: Path, image: int, text: str) -> None:
    """Change a photo's settings, as the program would."""
    with closing(sqlite3.connect(path)) as connection:
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        connection.execute(
            "UPDATE Adobe_imageDevelopSettings SET text = ?, digest = ?, "
            "hasDevelopAdjustmentsEx = 1.0 WHERE id_local = ?",
            (text, digest, image),
        )
        connection.commit()


def make_darktable(path: Path, shots: Iterable[Shot]) -> Path:
    """Write a `library.db`."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DARKTABLE_TABLES)
        add_to_darktable(connection, list(shots))
    return path


def add_to_darktable(connection: sqlite3.Connection, shots: Sequence[Shot]) -> None:
    """Add photos and commit; an edited one has exposure and a second instance of it."""
    for shot in shots:
        folder, _, name = str(shot.path).rpartition("/")
        roll = connection.execute(
            "SELECT id FROM film_rolls WHERE folder = ?", (folder,)
        ).fetchone()
        if roll is None:
            sql = "INSERT INTO film_rolls (folder) VALUES (?) RETURNING id"
            roll = connection.execute(sql, (folder,)).fetchone()
        image = connection.execute(
            "INSERT INTO images (film_id, filename, version, history_end, change_timestamp) "
            "VALUES (?, ?, ?, ?, 63930826934653836) RETURNING id",
            (roll[0], name, shot.version, 3),
        ).fetchone()[0]
        is_edited = shot.text != UNTOUCHED
        current = b"C" * 16 if is_edited else b"A" * 16
        connection.execute(
            "INSERT INTO history_hash VALUES (?, NULL, ?, ?, NULL)", (image, b"A" * 16, current)
        )
        for num, (operation, params, priority) in enumerate(
            [
                ("rawprepare", b"\1", 0),
                ("exposure", b"\2", 0),
                ("exposure", b"\3", 0),
                ("exposure", b"\4", 1),
            ]
        ):
            connection.execute(
                "INSERT INTO history VALUES (?, ?, 6, ?, ?, 1, x'00', 11, ?, '')",
                (image, num, operation, params, priority),
            )
        connection.execute("INSERT INTO module_order VALUES (?, 2, NULL)", (image,))
    connection.commit()
