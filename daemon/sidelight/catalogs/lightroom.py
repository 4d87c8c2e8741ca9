"""Lightroom Classic's catalog: which photos it holds and how they are developed.

docs/catalogs.md says what is known of each table and in which versions it was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from sidelight.catalogs.base import CatalogPhoto
from sidelight.catalogs.compact import compact
from sidelight.catalogs.crs_edit import is_edit
from sidelight.catalogs.lua_table import parse_lua_table
from sidelight.catalogs.sqlite import Reader, Source, SqliteCatalog, count_up_to
from sidelight.errors import CatalogError

ROOT_FOLDERS = Source("AgLibraryRootFolder", ("id_local", "absolutePath"))
FOLDERS = Source("AgLibraryFolder", ("id_local", "rootFolder", "pathFromRoot"))
FILES = Source(
    "AgLibraryFile", ("id_local", "folder", "baseName", "extension"), ("sidecarExtensions",)
)
IMAGES = Source(
    "Adobe_images",
    ("id_local", "rootFile"),
    ("id_global", "masterImage", "touchTime", "developSettingsIDCache"),
)
SETTINGS = Source(
    "Adobe_imageDevelopSettings",
    ("id_local", "text"),
    ("digest", "hasDevelopAdjustments", "hasDevelopAdjustmentsEx"),
)

EPOCH_S = 978_307_200
"""Unix time of the first second of 2001, from which Lightroom counts."""

MOST_NAME_CHARACTERS = 4096
_MOST_REMEMBERED = 10_000


class LightroomCatalog(SqliteCatalog):
    """A `.lrcat` file."""

    name: ClassVar[str] = "lightroom"

    def session(self, reader: Reader) -> LightroomSession:
        """Return what reads the tables."""
        reader.require(ROOT_FOLDERS, FOLDERS, FILES, IMAGES)
        return LightroomSession(reader)


class LightroomSession:
    """Reads one private copy."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._can_settings = reader.has(SETTINGS) and (
            "developSettingsIDCache" in reader.columns(IMAGES.table)
        )
        self._edits: dict[str, bool] = {}

    def photos(self) -> Iterator[CatalogPhoto]:
        """Yield every photo and virtual copy."""
        for row in count_up_to(self._reader.rows(self._question()), self._reader.name):
            photo = self._photo(row)
            if photo is not None:
                yield photo

    def settings(self, photo: CatalogPhoto) -> dict[str, Any]:
        """Return the `crs` settings by name, as Lightroom spells them."""
        text = self._settings_text(photo.row)
        return compact(parse_lua_table(text)) if text else {}

    def _question(self) -> str:
        column = self._reader.column
        columns = [
            'image."id_local"',
            column(IMAGES, "id_global", "image"),
            'root."absolutePath"',
            'folder."pathFromRoot"',
            'file."baseName"',
            'file."extension"',
            column(FILES, "sidecarExtensions", "file"),
            column(IMAGES, "masterImage", "image"),
            column(IMAGES, "touchTime", "image"),
        ]
        joins = ""
        if self._can_settings:
            names = ("digest", "hasDevelopAdjustments", "hasDevelopAdjustmentsEx")
            columns += ['settings."id_local"', *(column(SETTINGS, n, "settings") for n in names)]
            joins = (
                "LEFT JOIN Adobe_imageDevelopSettings settings "
                "ON settings.id_local = image.developSettingsIDCache"
            )
        else:
            columns += ["NULL"] * 4
        return f"""
            SELECT {", ".join(columns)} FROM Adobe_images image
            CROSS JOIN AgLibraryFile file ON file.id_local = image.rootFile
            CROSS JOIN AgLibraryFolder folder ON folder.id_local = file.folder
            CROSS JOIN AgLibraryRootFolder root ON root.id_local = folder.rootFolder
            {joins}
        """

    def _photo(self, row: tuple[Any, ...]) -> CatalogPhoto | None:
        id_local, uuid, top, below, base, ending, others, master, touched, *develop = row
        folder = _joined(top, below)
        name = _joined(base, f".{ending}" if isinstance(ending, str) and ending else "")
        if not folder or not name or not isinstance(id_local, int):
            return None
        edited = self._is_edited(id_local, *develop)
        return CatalogPhoto(
            path=Path(folder + name),
            id=uuid if isinstance(uuid, str) else str(id_local),
            edited=edited,
            edited_at=_time(touched),
            virtual_copy=master is not None,
            digest=_digest(develop[1], touched) if edited else "",
            companions=_companions(folder, base, others),
            row=id_local,
        )

    def _is_edited(
        self, image: int, settings: Any, digest: Any, adjustments: Any, extended: Any
    ) -> bool:
        """Believe Lightroom's own note where it made one, else look at the settings."""
        if settings is None:
            return False
        for note in (extended, adjustments):
            if note in (0, 1):
                return note == 1
        if not isinstance(digest, str):
            return self._text_is_edit(image)
        # Most photos of an old catalog share a few sets of untouched settings.
        if digest not in self._edits:
            if len(self._edits) >= _MOST_REMEMBERED:
                self._edits.clear()
            self._edits[digest] = self._text_is_edit(image)
        return self._edits[digest]

    def _text_is_edit(self, image: int) -> bool:
        try:
            text = self._settings_text(image)
            return bool(text) and is_edit(parse_lua_table(text))
        except CatalogError:
            return False

    def _settings_text(self, image: int) -> str:
        if not self._can_settings:
            return ""
        row = self._reader.first(
            "SELECT settings.text FROM Adobe_images image "
            "CROSS JOIN Adobe_imageDevelopSettings settings "
            "ON settings.id_local = image.developSettingsIDCache WHERE image.id_local = ?",
            (image,),
        )
        return row[0] if row and isinstance(row[0], str) else ""


def _joined(first: Any, second: Any) -> str:
    """Return two parts of a path as one text, empty if they cannot be one."""
    if not isinstance(first, str) or not isinstance(second, str | None) or not first:
        return ""
    joined = first + (second or "")
    return "" if "\0" in joined or len(joined) > MOST_NAME_CHARACTERS else joined


def _companions(folder: str, base: str, extensions: Any) -> tuple[Path, ...]:
    """Return the JPEG that lies beside a raw file and counts as part of it.

    The catalog names the endings of all that lies beside a photo, such as `JPG,xmp`.
    """
    if not isinstance(extensions, str) or len(extensions) > MOST_NAME_CHARACTERS:
        return ()
    endings = (ending.strip() for ending in extensions.split(","))
    return tuple(
        Path(f"{folder}{base}.{ending}")
        for ending in endings
        if ending and ending.lower() != "xmp" and "\0" not in ending and "/" not in ending
    )


def _digest(digest: Any, touched: Any) -> str:
    return digest if isinstance(digest, str) and digest else f"touched {touched}"


def _time(touched: Any) -> str:
    try:
        moment = datetime.fromtimestamp(float(touched) + EPOCH_S, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
    return moment.isoformat(timespec="seconds")
