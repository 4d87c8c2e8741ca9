"""Write a sidecar so that at every instant it is the old or the new complete file.

The other program's version is kept before ours takes its place, and `undo` puts it back
to the bit. See `first_versions` for what is kept.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sidelight_xmp.errors import ConflictError, NotWritableError, SidecarError, UndoError
from sidelight_xmp.files import (
    Snapshot,
    close,
    copy_owner,
    create_temp,
    exchange,
    file_errors,
    read_snapshot,
    remove,
    remove_stale_temps,
    replace,
    sync_folder,
    write_all,
)
from sidelight_xmp.first_versions import (
    ABSENT,
    FirstVersions,
    Write,
    content_name,
    now,
    opened,
)

__all__ = [
    "Rewriting",
    "UndoResult",
    "WriteResult",
    "remove_stale_temps",
    "undo",
    "undo_batch",
    "undo_last",
    "write_sidecar",
]

_TRIES: Final = 3
_ANY_WRITE: Final = 0o222


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one sidecar; `conflicts` counts merges repeated for another writer."""

    path: Path
    status: Literal["written", "unchanged"]
    sha256: str
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What became of one sidecar; `reason` is a sentence when it was refused."""

    path: Path
    status: Literal["restored", "removed", "unchanged", "refused"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Rewriting:
    """How undo deals with a sidecar that its editor laid out anew since we wrote it.

    `is_ours`: whether a content still holds the edit we wrote.
    `put_back`: from such a content and an earlier one, None for no file, to what shall be there:
    the earlier edit, and all else as it is now; None where the file goes.
    """

    is_ours: Callable[[bytes], bool]
    put_back: Callable[[bytes, bytes | None], bytes | None]


NEVER: Final = Rewriting(lambda data: False, lambda data, earlier: earlier)
"""Of editors that do not rewrite sidecars by themselves."""


class _ChangedMeanwhileError(Exception):
    """Raised when another program changed the sidecar since it was read."""


def write_sidecar(
    path: Path,
    make_bytes: Callable[[bytes | None], bytes | None],
    first_versions: Path | FirstVersions,
    *,
    batch: str | None = None,
) -> WriteResult:
    """Write a sidecar through `make_bytes`, which merges into what is there.

    `make_bytes` gets the present content, None when there is no file, and returns the
    wanted one, or None for "leave it". It is called again, three times at most, when
    another program changes the file meanwhile. The earlier content goes to the folder or
    open store `first_versions` before ours takes its place. `batch` names the writes that
    `undo_last` takes back together. Everything happens below `path` as it is given, which may
    lead through a held descriptor; the records name the sidecar by where that really is.

    Raises ConflictError when the file keeps changing, UnsafeSidecarError for links,
    DiskFullError, NotWritableError, StoreError or WriteError when the file system refuses, and
    what `make_bytes` raises. In all these cases the sidecar is as it was.
    """
    batch = batch or uuid.uuid4().hex
    try:
        with opened(first_versions) as store:
            return _write(path, make_bytes, store, batch)
    except SidecarError as error:
        error.path = error.path or path
        raise


def _write(
    path: Path,
    make_bytes: Callable[[bytes | None], bytes | None],
    store: FirstVersions,
    batch: str,
) -> WriteResult:
    with file_errors(path):
        known_as = _canonical(path)
    for conflicts in range(_TRIES):
        with file_errors(path):
            old = read_snapshot(path)
        before = None if old is None else old.data
        new = make_bytes(before)
        if new is None or new == before:
            return WriteResult(path, "unchanged", content_name(before), conflicts)
        _check_writable(path, old)
        name, written = store.keep(before), content_name(new)
        size = len(before) if before is not None else 0
        store.record(Write(known_as, name, size, written, batch, now()))
        with file_errors(path):
            try:
                _replace(path, old, new)
            except _ChangedMeanwhileError:
                continue
        return WriteResult(path, "written", written, conflicts)
    raise ConflictError(
        f"Another program keeps changing {path.name}, so its version was kept.", path
    )


def undo(
    path: Path, first_versions: Path | FirstVersions, rewriting: Rewriting = NEVER
) -> UndoResult:
    """Put a sidecar back to the bit as it was before our first write.

    Where its owner edited it between two of our writes, their edit is what is restored. A
    sidecar that did not exist before is removed. One that its editor laid out anew meanwhile gets
    back the earlier edit only, by `rewriting`.

    Raises UndoError when there is nothing to undo or when the sidecar was changed since;
    the errors of `write_sidecar` otherwise.
    """
    with file_errors(path):
        path = _canonical(path)
    try:
        with opened(first_versions) as store:
            return _undo(path, store, None, rewriting)
    except SidecarError as error:
        error.path = error.path or path
        raise


def undo_last(
    first_versions: Path | FirstVersions, rewriting: Rewriting = NEVER
) -> list[UndoResult]:
    """Take back the last batch of writes; sidecars changed since are refused one by one."""
    with opened(first_versions) as store:
        batch = store.last_batch()
        return [] if batch is None else list(undo_batch(store, batch, rewriting))


def undo_batch(
    first_versions: Path | FirstVersions, batch: str, rewriting: Rewriting = NEVER
) -> Iterator[UndoResult]:
    """Take back the writes of one batch as they are asked for, one result per sidecar.

    Refused one by one are sidecars that were changed since, also by a later batch.
    """
    with opened(first_versions) as store:
        last_id = store.last_id()
        for path in store.batch(batch):
            try:
                yield _undo(path, store, batch, rewriting)
            except SidecarError as error:
                yield UndoResult(path, "refused", str(error))
        # What was refused must not keep earlier batches from being undone.
        store.close_batch(batch, last_id)


def _undo(path: Path, store: FirstVersions, batch: str | None, rewriting: Rewriting) -> UndoResult:
    with file_errors(path):
        old = read_snapshot(path)
    present = None if old is None else old.data
    stack = store.live_writes(path)

    def is_ours(name: str) -> bool:
        if name == ABSENT:
            return False
        known = present if name == content_name(present) else store.read(name)
        return known is not None and rewriting.is_ours(known)

    target, count, exact = _chain(path, stack, content_name(present), batch, is_ours)
    data = None if target == ABSENT else store.read(target)
    if not exact and present is not None:
        data = rewriting.put_back(present, data)
    status: Literal["restored", "removed", "unchanged"] = "unchanged"
    if data != present:
        with file_errors(path):
            try:
                if data is None:
                    _remove(path, old)
                else:
                    _check_writable(path, old)
                    _replace(path, old, data)
            except _ChangedMeanwhileError:
                raise _changed_since(path) from None
        status = "removed" if data is None else "restored"
    store.take_back(stack[-count:])
    return UndoResult(path, status)


def _chain(
    path: Path,
    stack: list[Write],
    current: str,
    batch: str | None,
    is_ours: Callable[[str], bool],
) -> tuple[str, int, bool]:
    """Return the content to restore, how many of the last writes that takes back, and whether
    every one of them left what the next one found.

    Each write that found what the previous one left belongs to the chain, also where the editor
    has laid that out anew in between. A write that was recorded but never happened (the process
    was killed in between) is passed over.
    """
    if batch is not None and stack and stack[-1].batch != batch:
        raise UndoError(
            f"{path.name} was written again by a later command; undo that one first.", path
        )
    target, count = current, 0
    landed, exact = False, True
    for write in reversed(stack):
        if batch is not None and write.batch != batch:
            break
        if write.written == target:
            target, landed = write.sha256, True
        elif write.sha256 != target:
            if not is_ours(target):
                break
            target, landed, exact = write.sha256, True, False
        count += 1
    if count == 0:
        if not stack:
            raise UndoError(f"There is nothing of ours to undo in {path.name}.", path)
        raise _changed_since(path)
    return (target if landed else current), count, exact


def _changed_since(path: Path) -> UndoError:
    return UndoError(
        f"{path.name} was changed since Sidelight wrote it, so it was left alone.", path
    )


def _replace(path: Path, old: Snapshot | None, new: bytes) -> None:
    descriptor, temp = create_temp(path.parent, 0o666 if old is None else 0o600)
    try:
        write_all(descriptor, new)
        if old is not None:
            copy_owner(descriptor, path, old.status)
        os.fsync(descriptor)
        _check_unchanged(path, old)
        if os.name == "nt":  # an open file cannot be renamed there
            descriptor = close(descriptor)
        if old is not None and exchange(temp, path):
            _check_displaced(temp, path, old)
            remove(temp)
        else:
            replace(temp, path)
    except BaseException:
        close(descriptor)
        remove(temp)
        raise
    close(descriptor)
    sync_folder(path.parent)


def _check_displaced(temp: Path, path: Path, old: Snapshot) -> None:
    """Put back what stood at `path` when it is not what was merged.

    Between the last look and the swap another program may have put its file there; a plain
    rename would destroy it unseen.
    """
    try:
        displaced = read_snapshot(temp)
    except OSError:
        return  # ours is complete and in place
    except SidecarError:
        displaced = None
    if displaced is None or not displaced.same_as(old):
        if not exchange(temp, path):
            replace(temp, path)
        raise _ChangedMeanwhileError


def _remove(path: Path, old: Snapshot | None) -> None:
    _check_unchanged(path, old)
    path.unlink()
    sync_folder(path.parent)


def _check_unchanged(path: Path, old: Snapshot | None) -> None:
    present = read_snapshot(path)
    if present is None and old is None:
        return
    if present is None or not present.same_as(old):
        raise _ChangedMeanwhileError


def _check_writable(path: Path, old: Snapshot | None) -> None:
    # A rename would succeed all the same, against the owner's wish.
    if old is not None and not old.status.st_mode & _ANY_WRITE:
        raise NotWritableError(f"{path.name} is write-protected, so it was left alone.", path)


def _canonical(path: Path) -> Path:
    """Return one spelling for one file; the last part stays, for it may be a link."""
    return path.parent.resolve() / path.name
