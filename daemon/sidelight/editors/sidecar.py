"""One sidecar file: whose edit is in it, and the safe way to change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sidelight.editors.base import DRY_RUN, KEPT, UNCHANGED, Edit, EditState, Order, Outcome, Store
from sidelight.errors import EditorError
from sidelight_xmp.atomic import NEVER, Rewriting, write_sidecar
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.files import file_errors, read_snapshot
from sidelight_xmp.first_versions import content_name, opened

Change = Callable[[bytes | None], bytes]
"""From what is there, None for no file, to what shall be there."""


class Sidecar:
    """A sidecar at `path`.

    Args:
        path: The file.
        is_edited: Whether content holds an edit; raises SidecarError when it must be left alone.
        rewriting: How to know an edit of ours in a content that the editor laid out anew.
    """

    def __init__(
        self,
        path: Path,
        is_edited: Callable[[bytes], bool],
        rewriting: Rewriting = NEVER,
    ) -> None:
        self.path = path
        self._is_edited = is_edited
        self._rewriting = rewriting

    def read(self) -> bytes | None:
        """Return the content, None when there is no file.

        Raises:
            EditorError: It cannot be read, or is a link.
        """
        with editor_errors(), file_errors(self.path):
            snapshot = read_snapshot(self.path)
        return None if snapshot is None else snapshot.data

    def edit(self, first_versions: Store) -> Edit:
        """Return whose edit the sidecar holds.

        Raises:
            EditorError: It is damaged, hostile, a link or another photo's.
        """
        data = self.read()
        with editor_errors():
            return Edit(self._state(data, first_versions), self.path)

    def write(self, change: Change, order: Order) -> Outcome:
        """Change the sidecar, unless it holds an edit that is to be kept.

        Raises:
            EditorError: It cannot be changed, and is as it was.
        """
        kept = False

        def make(existing: bytes | None) -> bytes | None:
            nonlocal kept
            kept = self._state(existing, order.first_versions) == "theirs"
            if kept and not order.overwrite:
                return None
            kept = False
            return change(existing)

        with editor_errors():
            if order.dry_run:
                make(self.read())
                return Outcome(*(("kept", KEPT) if kept else ("skipped", DRY_RUN)), self.path)
            result = write_sidecar(self.path, make, order.first_versions, batch=order.batch)
        if kept:
            return Outcome("kept", KEPT, self.path)
        return Outcome("written", UNCHANGED if result.status == "unchanged" else "", self.path)

    def _state(self, data: bytes | None, first_versions: Store) -> EditState:
        if data is None or not self._is_edited(data):
            return "none"
        return "ours" if self._is_ours(data, first_versions) else "theirs"

    def _is_ours(self, data: bytes, first_versions: Store) -> bool:
        """Whether the edit is what was written here and not taken back since."""
        with file_errors(self.path):
            known_as = self.path.parent.resolve() / self.path.name
        with opened(first_versions) as store:
            writes = store.live_writes(known_as)
        name = content_name(data)
        if any(write.written == name for write in writes):
            return True
        return bool(writes) and self._rewriting.is_ours(data)


@contextmanager
def editor_errors() -> Iterator[None]:
    """Turn the errors of the XMP package into an EditorError."""
    try:
        yield
    except SidecarError as error:
        raise EditorError(str(error)) from error
