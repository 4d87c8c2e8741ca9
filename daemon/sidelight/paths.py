"""Where Sidelight keeps its own files: per-user folders, private to that user."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "SIDELIGHT_HOME"
"""Environment variable that moves all folders below one place of the user's choice."""


def _folder(kind: str) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / kind
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("sidelight", appauthor=False)
    return {"config": dirs.user_config_path, "state": dirs.user_state_path}.get(
        kind, dirs.user_cache_path
    )


def config_folder() -> Path:
    """Return the folder of `config.toml`."""
    return _folder("config")


def state_folder() -> Path:
    """Return the folder of what must survive, such as first versions of sidecars."""
    return _folder("state")


def cache_folder() -> Path:
    """Return the folder of what may be deleted at any time."""
    return _folder("cache")


def config_file() -> Path:
    """Return the path of the configuration, whether or not it exists."""
    return config_folder() / "config.toml"


def first_versions_folder() -> Path:
    """Return the folder that keeps each sidecar as it was before Sidelight touched it."""
    return state_folder() / "first_versions"


def database_file() -> Path:
    """Return the database of jobs, roots and what waits for an editor."""
    return state_folder() / "sidelight.db"


def lightroom_calibration_file() -> Path:
    """Return the constants of Lightroom's emulator that were fitted to the user's exports."""
    return state_folder() / "lightroom_calibration.json"


def endpoint_file() -> Path:
    """Return the file by which clients find a running daemon."""
    return state_folder() / "endpoint.json"


def lock_file() -> Path:
    """Return the file a running daemon holds locked, so that there is one per user."""
    return state_folder() / "daemon.lock"


def log_folder() -> Path:
    """Return the folder of the daemon's log."""
    return state_folder() / "log"


def make_private(folder: Path) -> Path:
    """Create a folder that only its owner may enter, and return it.

    Parents that do not exist yet are made private too; an existing folder is tightened to 0700.

    Raises:
        OSError: The folder cannot be created.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder
