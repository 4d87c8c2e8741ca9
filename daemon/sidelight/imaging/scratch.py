"""Private folders for what other programs read and write, which leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "sidelight-scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that only this user may enter; it and its content are removed.

    A process that is killed cannot clear up: the next one removes what it left.
    """
    _remove_left_behind()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def _remove_left_behind() -> None:
    import psutil

    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                if not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid():
                    shutil.rmtree(folder)
