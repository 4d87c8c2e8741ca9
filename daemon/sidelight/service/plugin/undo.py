"""Undo for darktable's script: sidecars back, told one by one.

Orders: `undo id sidecar`. Answers: `undone id status edited text`, where status is `restored`,
`removed`, `unchanged`, `skipped` (nothing of ours) or `error`, and `edited` whether an edit is
there again. The daemon is not needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.errors import ServiceError
from sidelight.workflows.printable import printable
from sidelight.workflows.undo import Undone, undo_sidecar

if TYPE_CHECKING:
    from sidelight.service.plugin.conversation import Conversation
    from sidelight_xmp.first_versions import FirstVersions


def run(talk: Conversation) -> None:
    """Do what the script orders until it says that this was all.

    Raises:
        ServiceError: The script says what makes no sense.
        SidelightError: The record of our writes cannot be read.
    """
    from sidelight.editors.darktable.writing import edit_in
    from sidelight.paths import first_versions_folder
    from sidelight_xmp.first_versions import FirstVersions

    with FirstVersions(first_versions_folder()) as store:
        for order in talk.orders():
            if order.word == "cancel":
                return
            if order.word != "undo" or not order.fields.get("sidecar"):
                raise ServiceError(f"the script orders something unknown: {order.word}")
            sidecar, number = Path(order.fields["sidecar"]), order.fields.get("id", "")
            undone = _undo(sidecar, store)
            edited = undone.status == "restored" and edit_in(sidecar, store).state != "none"
            talk.tell(
                "undone",
                id=number,
                status=undone.status,
                edited=int(edited),
                text=printable(undone.reason),
            )


def _undo(sidecar: Path, store: FirstVersions) -> Undone:
    known_as = sidecar.parent.resolve() / sidecar.name
    if not store.live_writes(known_as):
        return Undone(sidecar, "skipped")
    return undo_sidecar(known_as, store)
