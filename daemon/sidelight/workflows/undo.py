"""Sidecars back to what they were before Sidelight wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidelight.editors import EDITORS, load_editor
from sidelight.editors.base import Store
from sidelight.errors import SidelightError
from sidelight.workflows.result import sentence
from sidelight_xmp import atomic
from sidelight_xmp.darktable.stamp import DARKTABLE
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.first_versions import FirstVersions, opened


@dataclass(frozen=True)
class Undone:
    """What became of one sidecar.

    Attributes:
        sidecar: The file, or the photo when it has none of ours.
        status: `"restored"`, `"removed"` (there was none before), `"unchanged"` (already as it
            was), `"skipped"` (nothing of ours) or `"error"`.
        reason: One sentence or empty.
    """

    sidecar: Path
    status: Literal["restored", "removed", "unchanged", "skipped", "error"]
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"sidecar": str(self.sidecar), "status": self.status, "reason": self.reason}


def last_batch(first_versions: Store) -> str | None:
    """Return the name of what the last command wrote, None when there is nothing to take back.

    Raises:
        SidelightError: The record of our writes cannot be read.
    """
    with _errors(), opened(first_versions) as store:
        store.repair()
        return store.last_batch()


def undo_batch(batch: str, first_versions: Store) -> Iterator[Undone]:
    """Take back what one command wrote; sidecars changed since are left alone.

    Raises:
        SidelightError: The record of our writes cannot be read.
    """
    with _errors(), opened(first_versions) as store:
        store.repair()
        yield from map(_undone, atomic.undo_batch(store, batch, DARKTABLE))


def undo_photos(named: Iterable[Path], first_versions: Store) -> Iterator[Undone]:
    """Take back what was written for the named photos, and for all photos below named folders."""
    with opened(first_versions) as store:
        with suppress(SidecarError):  # each photo will say so
            store.repair()
        for path in named:
            yield from _undo_one(path, store)


def undo_sidecar(sidecar: Path, first_versions: Store) -> Undone:
    """Take back what was written to one sidecar; an error becomes the result."""
    try:
        return _undone(atomic.undo(sidecar, first_versions, DARKTABLE))
    except (SidecarError, OSError) as error:
        return Undone(sidecar, "error", sentence(error))


def _undo_one(path: Path, store: FirstVersions) -> Iterator[Undone]:
    try:
        with _errors():
            if path.is_dir():
                wanted = store.under(path.resolve())
            else:
                wanted = [sidecar for sidecar in _sidecars(path) if store.live_writes(sidecar)]
        there = path.exists()
    except (SidelightError, OSError) as error:
        yield Undone(path, "error", sentence(error))
        return
    if not wanted:
        reason = "there is nothing of ours to undo" if there else "there is no such file"
        yield Undone(path, "skipped" if there else "error", reason)
    yield from (undo_sidecar(sidecar, store) for sidecar in wanted)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except SidecarError as error:
        raise SidelightError(str(error)) from error


def _undone(result: atomic.UndoResult) -> Undone:
    status = "error" if result.status == "refused" else result.status
    reason = "it is as it was before" if status == "unchanged" else ""
    return Undone(result.path, status, result.reason or reason)


def _sidecars(photo: Path) -> Iterator[Path]:
    """Return the photo's sidecars of all editors, as our records name them."""
    for name in EDITORS:
        for sidecar in load_editor(name).sidecars(photo):
            yield sidecar.parent.resolve() / sidecar.name
