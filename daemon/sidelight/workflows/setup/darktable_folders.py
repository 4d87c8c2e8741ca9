"""Where darktable keeps its configuration, and what runs in a sandbox."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

from sidelight.errors import SidelightError


class Usual(NamedTuple):
    """A folder where darktable usually keeps its configuration, and the sandbox it runs in."""

    folder: Path
    sandbox: str = ""


def usual_folders() -> list[Usual]:
    """Return where darktable keeps its configuration on this system, the common one first.

    Source: darktable's manual, "configuration directory".
    """
    home = Path.home()
    system = platform.system()
    if system == "Windows":
        local = os.environ.get("LOCALAPPDATA")
        return [Usual((Path(local) if local else home / "AppData" / "Local") / "darktable")]
    if system == "Darwin":
        return [Usual(home / ".config" / "darktable")]
    config = os.environ.get("XDG_CONFIG_HOME")
    return [
        Usual((Path(config) if config else home / ".config") / "darktable"),
        Usual(home / ".var/app/org.darktable.Darktable/config/darktable", "Flatpak"),
        Usual(home / "snap/darktable/current", "Snap"),
    ]


def find_folders(named: Path | None) -> list[Path]:
    """Return the folder that is named, or each usual one that exists.

    Where darktable is installed and was never started, that is the one it will make.

    Raises:
        SidelightError: The one that is named does not exist.
    """
    if named is not None:
        if not named.is_dir():
            raise SidelightError(f"there is no folder {named}")
        return [Path(os.path.abspath(named))]  # noqa: PTH100  a link keeps its name
    usual = [folder for folder, _ in usual_folders()]
    found = {folder.resolve(): folder for folder in reversed(usual) if folder.is_dir()}
    if not found and shutil.which("darktable"):
        return usual[:1]
    return list(reversed(found.values()))


def sandbox_of(config: Path) -> str:
    """Return the name of the sandbox in which the darktable of this folder runs, or nothing."""
    for folder, sandbox in usual_folders():
        if sandbox and folder.is_dir() and folder.resolve() == config.resolve():
            return sandbox
    return ""
