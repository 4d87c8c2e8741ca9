"""The store of sidecars as they were before we wrote them, and the record of our writes.

A folder with one file per content, named by its SHA-256, and `undo.db`, which knows what was
written where (`undo_index`). A content is stored before the write that needs it is recorded,
and recorded before it happens.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from sidelight_xmp.errors import UndoError
from sidelight_xmp.files import close, create_temp, remove, replace, sync_folder, write_all
from sidelight_xmp.undo_index import UndoIndex, Write, make_private, store_errors
from sidelight_xmp.undo_salvage import damaged_records

__all__ = ["ABSENT", "FirstVersions", "Write", "content_name", "now", "opened"]

ABSENT: Final = "absent"
"""Stands for the content of a file that did not exist."""


def content_name(data: bytes | None) -> str:
    """Return the SHA-256 of a content in hexadecimal, `ABSENT` for no file."""
    return ABSENT if data is None else hashlib.sha256(data).hexdigest()


def now() -> str:
    """Return the present moment as the record writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class FirstVersions:
    """The store in `folder`, which is made when something is first kept.

    Several processes and threads may use one folder at once. An object keeps the record open
    until `close`, or until the end of its `with` block; it may be used again after that, and be
    sent to another process. `durable` False is for tests: a power cut may lose what was kept.

    Raises StoreError or DiskFullError throughout.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = Path(folder)
        self.durable = durable
        self.index = UndoIndex(self.folder, durable=durable)

    def __reduce__(self) -> tuple[type[FirstVersions], tuple[Path]]:
        return FirstVersions, (self.folder,)

    def __enter__(self) -> FirstVersions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the record; closing twice does nothing."""
        self.index.close()

    def keep(self, data: bytes | None) -> str:
        """Store a content unless it is there, and return its name; durable on return."""
        name = content_name(data)
        if data is None:
            return name
        with store_errors():
            path = self.folder / name
            if path.exists():
                return name
            make_private(self.folder)
            descriptor, temp = create_temp(self.folder, 0o600)
            try:
                write_all(descriptor, data)
                if self.durable:
                    os.fsync(descriptor)
                descriptor = close(descriptor)
                replace(temp, path)
            except BaseException:
                close(descriptor)
                remove(temp)
                raise
            if self.durable:
                sync_folder(self.folder)
        return name

    def read(self, name: str) -> bytes:
        """Return a kept content. Raises UndoError when it is gone or no longer itself."""
        with store_errors():
            try:
                data = (self.folder / name).read_bytes()
            except FileNotFoundError:
                data = None
        if content_name(data) != name:
            raise UndoError("The kept version of this sidecar is missing, so it was left alone.")
        assert data is not None
        return data

    def record(self, write: Write) -> None:
        """Note a write that is about to happen; durable on return."""
        self.index.add(write)

    def live_writes(self, sidecar: Path) -> list[Write]:
        """Return the writes of a sidecar that are not taken back, oldest first."""
        return self.index.live(sidecar)

    def under(self, folder: Path) -> list[Path]:
        """Return the sidecars with such writes below a folder, in the order of their names."""
        return self.index.under(folder)

    def sidecars(self) -> list[Path]:
        """Return all sidecars with such writes."""
        return self.index.sidecars()

    def batch(self, name: str) -> list[Path]:
        """Return the sidecars with such writes of one batch, in the order of the writes."""
        return self.index.of_batch(name)

    def last_batch(self) -> str | None:
        """Return the batch of the last write that is neither taken back nor closed."""
        return self.index.last_batch()

    def take_back(self, writes: Sequence[Write]) -> None:
        """Note that writes were taken back; durable on return."""
        self.index.take_back(writes)

    def last_id(self) -> int:
        """Return the id of the newest write, 0 when there is none."""
        return self.index.last_id()

    def close_batch(self, name: str, last_id: int) -> None:
        """Note that a batch was undone as far as it could be: its writes up to an id.

        `last_batch` passes them over.
        """
        self.index.close_batch(name, last_id)

    def lost(self) -> list[Path]:
        """Return the sidecars whose kept versions are gone or damaged; reads all of them."""
        names: dict[str, bool] = {ABSENT: True}
        lost: dict[Path, None] = {}
        for sidecar, name in self.index.contents():
            if name not in names:
                names[name] = self._is_there(name)
            if not names[name]:
                lost[sidecar] = None
        return list(lost)

    def _is_there(self, name: str) -> bool:
        try:
            self.read(name)
        except UndoError:
            return False
        return True

    def damaged_records(self) -> list[Path]:
        """Return the records that were put aside because they were damaged, oldest first."""
        return damaged_records(self.index.path)

    def check(self) -> str:
        """Return one sentence on a damaged record, or nothing; changes nothing."""
        problem = self.index.check()
        return problem and (
            f"The record of what was written is damaged ({problem}); the next write or undo "
            "carries over what can be read of it."
        )

    def repair(self) -> str:
        """Put a damaged record aside and carry over what can be read.

        Returns one sentence on that, empty when nothing was wrong. Costs a look at all of it.
        """
        return self.index.repair()


@contextlib.contextmanager
def opened(first_versions: Path | FirstVersions) -> Iterator[FirstVersions]:
    """Yield a store: the given one, left open, or that of a folder for the while."""
    if isinstance(first_versions, FirstVersions):
        yield first_versions
    else:
        with FirstVersions(first_versions) as store:
            yield store
