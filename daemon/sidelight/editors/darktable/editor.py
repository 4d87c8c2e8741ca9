"""darktable: operations in the history of `IMG_1.CR3.xmp`.

The photo's own sidecar is the SDR twin: brightness above SDR white would clip on screen and in
every ordinary export. The HDR twin is a duplicate. The user's own geometry, lens, repair and noise
entries stay.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sidelight.editors.base import UNCHANGED, Edit, Order, Outcome, Place, Reading, Store
from sidelight.editors.darktable.duplicate import duplicates, write_duplicate
from sidelight.editors.darktable.reading import history_to_recipe
from sidelight.editors.darktable.terms import recipe_to_entries, terms_of
from sidelight.editors.darktable.writing import sidecar_at, write_terms
from sidelight.editors.sidecar import Sidecar, editor_errors
from sidelight.recipe import PhotoInfo, Recipe
from sidelight_xmp.darktable.sidecar import history_from_bytes
from sidelight_xmp.sidecar import darktable_sidecar

__all__ = ["Darktable", "recipe_to_entries"]


class Darktable:
    """Reads and writes `IMG_1.CR3.xmp` beside `IMG_1.CR3`."""

    name = "darktable"
    label = "darktable"

    def place(self, photo: Path) -> Place:
        """Return darktable's sidecar; every kind of photo has one."""
        return Place(_sidecar(photo).path)

    def sidecars(self, photo: Path) -> tuple[Path, ...]:
        """Return the photo's own sidecar and those of its duplicates."""
        existing = (path for _, path, exists in duplicates(photo) if exists)
        return (_sidecar(photo).path, *existing)

    def edit(self, photo: Path, first_versions: Store) -> Edit:
        """Return what edit the sidecar holds; what darktable applies by itself is none."""
        return _sidecar(photo).edit(first_versions)

    def write(self, info: PhotoInfo, recipe: Recipe, order: Order) -> Outcome:
        """Merge the operations of a Recipe's SDR twin into the history.

        The HDR twin becomes a duplicate where the order says so; beside an edit that is kept there
        is none.
        """
        terms = self.terms(info, recipe, order.mask_exposure_ev)
        outcome = write_terms(_sidecar(info.path).path, terms, order)
        if not order.duplicate or terms["hdr"] is None or outcome.status == "kept":
            return outcome
        return _with_duplicate(outcome, write_duplicate(info.path, terms["hdr"], order))

    def terms(
        self, info: PhotoInfo, recipe: Recipe, mask_exposure_ev: float = 0.0
    ) -> dict[str, Any]:
        """Return the twins as a photo without a history gets them; see `terms.terms_of`."""
        return terms_of(recipe, info, mask_exposure_ev)

    def read(self, info: PhotoInfo) -> Reading:
        """Return the history as a Recipe, as far as its operations are those of a Recipe."""
        data = _sidecar(info.path).read()
        with editor_errors():
            history = None if data is None else history_from_bytes(data)
        return Reading(Recipe()) if history is None else history_to_recipe(history, info)


def _with_duplicate(own: Outcome, twin: Outcome) -> Outcome:
    assert twin.sidecar is not None
    said = f"the HDR twin is {twin.sidecar.name}"
    if twin.status == "kept":
        said = f"the HDR twin {twin.sidecar.name} was edited and is kept; --overwrite replaces it"
    # One that changed is news, whatever became of the other.
    changed = UNCHANGED in (own.reason, twin.reason) and own.reason != twin.reason
    reasons = ("" if changed and twin.status == "written" else own.reason, said)
    return replace(own, reason="; ".join(filter(None, reasons)), duplicate=twin.sidecar)


def _sidecar(photo: Path) -> Sidecar:
    with editor_errors():
        return sidecar_at(darktable_sidecar(photo))
