"""Are the editors there, and recent enough?"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from sidelight.workflows.doctor.check import Check
from sidelight.workflows.result import joined
from sidelight.workflows.setup import PLUG_INS, Outcome, inspect

OLDEST_DARKTABLE = (4, 2, 1)
_TOOL_TIMEOUT_S = 30.0


def check_darktable() -> Check:
    """Look for darktable and ask it for its version."""
    program = shutil.which("darktable-cli")
    if program is None:
        return Check("darktable", "warning", "darktable-cli is not on the search path")
    try:
        answer = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check("darktable", "warning", f"{program} does not answer")
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout + answer.stderr)
    if match is None:
        return Check("darktable", "warning", f"{program} does not tell its version")
    version = tuple(int(part or 0) for part in match.groups())
    text = f"{'.'.join(map(str, version))} at {program}"
    if version < OLDEST_DARKTABLE:
        needed = ".".join(map(str, OLDEST_DARKTABLE))
        return Check("darktable", "warning", f"{text}; sidecars are made for {needed} or newer")
    return Check("darktable", "ok", text)


def check_lightroom() -> Check:
    """Look for Lightroom's folder of the user."""
    system = platform.system()
    if system not in ("Windows", "Darwin"):
        return Check("lightroom", "ok", "Lightroom does not run here; its sidecars can be made")
    support = Path.home() / "Library" / "Application Support"
    base = Path(os.environ.get("APPDATA", "")) if system == "Windows" else support
    folder = base / "Adobe" / "Lightroom"
    if folder.is_dir():
        return Check("lightroom", "ok", str(folder))
    return Check("lightroom", "warning", f"not found ({folder})")


def check_plug_ins() -> Iterator[Check]:
    """Say of each editor whether its plug-in is installed, of which version, and whole."""
    for editor in PLUG_INS:
        found = list(inspect(editor))
        levels = [_level(outcome) for outcome in found]
        level = min(levels, key=("failed", "warning", "ok").index)
        text = "; ".join(map(_stand, found))
        yield Check("plug-ins", level, f"{editor}: {text}")


def _level(outcome: Outcome) -> Literal["ok", "warning", "failed"]:
    if outcome.status == "damaged":
        return "failed"
    if outcome.status in ("outdated", "error") or outcome.notes:
        return "warning"
    return "ok"


def _stand(outcome: Outcome) -> str:
    if outcome.status == "absent":
        return joined("not installed", outcome.reason)
    name = outcome.version or outcome.status
    where = f"{name} in {outcome.folder}" if outcome.folder else name
    return joined(where, outcome.reason, *outcome.notes)
