"""A Recipe's twins as plain JSON values for a plug-in or script, and such values back to entries.

What comes from outside is checked to the last field: darktable obeys every number it is given and
silently drops an entry whose size or version it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from sidelight.editors.darktable.operations import PLACEMENTS, operations
from sidelight.errors import EditorError
from sidelight.recipe import PhotoInfo, Recipe
from sidelight_xmp.darktable.history import HistoryEntry, with_edit
from sidelight_xmp.darktable.iop_order import (
    CUSTOM,
    V30_JPEG,
    V30_RAW,
    Order,
    Placement,
    base_order,
    order_from_text,
    order_to_text,
)
from sidelight_xmp.darktable.operations import OPERATIONS
from sidelight_xmp.errors import SidecarError

HDR_NAME = "HDR PQ"
"""What darktable shows beside the duplicate that is the HDR twin."""

SENSOR_OPERATIONS = frozenset({"highlights"})
"""Operations that darktable offers for sensor data only."""

MOST_ENTRIES = 100
MOST_INSTANCES = 100
MOST_NAME_CHARACTERS = 128  # darktable's own limit for an instance's name

_HEX = re.compile(r"(?:[0-9a-f]{2})*")


@dataclass(frozen=True)
class HistoryEdit:
    """What shall stand in a history.

    Attributes:
        entries: In the order of darktable's pipe.
        placements: Where second instances go.
        order_version: Built-in order of a photo that had none, of raw or rendered files.
        version_name: What darktable is to show beside the duplicate that gets it, or None.
    """

    entries: tuple[HistoryEntry, ...]
    placements: tuple[Placement, ...] = ()
    order_version: int = V30_RAW
    version_name: str | None = None


def recipe_to_entries(
    recipe: Recipe,
    info: PhotoInfo,
    mask_exposure_ev: float = 0.0,
    headroom: float = 0.0,
    *,
    lut_path: str = "",
    pq: bool = False,
) -> list[HistoryEntry]:
    """Return the history entries of one twin of a Recipe, in the order of darktable's pipe.

    Args:
        recipe: The settings.
        info: White balance, whether the photo is raw, and how lost light is best shown.
        mask_exposure_ev: Exposure of the tone equalizer's mask.
        headroom: Stops above SDR white; 0 is the SDR twin.
        lut_path: The LUT's file below darktable's LUT folder; a LUT without one is left out.
        pq: Scale to what a PQ file takes, SDR white to 203 nits.
    """
    if not lut_path:
        recipe = replace(recipe, lut=None)
    chain = operations(
        recipe,
        info.white_balance,
        headroom,
        mask_exposure_ev,
        neutral_highlights=info.lost_light_is_neutral,
        lut_path=lut_path,
        pq=pq,
    )
    return [
        HistoryEntry.from_values(
            operation.name,
            operation.params,
            multi_name=operation.multi_name,
            multi_priority=operation.multi_priority,
        )
        for operation in chain
        if info.is_raw or operation.name not in SENSOR_OPERATIONS
    ]


def placements_of(entries: Sequence[HistoryEntry]) -> tuple[Placement, ...]:
    """Return where the second instances among our entries go."""
    wanted = [entry.instance for entry in entries if entry.instance in PLACEMENTS]
    return tuple(Placement(*instance, before=PLACEMENTS[instance]) for instance in wanted)


def terms_of(recipe: Recipe, info: PhotoInfo, mask_exposure_ev: float = 0.0) -> dict[str, Any]:
    """Return the SDR twin's history for a photo that had none and, as `hdr`, the HDR twin's.

    `params` and `blendop_params` are hexadecimal; None blends normally. `iop_order` is a list as
    in a sidecar, None for the built-in order of number `iop_order_version`. `hdr` is None without
    headroom, else the same with `headroom` and `version_name`.
    """
    headroom = recipe.hdr.headroom if recipe.hdr.enabled else 0.0
    terms = _history_terms(recipe_to_entries(recipe, info, mask_exposure_ev), info)
    hdr = None
    if headroom:
        entries = recipe_to_entries(recipe, info, mask_exposure_ev, headroom, pq=True)
        hdr = {
            **_history_terms(entries, info),
            "headroom": headroom,
            "version_name": HDR_NAME,
        }
    return {**terms, "hdr": hdr}


def terms_to_edit(terms: Mapping[str, Any]) -> HistoryEdit:
    """Return what `terms_of` says of one twin; other keys are ignored.

    Raises:
        EditorError: A value is missing or is none that darktable takes.
    """
    given = terms.get("operations")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ENTRIES:
        raise EditorError("an edit for darktable is a list of operations")
    entries = tuple(_entry(values) for values in given)
    if len({entry.instance for entry in entries}) < len(entries):
        raise EditorError("an edit for darktable names an instance twice")
    version, text = terms.get("iop_order_version"), terms.get("iop_order")
    if version not in (CUSTOM, V30_RAW, V30_JPEG) or (version == CUSTOM) != (text is not None):
        raise EditorError("the order of darktable's pipe is not one that is known")
    name = terms.get("version_name")
    if name is not None and not (isinstance(name, str) and name.isprintable()):
        raise EditorError("the name of a duplicate is text that can be shown")
    if text is None:
        return HistoryEdit(entries, order_version=version, version_name=name)
    try:
        order = order_from_text(text if isinstance(text, str) else "")
    except SidecarError as error:
        raise EditorError(str(error)) from error
    return HistoryEdit(entries, _placements(order, entries), base_order(version, order), name)


def _history_terms(entries: Sequence[HistoryEntry], info: PhotoInfo) -> dict[str, Any]:
    version = None if info.is_raw else V30_JPEG
    history = with_edit(None, entries, placements=placements_of(entries), order_version=version)
    return {
        "operations": [
            {
                "operation": entry.operation,
                "modversion": entry.modversion,
                "enabled": entry.enabled,
                "params": entry.params.hex(),
                "blendop_version": entry.blendop_version,
                "blendop_params": entry.blendop_params,
                "multi_priority": entry.multi_priority,
                "multi_name": entry.multi_name,
            }
            for entry in history.entries
        ],
        "iop_order_version": history.iop_order_version,
        "iop_order": order_to_text(history.iop_order) if history.iop_order else None,
    }


def _entry(values: Any) -> HistoryEntry:
    if not isinstance(values, Mapping):
        raise EditorError("an operation for darktable is a set of named values")
    operation = values.get("operation")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise EditorError(f"there is no operation {operation!r} that Sidelight writes")
    layout = OPERATIONS[operation]
    if values.get("modversion") != layout.modversion:
        raise EditorError(f"{operation} is written in version {layout.modversion} only")
    params = _bytes(operation, values.get("params"))
    try:
        layout.encode(layout.decode(params))
    except SidecarError as error:
        raise EditorError(f"darktable would not take this: {error}") from error
    enabled = values.get("enabled")
    if not isinstance(enabled, bool):
        raise EditorError(f"{operation} is enabled or not: true or false")
    blending, version = values.get("blendop_params"), values.get("blendop_version")
    if (version is None) != (blending is None) or not (version is None or _is_count(version)):
        raise EditorError(f"{operation} is blended by a version and its params, or by neither")
    return HistoryEntry(
        operation,
        enabled,
        layout.modversion,
        params,
        *_instance(operation, values),
        blendop_version=version,
        blendop_params=None if blending is None else _bytes(operation, blending).hex(),
    )


def _instance(operation: str, values: Mapping[str, Any]) -> tuple[str, int]:
    name, priority = values.get("multi_name"), values.get("multi_priority")
    if not _is_count(priority):
        raise EditorError(f"{operation}: an instance has a number from 0 to {MOST_INSTANCES - 1}")
    if not (isinstance(name, str) and len(name) < MOST_NAME_CHARACTERS and name.isprintable()):
        raise EditorError(f"{operation}: an instance has a name of printable characters")
    return name, priority


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value in range(MOST_INSTANCES)


def _bytes(operation: str, text: Any) -> bytes:
    if not (isinstance(text, str) and _HEX.fullmatch(text)):
        raise EditorError(f"the params of {operation} are not lower-case hexadecimal")
    return bytes.fromhex(text)


def _placements(order: Order, entries: Sequence[HistoryEntry]) -> tuple[Placement, ...]:
    """Return the places that an order gives second instances: each before the next first one."""
    wanted = {entry.instance for entry in entries if entry.multi_priority}
    placements = []
    for index, instance in enumerate(order):
        if instance in wanted:
            following = next(name for name, number in order[index:] if not number)
            placements.append(Placement(*instance, before=following))
    return tuple(placements)
