"""Places to watch: what they are, and how they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sidelight import paths
from sidelight.catalogs.base import catalog_kind
from sidelight.errors import RootError
from sidelight.state.mounts import mount_of
from sidelight.state.roots import Root, RootKind
from sidelight.state.values import path_to_text

_WITHOUT_FILES = frozenset(
    (
        "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devpts", "devtmpfs", "proc",
        "procfs", "securityfs", "sysfs",
    )
)  # fmt: skip
"""File systems of what the system shows of itself: processes, devices."""


def root_to_json(root: Root) -> dict[str, Any]:
    """Return plain JSON values; the path as it may be shown."""
    return {
        "id": root.id,
        "path": path_to_text(root.path),
        "kind": root.kind,
        "editors": list(root.editors),
        "engine": root.engine,
        "headroom": root.headroom,
        "strength": root.strength,
        "state": root.state,
        "reason": root.reason,
        "added": root.added,
    }


def check_place(path: Path) -> RootKind:
    """Return what a path is that somebody wants to watch.

    Raises:
        RootError: It cannot be watched; the sentence says why.
    """
    if path.is_dir():
        real = path.resolve()
        if real == Path(real.anchor):
            raise RootError(f"{path} is a whole drive; name the folder with the photos")
        state = paths.state_folder().resolve()
        if real == state or real in state.parents or state in real.parents:
            raise RootError(f"{path} holds Sidelight's own files; name the folder with the photos")
        if mount_of(real).kind in _WITHOUT_FILES:
            raise RootError(f"{path} holds no files; name the folder with the photos")
        return "folder"
    if not path.exists():
        raise RootError(f"there is no folder or catalog {path}")
    kind = catalog_kind(path)
    if kind not in ("lightroom", "darktable"):
        raise RootError(f"{path.name} is neither a folder nor a catalog of Lightroom or darktable")
    return "lightroom" if kind == "lightroom" else "darktable"
