"""Write a sidecar so that at every instant it is the old or the new complete file.

The other program's version is kept before ours takes its place, and `undo` puts it back
to the bit. See `first_versions` for what is kept.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
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
    Closed,
    FirstVersions,
    Undo,
    Write,
    content_name,
    now,
)

__all__ = [
    "UndoResult",
    "WriteResult",
    "remove_stale_temps",
    "undo",
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


class _ChangedMeanwhileError(Exception):
    """Raised when another program changed the sidecar since it was read."""


def write_sidecar(
    path: Path,
    make_bytes: Callable[[bytes | None], bytes | None],
    first_versions: Path,
    *,
    batch: str | None = None,
) -> WriteResult:
    """Write a sidecar through `make_bytes`, which merges into what is there.

    `make_bytes` gets the present content, None when there is no file, and returns the
    wanted one, or None for "leave it". It is called again, three times at most, when
    another program changes the file meanwhile. The earlier content goes to the folder
    `first_versions` before ours takes its place. `batch` names the writes that `undo_last`
    takes back together.

    Raises ConflictError when the file keeps changing, UnsafeSidecarError for links,
    DiskFullError, NotWritableError or WriteError when the file system refuses, and what
    `make_bytes` raises. In all these cases the sidecar is as it was.
    """
    path = _canonical(path)
    store = FirstVersions(first_versions)
    batch = batch or uuid.uuid4().hex
    try:
        for conflicts in range(_TRIES):
            with file_errors(path):
                old = read_snapshot(path)
            before = None if old is None else old.data
            new = make_bytes(before)
            if new is None or new == before:
                return WriteResult(path, "unchanged", content_name(before), conflicts)
            _check_writable(path, old)
            with file_errors(path):
                name = store.keep(before)
                written = content_name(new)
                size = len(before) if before is not None else 0
                store.append(Write(str(path), name, size, written, batch, now()))
                try:
                    _replace(path, old, new)
                except _ChangedMeanwhileError:
                    continue
            return WriteResult(path, "written", written, conflicts)
    except SidecarError as error:
        error.path = error.path or path
        raise
    raise ConflictError(
        f"Another program keeps changing {path.name}, so its version was kept.", path
    )


def undo(path: Path, first_versions: Path) -> UndoResult:
    """Put a sidecar back to the bit as it was before our first write.

    Where its owner edited it between two of our writes, their edit is what is restored. A
    sidecar that did not exist before is removed.

    Raises UndoError when there is nothing to undo or when the sidecar was changed since;
    the errors of `write_sidecar` otherwise.
    """
    path = _canonical(path)
    store = FirstVersions(first_versions)
    with file_errors(path):
        stack = store.live_writes().get(str(path), [])
    return _undo(path, store, stack, None)


def undo_last(first_versions: Path) -> list[UndoResult]:
    """Take back the last batch of writes; sidecars changed since are refused one by one."""
    store = FirstVersions(first_versions)
    with file_errors(first_versions):
        batch = store.last_batch()
        stacks = store.live_writes()
    if batch is None:
        return []
    results = []
    for sidecar, stack in stacks.items():
        if not any(write.batch == batch for write in stack):
            continue
        path = Path(sidecar)
        try:
            results.append(_undo(path, store, stack, batch))
        except SidecarError as error:
            results.append(UndoResult(path, "refused", str(error)))
    with file_errors(first_versions):
        # What was refused must not keep earlier batches from being undone.
        store.append(Closed(batch, now()))
    return results


def _undo(path: Path, store: FirstVersions, stack: list[Write], batch: str | None) -> UndoResult:
    with file_errors(path):
        old = read_snapshot(path)
    current = content_name(None if old is None else old.data)
    target, count = _chain(path, stack, current, batch)
    data = None if target == ABSENT else store.read(target)
    status: Literal["restored", "removed", "unchanged"] = "unchanged"
    with file_errors(path):
        if target != current:
            try:
                if data is None:
                    _remove(path, old)
                else:
                    _check_writable(path, old)
                    _replace(path, old, data)
            except _ChangedMeanwhileError:
                raise _changed_since(path) from None
            status = "removed" if data is None else "restored"
        store.append(Undo(str(path), count, now()))
    return UndoResult(path, status)


def _chain(path: Path, stack: list[Write], current: str, batch: str | None) -> tuple[str, int]:
    """Return the content to restore and how many of the last writes that takes back.

    Each write that found what the previous one left belongs to the chain. A write that
    was recorded but never happened (the process was killed in between) is passed over.
    """
    target, count = current, 0
    landed = False
    for write in reversed(stack):
        if batch is not None and write.batch != batch:
            break
        if write.written == target:
            target, landed = write.sha256, True
        elif write.sha256 != target:
            break
        count += 1
    if count == 0:
        if not stack:
            raise UndoError(f"There is nothing of ours to undo in {path.name}.", path)
        raise _changed_since(path)
    return (target if landed else current), count


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
