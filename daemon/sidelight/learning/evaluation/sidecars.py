"""Sidecars of any program: found by name, read as what they are, whoever wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sidelight.editors.darktable.reading import history_to_recipe
from sidelight.editors.lightroom import settings_to_recipe
from sidelight.editors.sidecar import editor_errors
from sidelight.errors import EditorError
from sidelight.recipe import PhotoInfo, Recipe
from sidelight_xmp.crs.fields import LEGACY_FIELDS, Setting
from sidelight_xmp.crs.settings import has_edit as has_crs_edit
from sidelight_xmp.crs.settings import read_settings
from sidelight_xmp.darktable.history import has_edit as has_history_edit
from sidelight_xmp.darktable.sidecar import history_from_bytes
from sidelight_xmp.errors import NoSidecarError
from sidelight_xmp.files import file_errors, read_snapshot
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import Array, read_property
from sidelight_xmp.sidecar import check_owner, darktable_sidecar, lightroom_sidecar

EDITORS = ("lightroom", "darktable")
"""Programs whose sidecars can be rendered."""


@dataclass(frozen=True)
class SidecarEdit:
    """An edit found in a sidecar.

    Attributes:
        path: The file.
        editor: Whose terms it is in.
        data: The whole file.
        recipe: The edit as far as a Recipe holds it.
        unread: Names of settings that a Recipe cannot hold.
    """

    path: Path
    editor: str
    data: bytes
    recipe: Recipe
    unread: tuple[str, ...] = ()


def find_sidecar(photo: Path, folder: Path, first: str = "lightroom") -> tuple[str, Path] | None:
    """Return the editor and path of a photo's edit in a folder, or None.

    Args:
        photo: The photo; it may lie elsewhere.
        folder: Where the sidecar is looked for, named as its editor names it.
        first: The editor whose sidecar is taken where both have one.

    Raises:
        EditorError: A sidecar of that name cannot be read.
    """
    for editor in sorted(EDITORS, key=lambda name: name != first):
        path = _place(folder / photo.name, editor)
        data = None if path is None else _content(path)
        if path is not None and data is not None and _holds_edit(data, photo, editor):
            return editor, path
    return None


def read_edit(path: Path, editor: str, info: PhotoInfo) -> SidecarEdit:
    """Return the edit in a sidecar.

    Raises:
        EditorError: It cannot be read.
    """
    data = _content(path)
    if data is None:
        raise EditorError(f"{path.name} is not there")
    with editor_errors():
        if editor == "lightroom":
            settings = read_settings(data)
            reading = settings_to_recipe(settings, info)
            reading = replace(reading, unread=(*reading.unread, *_older(settings)))
        else:
            history = history_from_bytes(data)
            if history is None:
                raise EditorError(f"{path.name} holds no history of darktable")
            reading = history_to_recipe(history, info)
    return SidecarEdit(path, editor, data, reading.recipe, reading.unread)


def keywords_of(photo: Path) -> frozenset[str]:
    """Return the keywords (`dc:subject`) in the sidecars beside a photo, lower case.

    A sidecar that is not there, belongs to another photo or cannot be read has none.
    """
    found: set[str] = set()
    for editor in EDITORS:
        try:
            path = _place(photo, editor)
            data = None if path is None else _content(path)
            with editor_errors():
                if data is None:
                    continue
                packet = Packet.from_bytes(data)
                if editor == "lightroom":
                    check_owner(packet, photo)
                value = read_property(packet, "dc:subject")
        except EditorError:
            continue
        items = value.items if isinstance(value, Array) else ()
        found |= {item.lower() for item in items if isinstance(item, str)}
    return frozenset(found)


def _older(settings: Mapping[str, Setting]) -> tuple[str, ...]:
    """Return the settings of an older process version, where they are those in force."""
    if "Exposure2012" in settings:
        return ()
    return tuple(
        name
        for name, item in LEGACY_FIELDS.items()
        if settings.get(name, item.default) != item.default
    )


def _place(photo: Path, editor: str) -> Path | None:
    with editor_errors():
        try:
            path = lightroom_sidecar(photo) if editor == "lightroom" else darktable_sidecar(photo)
        except NoSidecarError:
            # Lightroom reads none beside a JPEG, but an export may have put one there.
            path = photo.with_suffix(".xmp")
    return path if path.is_file() else None


def _content(path: Path) -> bytes | None:
    with editor_errors(), file_errors(path):
        snapshot = read_snapshot(path)
    return None if snapshot is None else snapshot.data


def _holds_edit(data: bytes, photo: Path, editor: str) -> bool:
    with editor_errors():
        if editor == "darktable":
            return has_history_edit(history_from_bytes(data))
        packet = Packet.from_bytes(data)
        check_owner(packet, photo)
        return has_crs_edit(read_settings(packet))
