"""Is Sidelight itself in place: versions, settings, folders of its own?"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from sidelight import __version__, paths
from sidelight.config import read_config
from sidelight.editors import EDITORS
from sidelight.engines import ENGINES
from sidelight.errors import SidelightError
from sidelight.workflows.doctor.check import Check
from sidelight.workflows.result import sentence
from sidelight_xmp.first_versions import FirstVersions

_LIBRARIES = (
    "numpy",
    "scipy",
    "rawpy",
    "lxml",
    "pillow",
    "opencolorio",
    "pebble",
    "rich",
    "aiohttp",
    "msgspec",
    "watchdog",
)
_LEAST_FREE_MB = 50
_COMFORTABLE_FREE_MB = 1000


def check_versions() -> Check:
    """Name this release and the libraries under it."""
    found, missing = [], []
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            missing.append(library)
    import rawpy

    found.append(f"LibRaw {'.'.join(map(str, rawpy.libraw_version))}")
    text = (
        f"Sidelight {__version__}, Python {platform.python_version()} on {platform.system()}, "
        + ", ".join(found)
    )
    if missing:
        return Check("versions", "failed", f"{text}; missing: {', '.join(missing)}")
    return Check("versions", "ok", text)


def check_config() -> Check:
    """Read the configuration and look up the names in it."""
    try:
        config, warnings = read_config()
    except SidelightError as error:
        return Check("configuration", "failed", str(error))
    unknown = [name for name in config.editors if name not in EDITORS]
    if config.engine not in ENGINES:
        unknown.append(config.engine)
    if unknown:
        return Check("configuration", "failed", f"there is no {', no '.join(unknown)}")
    if warnings:
        return Check("configuration", "warning", "; ".join(warnings))
    file = paths.config_file()
    return Check("configuration", "ok", str(file) if file.exists() else "defaults; no file")


def check_folder(name: str, folder: Path) -> Check:
    """Make sure that a folder of ours can be written to and is private."""
    try:
        paths.make_private(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"Sidelight")
    except OSError as error:
        return Check(name, "failed", f"{folder} cannot be written to: {sentence(error)}")
    mode = folder.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        return Check(name, "failed", f"{folder} is open to other users (mode {mode:o})")
    return Check(name, "ok", f"{folder} (mode {mode:o})")


def check_disk() -> Check:
    """Look at the free space where first versions are kept."""
    folder = paths.state_folder()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    text = f"{free_mb} MB free in {folder}"
    if free_mb < _LEAST_FREE_MB:
        return Check("disk space", "failed", text)
    return Check("disk space", "ok" if free_mb >= _COMFORTABLE_FREE_MB else "warning", text)


def check_first_versions() -> Check:
    """Compare the kept first versions with their index."""
    with FirstVersions(paths.first_versions_folder()) as store:
        problem = store.check()
        if problem:
            return Check("first versions", "failed", problem)
        sidecars, lost = store.sidecars(), store.lost()
        damaged = store.damaged_records()
    if lost:
        names = ", ".join(sorted(path.name for path in lost))
        return Check("first versions", "failed", f"cannot be undone: {names}")
    text = f"{len(sidecars)} sidecars can be undone"
    if damaged:
        return Check(
            "first versions",
            "warning",
            f"{text}; their record was damaged once, what could not be read of it is lost "
            f"({damaged[-1]})",
        )
    return Check("first versions", "ok", text)
