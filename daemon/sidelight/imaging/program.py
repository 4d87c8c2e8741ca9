"""Another program, run so that it disturbs nothing of the user's and ends with this process."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sidelight.errors import ToolError

_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR")
_SET_PARENT_DEATH_SIGNAL = 1


def run_apart(name: str, command: Sequence[str], folder: Path, timeout_s: float) -> tuple[str, ...]:
    """Run a program on one thread, at home in a folder, and return what it printed, by lines.

    It ends with this process, even where that one is killed.

    Args:
        name: What it is called in messages.
        command: Its path and arguments.
        folder: A private one; what it keeps for itself goes there.
        timeout_s: When to give up.

    Raises:
        ToolError: It cannot be started, failed or took too long.
    """
    own = dict.fromkeys(_HOMES, str(folder)) | {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            env=os.environ | own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            preexec_fn=_die_with_parent(),
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{name} took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        raise ToolError(f"{name} cannot be started: {error.strerror}") from error
    # darktable 5 complains on standard output.
    lines = tuple((done.stdout + done.stderr).decode("utf-8", "replace").splitlines())
    if done.returncode != 0:
        raise ToolError(f"{name} failed ({done.returncode}): {' '.join(lines[-2:])}")
    return lines


def _die_with_parent() -> Callable[[], None] | None:
    """Return what the new process does first: have itself killed when this one is gone.

    A worker that runs out of time is killed with its whole group, but one the system kills, or
    whose daemon is killed, is not. Other systems than Linux have no such signal.
    """
    if sys.platform != "linux":
        return None
    # Looked up here: between fork and exec the less is done the better.
    prctl, parent = getattr(ctypes.CDLL(None), "prctl", None), os.getpid()
    if prctl is None:
        return None

    def bind() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind
