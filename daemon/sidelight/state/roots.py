"""Watched folders and catalogs, each with the settings its photos get."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidelight.errors import RootError
from sidelight.state.database import Database
from sidelight.state.faults import NotFoundError
from sidelight.state.values import blob_to_path, now, path_to_blob, path_to_text, to_json, to_text

RootKind = Literal["folder", "lightroom", "darktable"]
RootState = Literal["watching", "paused", "missing"]

ADD = """
    INSERT INTO roots (path, kind, editors, engine, headroom, strength, state, reason, added)
    VALUES (?, ?, ?, ?, ?, ?, 'watching', '', ?) RETURNING *
"""
GET = "SELECT * FROM roots WHERE id = ?"
LIST = "SELECT * FROM roots ORDER BY id"
SET_STATE = "UPDATE roots SET state = ?, reason = ? WHERE id = ? RETURNING *"
UPDATE = """
    UPDATE roots SET editors = ?, engine = ?, headroom = ?, strength = ? WHERE id = ? RETURNING *
"""
REMOVE = "DELETE FROM roots WHERE id = ?"


class RootNotFoundError(RootError, NotFoundError):
    """Raised when no root has the number that was asked for."""


@dataclass(frozen=True, slots=True)
class Root:
    """One watched folder or catalog.

    Attributes:
        id: Never used twice.
        path: The folder or the catalog's file, absolute.
        kind: What it is.
        editors: Names of the editors its photos are prepared for.
        engine: Name of the engine.
        headroom: Of the HDR twin, in stops.
        strength: 0 to 1.
        state: "paused" by the user; "missing" has vanished and resumes by itself.
        reason: One sentence on the state; mostly empty.
        added: UTC time in ISO 8601.
    """

    id: int
    path: Path
    kind: RootKind
    editors: tuple[str, ...]
    engine: str
    headroom: float
    strength: float
    state: RootState = "watching"
    reason: str = ""
    added: str = ""


class RootStore:
    """The roots in a database. All methods raise StateError besides what they state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        path: Path,
        kind: RootKind,
        *,
        editors: Sequence[str],
        engine: str = "auto",
        headroom: float = 2.3,
        strength: float = 1.0,
    ) -> Root:
        """Remember a root.

        Args:
            path: Absolute.
            kind: What it is.
            editors: Names of the editors its photos are prepared for.
            engine: Name of the engine.
            headroom: Of the HDR twin, in stops.
            strength: 0 to 1.

        Raises:
            RootError: It is watched already, or overlaps with a watched folder.
        """
        if not path.is_absolute():
            raise RootError("a watched place needs its full path")
        values = (kind, to_json(list(editors)), to_text(engine), headroom, strength, now())
        with self._database.write() as connection:
            for row in connection.execute(LIST).fetchall():
                _refuse_overlap(_root(row), path, kind)
            return _root(connection.execute(ADD, (path_to_blob(path), *values)).fetchone())

    def get(self, id: int) -> Root:
        """Return one root.

        Raises:
            RootNotFoundError: There is none of that number.
        """
        return _only(self._database.read(GET, (id,)))

    def list(self) -> list[Root]:
        """Return all roots, the oldest first."""
        return [_root(row) for row in self._database.read(LIST)]

    def set_state(self, id: int, state: RootState, reason: str = "") -> Root:
        """Pause or resume a root, or note that it vanished.

        Raises:
            RootNotFoundError: There is none of that number.
        """
        with self._database.write() as connection:
            return _only(connection.execute(SET_STATE, (state, to_text(reason), id)).fetchall())

    def update(self, id: int, **settings: Any) -> Root:
        """Change some of `editors`, `engine`, `headroom` and `strength`.

        Raises:
            RootNotFoundError: There is none of that number.
            TypeError: Another name is given.
        """
        with self._database.write() as connection:
            root = _only(connection.execute(GET, (id,)).fetchall())
            chosen: dict[str, Any] = {
                name: getattr(root, name) for name in ("editors", "engine", "headroom", "strength")
            }
            if unknown := settings.keys() - chosen.keys():
                raise TypeError(f"a root has no setting {', '.join(sorted(unknown))}")
            chosen |= settings
            values = (
                to_json(list(chosen["editors"])),
                to_text(chosen["engine"]),
                chosen["headroom"],
                chosen["strength"],
            )
            return _root(connection.execute(UPDATE, (*values, id)).fetchone())

    def remove(self, id: int) -> None:
        """Forget a root and the photos seen in it.

        Raises:
            RootNotFoundError: There is none of that number.
        """
        with self._database.write() as connection:
            if not connection.execute(REMOVE, (id,)).rowcount:
                raise RootNotFoundError("there is no such watched place")


def _root(row: sqlite3.Row) -> Root:
    values = dict(row)
    values["path"] = blob_to_path(values["path"])
    values["editors"] = tuple(json.loads(values["editors"]))
    return Root(**values)


def _only(rows: Sequence[sqlite3.Row]) -> Root:
    if not rows:
        raise RootNotFoundError("there is no such watched place")
    return _root(rows[0])


def _refuse_overlap(root: Root, path: Path, kind: RootKind) -> None:
    old, new = (Path(os.path.normcase(os.path.realpath(each))) for each in (root.path, path))
    name = path_to_text(root.path)
    if old == new:
        raise RootError(f"{name} is watched already")
    if kind != "folder" or root.kind != "folder":
        return  # a catalog may well lie in a watched folder
    if old in new.parents:
        raise RootError(f"this folder lies in {name}, which is watched already")
    if new in old.parents:
        raise RootError(f"this folder contains {name}, which is watched already")
