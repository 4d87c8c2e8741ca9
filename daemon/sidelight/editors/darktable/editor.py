"""darktable: operations in the history of `IMG_1.CR3.xmp`.

The photo's own sidecar is the SDR twin: brightness above SDR white would clip on screen and in
every ordinary export. The user's own geometry, lens, repair and noise entries stay.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sidelight.editors.base import Edit, Order, Outcome, Place, Reading, Store
from sidelight.editors.darktable.operations import operations
from sidelight.editors.darktable.reading import history_to_recipe
from sidelight.editors.sidecar import Sidecar, editor_errors
from sidelight.recipe import PhotoInfo, Recipe
from sidelight_xmp.darktable.history import HistoryEntry, has_edit, with_edit
from sidelight_xmp.darktable.iop_order import V30_JPEG, order_to_text
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history
from sidelight_xmp.sidecar import darktable_sidecar

SENSOR_OPERATIONS = frozenset({"highlights"})
"""Operations that darktable offers for sensor data only."""


class Darktable:
    """Reads and writes `IMG_1.CR3.xmp` beside `IMG_1.CR3`."""

    name = "darktable"
    label = "darktable"

    def place(self, photo: Path) -> Place:
        """Return darktable's sidecar; every kind of photo has one."""
        return Place(_sidecar(photo).path)

    def edit(self, photo: Path, first_versions: Store) -> Edit:
        """Return what edit the sidecar holds; what darktable applies by itself is none."""
        return _sidecar(photo).edit(first_versions)

    def write(self, info: PhotoInfo, recipe: Recipe, order: Order) -> Outcome:
        """Merge the operations of a Recipe's SDR twin into the history."""
        entries = recipe_to_entries(recipe, info, order.mask_exposure_ev)

        def change(existing: bytes | None) -> bytes:
            history = None if existing is None else history_from_bytes(existing)
            # An existing history decides itself; a new one of a rendered photo needs JPEG order.
            version = V30_JPEG if history is None and not info.is_raw else None
            return merge_history(existing, with_edit(history, entries, order_version=version))

        return _sidecar(info.path).write(change, order)

    def terms(
        self, info: PhotoInfo, recipe: Recipe, mask_exposure_ev: float = 0.0
    ) -> dict[str, Any]:
        """Return the history of a photo that had none: its operations and the pipe's order.

        `params` and `blendop_params` are hexadecimal; None blends normally. `iop_order` is a
        list as in a sidecar, None for the built-in order of number `iop_order_version`.
        """
        version = None if info.is_raw else V30_JPEG
        entries = recipe_to_entries(recipe, info, mask_exposure_ev)
        history = with_edit(None, entries, order_version=version)
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

    def read(self, info: PhotoInfo) -> Reading:
        """Return the history as a Recipe, as far as its operations are those of a Recipe."""
        data = _sidecar(info.path).read()
        with editor_errors():
            history = None if data is None else history_from_bytes(data)
        return Reading(Recipe()) if history is None else history_to_recipe(history, info)


def recipe_to_entries(
    recipe: Recipe, info: PhotoInfo, mask_exposure_ev: float = 0.0, headroom: float = 0.0
) -> list[HistoryEntry]:
    """Return the history entries of one twin of a Recipe, in the order of darktable's pipe.

    Args:
        recipe: The settings; a LUT is left out, since darktable reads LUTs from its own folder.
        info: White balance, and whether the photo is raw.
        mask_exposure_ev: Exposure of the tone equalizer's mask.
        headroom: Stops above SDR white; 0 is the SDR twin.
    """
    chain = operations(replace(recipe, lut=None), info.white_balance, headroom, mask_exposure_ev)
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


def _sidecar(photo: Path) -> Sidecar:
    with editor_errors():
        path = darktable_sidecar(photo)
    return Sidecar(path, lambda data: has_edit(history_from_bytes(data)))
