"""darktable's terms → a sidecar: the user's own parts stay, an edit that is not ours is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sidelight.editors.base import Edit, Order, Outcome, Store
from sidelight.editors.darktable.terms import HistoryEdit, terms_to_edit
from sidelight.editors.sidecar import Sidecar
from sidelight_xmp.darktable.history import has_edit, with_edit
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history
from sidelight_xmp.darktable.stamp import DARKTABLE, own_history, says, stamped
from sidelight_xmp.merge import merge

_OF_ANOTHER_VERSION = {
    f"darktable:{what}_timestamp": None for what in ("import", "change", "export", "print")
}


def sidecar_at(path: Path) -> Sidecar:
    """Return darktable's sidecar at `path`, of a photo or of a duplicate."""
    return Sidecar(path, lambda data: has_edit(history_from_bytes(data)), DARKTABLE)


def edit_in(sidecar: Path, first_versions: Store) -> Edit:
    """Return what edit a sidecar holds, of a photo or of a duplicate.

    Raises:
        EditorError: It is damaged, hostile or a link.
    """
    return sidecar_at(sidecar).edit(first_versions)


def write_terms(
    sidecar: Path,
    terms: Mapping[str, Any],
    order: Order,
    version_name: str | None = None,
    *,
    template: Path | None = None,
) -> Outcome:
    """Merge one twin's terms into the history of a sidecar; nothing else in it changes.

    Geometry, lens, repairs, masks, rating, labels, tags and what is not known stay. An edit of
    the user's is kept unless `order` says otherwise.

    Args:
        sidecar: The file of the photo or of a duplicate, as darktable names it.
        terms: From `Darktable.terms`, or its `hdr`.
        order: How to write.
        version_name: What darktable is to show beside a duplicate; None takes that of the terms,
            which an SDR twin does not have.
        template: Where there is no file yet: the sidecar of another version of the photo, whose
            properties, dates aside, the new one begins with.

    Raises:
        EditorError: The terms are unusable, or a sidecar cannot be read or written; it is then as
            it was.
    """
    edit = terms_to_edit(terms)
    name = edit.version_name if version_name is None else version_name

    def change(existing: bytes | None) -> bytes:
        return merged(_begun(template) if existing is None else existing, edit, name)

    return sidecar_at(sidecar).write(change, order)


def merged(existing: bytes | None, edit: HistoryEdit, version_name: str | None = None) -> bytes:
    """Return a sidecar with an edit in its history; itself, where that says so already.

    Raises:
        SidecarError: The existing one must be left alone.
    """
    history = None if existing is None else own_history(existing)
    wanted = with_edit(
        history,
        edit.entries,
        placements=edit.placements,
        # An existing history decides itself.
        order_version=edit.order_version if history is None else None,
    )
    # darktable's own wording of the same edit stays, or the two would rewrite it in turns.
    if existing is not None and says(existing, wanted, version_name):
        return existing
    return merge_history(existing, wanted, stamped(wanted, version_name))


def _begun(template: Path | None) -> bytes | None:
    other = None if template is None else sidecar_at(template).read()
    return None if other is None else merge(other, _OF_ANOTHER_VERSION)
