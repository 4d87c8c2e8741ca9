"""Putting the daemon's database back after its file was removed while it was open."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sidelight.errors import StateError
from sidelight.paths import make_private
from sidelight.state.database import COMPANIONS, Database


def put_back(database: Database, opened: os.stat_result) -> bool:
    """Write everything the open connection still knows to where the file was; then close it.

    Args:
        database: Whose file, or the log beside it, was removed.
        opened: The file as it was when it was opened.

    Returns:
        Whether it did; False where another file has taken the place, which is then left alone.

    Raises:
        StateError: What is left cannot be read.
        OSError: The folder cannot be written.
    """
    path = database.path
    make_private(path.parent)
    if _is_other(path, opened):
        database.close()
        return False
    copy = Path(f"{path}.rescued")
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        database.read("VACUUM INTO ?", (str(copy),))
        _sync(copy)
        database.close()  # before there is a log again, which SQLite would remove by its name
        for ending in COMPANIONS[1:]:  # another database's log would be replayed into the copy
            Path(f"{path}{ending}").unlink(missing_ok=True)
        copy.replace(path)
    except UnicodeError as error:
        raise StateError("the folder of Sidelight's database has an unusable name") from error
    finally:
        with suppress(OSError):
            copy.unlink(missing_ok=True)
    return True


def _is_other(path: Path, opened: os.stat_result) -> bool:
    try:
        return not os.path.samestat(path.stat(), opened)
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
