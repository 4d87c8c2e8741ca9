"""darktable's `library.db`: which photos it holds and their history of edits.

docs/catalogs.md says what is known of each table and in which versions it was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sidelight.catalogs.base import CatalogPhoto
from sidelight.catalogs.sqlite import Reader, Source, SqliteCatalog, count_up_to

FILM_ROLLS = Source("film_rolls", ("id", "folder"))
IMAGES = Source(
    "images", ("id", "film_id", "filename"), ("version", "history_end", "change_timestamp")
)
HASHES = Source("history_hash", ("imgid", "basic_hash", "auto_hash", "current_hash"))
HISTORY = Source(
    "history",
    ("imgid", "num", "operation", "module", "op_params", "enabled"),
    ("blendop_version", "blendop_params", "multi_priority", "multi_name"),
)
ORDER = Source("module_order", ("imgid", "version"), ("iop_list",))

MOST_NAME_CHARACTERS = 4096
MOST_ENTRIES = 2000
MOST_PARAMS_BYTES = 16384
"""An entry of more is left out: drawn retouches are long, tone and color never are."""

_ORIGIN = datetime(1, 1, 1, tzinfo=UTC)


class DarktableCatalog(SqliteCatalog):
    """A `library.db` file."""

    name: ClassVar[str] = "darktable"

    def session(self, reader: Reader) -> DarktableSession:
        """Return what reads the tables."""
        reader.require(FILM_ROLLS, IMAGES)
        return DarktableSession(reader)


class DarktableSession:
    """Reads one private copy."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def photos(self) -> Iterator[CatalogPhoto]:
        """Yield every photo and duplicate."""
        for row in count_up_to(self._reader.rows(self._question()), self._reader.name):
            photo = _photo(row)
            if photo is not None:
                yield photo

    def settings(self, photo: CatalogPhoto) -> dict[str, Any]:
        """Return the entries that take effect, in history order, and the pipe's order."""
        if not self._reader.has(HISTORY):
            return {}
        operations = self._operations(photo.row)
        return {"operations": operations, **self._order(photo.row)} if operations else {}

    def _question(self) -> str:
        column = self._reader.column
        columns = [
            "image.id",
            "roll.folder",
            "image.filename",
            *(column(IMAGES, name, "image") for name in IMAGES.also),
            *(column(HASHES, name, "hash") for name in HASHES.needed[1:]),
        ]
        hashes = self._reader.has(HASHES)
        return f"""
            SELECT {", ".join(columns)} FROM images image
            CROSS JOIN film_rolls roll ON roll.id = image.film_id
            {"LEFT JOIN history_hash hash ON hash.imgid = image.id" if hashes else ""}
        """

    def _operations(self, image: int) -> list[dict[str, Any]]:
        end = "NULL"
        if "history_end" in self._reader.columns(IMAGES.table):
            end = "(SELECT history_end FROM images WHERE id = ?1)"
        also = ", ".join(self._reader.column(HISTORY, name, "entry") for name in HISTORY.also)
        question = f"""
            SELECT num, operation, module, op_params, enabled, {also} FROM history entry
            WHERE imgid = ?1 AND num < coalesce({end}, num + 1) LIMIT {MOST_ENTRIES}
        """
        last: dict[tuple[Any, Any], tuple[int, dict[str, Any]]] = {}
        for num, operation, *cells in self._reader.rows(question, (image,)):
            entry = _entry(operation, *cells)
            if entry is None or not isinstance(num, int):
                continue
            instance = entry["operation"], entry["multi_priority"]
            if instance not in last or last[instance][0] <= num:
                last[instance] = num, entry
        return [entry for _, entry in sorted(last.values(), key=lambda item: item[0])]

    def _order(self, image: int) -> dict[str, Any]:
        if not self._reader.has(ORDER):
            return {}
        listed = self._reader.column(ORDER, "iop_list", "pipe")
        row = self._reader.first(
            f"SELECT version, {listed} FROM module_order pipe WHERE imgid = ?", (image,)
        )
        order: dict[str, Any] = {}
        if row and isinstance(row[0], int):
            order["iop_order_version"] = row[0]
            if isinstance(row[1], str) and 0 < len(row[1]) <= MOST_PARAMS_BYTES:
                order["iop_order"] = row[1]
        return order


def _photo(row: tuple[Any, ...]) -> CatalogPhoto | None:
    id, folder, name, version, end, changed, basic, auto, current = row
    if not (isinstance(folder, str) and isinstance(name, str) and isinstance(id, int)):
        return None
    path = f"{folder}/{name}"
    if not folder or not name or "\0" in path or len(path) > MOST_NAME_CHARACTERS:
        return None
    edited = _is_edited(end, basic, auto, current)
    return CatalogPhoto(
        path=Path(path),
        id=str(id),
        edited=edited,
        edited_at=_time(changed),
        virtual_copy=isinstance(version, int) and version > 0,
        digest=current.hex() if edited else "",
        row=id,
    )


def _is_edited(end: Any, basic: Any, auto: Any, current: Any) -> bool:
    """Whether the history is more than darktable gives every photo, by its own hashes."""
    if not isinstance(current, bytes) or end == 0:
        return False
    return current not in (basic, auto)


def _entry(
    operation: Any,
    module: Any,
    params: Any,
    enabled: Any,
    blendop_version: Any,
    blendop_params: Any,
    multi_priority: Any,
    multi_name: Any,
) -> dict[str, Any] | None:
    """Return one history entry, None for one that cannot be understood."""
    if not (isinstance(operation, str) and isinstance(module, int) and isinstance(params, bytes)):
        return None
    blending = blendop_params if isinstance(blendop_params, bytes) else b""
    if len(params) + len(blending) > MOST_PARAMS_BYTES:
        return None
    return {
        "operation": operation,
        "modversion": module,
        "enabled": bool(enabled),
        "params": params.hex(),
        "blendop_version": blendop_version if isinstance(blendop_version, int) else None,
        "blendop_params": blending.hex(),
        "multi_priority": multi_priority if isinstance(multi_priority, int) else 0,
        "multi_name": multi_name if isinstance(multi_name, str) else "",
    }


def _time(changed: Any) -> str:
    """Return a time that darktable counts in microseconds from the year 1, in UTC."""
    if not isinstance(changed, int) or changed <= 0:
        return ""
    try:
        return (_ORIGIN + timedelta(microseconds=changed)).isoformat(timespec="seconds")
    except OverflowError:
        return ""
