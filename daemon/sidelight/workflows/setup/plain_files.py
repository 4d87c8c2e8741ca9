"""Files of ours in a folder of the user's: put there, brought up to date, taken out again.

A manifest beside them says which are ours and what was in them, so that what the user changed or
added is told apart and never lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath

from sidelight.errors import SidelightError
from sidelight_xmp.files import (
    Snapshot,
    close,
    copy_owner,
    create_temp,
    read_snapshot,
    remove,
    remove_stale_temps,
    replace,
    sync_folder,
    write_all,
)

MANIFEST = "installed.json"
_SCHEMA = 1
_ANY_WRITE = 0o222


@dataclass(frozen=True)
class Manifest:
    """What was installed.

    Attributes:
        version: The Sidelight that did it.
        command: How the plug-in starts it.
        files: Path within the folder, with slashes, to SHA-256.
        made: What else did not exist before us; the plug-in gives the names.
    """

    version: str
    command: tuple[str, ...]
    files: Mapping[str, str]
    made: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1).encode("ascii") + b"\n"


@dataclass(frozen=True)
class Changes:
    """What installing or removing did.

    Attributes:
        count: Number of files that were written or removed.
        notes: What became of files that somebody had changed.
    """

    count: int
    notes: tuple[str, ...]


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file's content."""
    return {name: sha256(data).hexdigest() for name, data in sorted(files.items())}


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder; None when there is none, or none that can be used."""
    found = read_snapshot(folder / MANIFEST)
    if found is None:
        return None
    try:
        values = json.loads(found.data)
        files = {str(name): str(digest) for name, digest in values["files"].items()}
        manifest = Manifest(
            str(values["version"]),
            tuple(map(str, values["command"])),
            files,
            tuple(map(str, values["made"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return manifest if all(map(_stays_inside, files)) else None


def _stays_inside(name: str) -> bool:
    if PureWindowsPath(name).drive or "\\" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def install_files(folder: Path, files: Mapping[str, bytes], old: Manifest | None) -> Changes:
    """Make `folder` hold `files`, and no other file of an older version.

    A file whose content we did not write is kept under another name (`NAME.orig`). What the
    manifest does not name stays. The caller writes the new manifest afterwards; when it is killed
    before, the next run takes up where this one ended.

    Raises:
        SidecarError: A file in the way is a link, or no file.
        SidelightError: One is write-protected, or changes meanwhile.
        OSError: The file system refuses.
    """
    ours = dict(old.files) if old is not None else {}
    _tidy(folder, ours.keys() | files.keys())
    count, notes = 0, []
    for name in sorted(ours.keys() - files.keys()):
        path = folder / name
        found = read_snapshot(path)
        if found is None:
            continue
        if _digest(found) == ours[name]:
            path.unlink()
            _prune(path.parent, folder)
        else:
            notes.append(_put_aside(path))
        count += 1
    for name, data in sorted(files.items()):
        path = folder / name
        found = read_snapshot(path)
        if found is not None and found.data == data:
            continue
        if found is not None and _digest(found) != ours.get(name):
            notes.append(_put_aside(path))
            found = None
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data, found)
        count += 1
    return Changes(count, tuple(notes))


def remove_files(folder: Path, files: Mapping[str, bytes], old: Manifest | None) -> Changes:
    """Remove our files from `folder`, and its sub-folders that are empty then.

    A file that was changed stays where it is.

    Args:
        folder: Where `install_files` put them.
        files: What this version would install; known as ours even without a manifest.
        old: The manifest.

    Raises:
        SidecarError: A file of that name is a link, or no file.
        OSError: The file system refuses.
    """
    recorded = dict(old.files) if old is not None else {}
    current = digests(files)
    _tidy(folder, recorded.keys() | current.keys())
    count, notes = 0, []
    for name in sorted(recorded.keys() | current.keys()):
        path = folder / name
        found = read_snapshot(path)
        if found is None:
            continue
        if _digest(found) in (recorded.get(name), current.get(name)):
            path.unlink()
            _prune(path.parent, folder)
            count += 1
        else:
            notes.append(f"{name} was changed, so it was left in {folder}")
    return Changes(count, tuple(notes))


def differing(folder: Path, wanted: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return which of the files (name to SHA-256) are missing, and which hold something else."""
    found = {name: read_snapshot(folder / name) for name in sorted(wanted)}
    missing = [name for name, one in found.items() if one is None]
    changed = [name for name, one in found.items() if one and _digest(one) != wanted[name]]
    return missing, changed


def write_file(path: Path, data: bytes, old: Snapshot | None) -> None:
    """Replace a file in one step; at every instant it is the old or the new one.

    Args:
        path: The file.
        data: Its new content.
        old: What was read of it, None when it is not there; mode and owner are kept.

    Raises:
        SidelightError: It is write-protected, or somebody changed it meanwhile.
        OSError: The file system refuses; the old file is intact.
    """
    if old is not None and not old.status.st_mode & _ANY_WRITE:
        raise SidelightError(f"{path.name} is write-protected, so it was left alone")
    try:
        _replace(path, data, old)
    except OSError as error:
        error.filename = str(path)  # rather than that of a temporary file
        raise


def _replace(path: Path, data: bytes, old: Snapshot | None) -> None:
    descriptor, temp = create_temp(path.parent, 0o644 if old is None else 0o600)
    try:
        write_all(descriptor, data)
        if old is not None:
            copy_owner(descriptor, path, old.status)
        os.fsync(descriptor)
        check_unchanged(path, old)
        if os.name == "nt":  # an open file cannot be renamed there
            descriptor = close(descriptor)
        replace(temp, path)
    except BaseException:
        close(descriptor)
        remove(temp)
        raise
    close(descriptor)
    sync_folder(path.parent)


def check_unchanged(path: Path, old: Snapshot | None) -> None:
    """Make sure that a file is what was read of it; None stands for no file.

    Raises:
        SidelightError: It is not.
    """
    present = read_snapshot(path)
    if not (present is old is None or (present is not None and present.same_as(old))):
        raise SidelightError(f"{path.name} was changed by another program; try again")


def remove_if_empty(folder: Path) -> bool:
    """Remove a folder that holds nothing; False when it stays."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _tidy(folder: Path, names: Iterable[str]) -> None:
    """Remove what a killed process left half-written."""
    for each in {folder, *((folder / name).parent for name in names)}:
        remove_stale_temps(each)


def _digest(found: Snapshot) -> str:
    return sha256(found.data).hexdigest()


def _prune(folder: Path, top: Path) -> None:
    while folder != top and remove_if_empty(folder):
        folder = folder.parent


def _put_aside(path: Path) -> str:
    """Rename a file that somebody changed, over none that is there; return what to say of it."""
    aside = path.with_name(f"{path.name}.orig")
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.orig{number}")
    path.rename(aside)
    return f"{path.name} was changed by somebody; that version is kept as {aside.name}"
