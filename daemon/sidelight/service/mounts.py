"""What kind of drive a folder lies on, as far as the system tells; no file is touched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sidelight.state.network import FILE_SYSTEMS as NETWORK

SHARED = frozenset(("drvfs", "prl_fs", "vboxsf", "virtiofs", "vmhgfs"))
"""File systems of another computer around this one, or of one inside; no events either."""

STABLE = frozenset(
    (
        "apfs", "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "jfs", "nilfs2",
        "ntfs", "ntfs3", "reiserfs", "refs", "tmpfs", "xfs", "zfs",
    )
)  # fmt: skip
"""File systems that give a file the same inode number every time they are mounted."""


class Partition(Protocol):
    """As psutil describes a mounted file system."""

    @property
    def mountpoint(self) -> str: ...
    @property
    def fstype(self) -> str: ...
    @property
    def opts(self) -> str: ...


@dataclass(frozen=True)
class Mount:
    """The drive a folder lies on.

    Attributes:
        kind: Name of the file system, lower case; empty where nobody knows.
        is_network: Whether others change it without this computer being told.
        has_stable_inodes: Whether a file keeps its number when the drive is connected again.
    """

    kind: str = ""
    is_network: bool = False
    has_stable_inodes: bool = False


def mount_of(folder: Path, partitions: Iterable[Partition] | None = None) -> Mount:
    """Return the drive of a folder, which need not exist.

    Args:
        folder: Absolute.
        partitions: Those of this system when None.
    """
    if folder.drive.startswith("\\\\"):
        return Mount("smbfs", is_network=True)
    mounts = list(_partitions() if partitions is None else partitions)
    found = _nearest(Path(os.path.normpath(folder)), mounts)
    if found.is_network:
        return found  # resolving links there may hang
    return _nearest(Path(os.path.realpath(folder)), mounts)


def _partitions() -> Iterable[Partition]:
    import psutil

    try:
        return psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return ()


def _nearest(folder: Path, mounts: list[Partition]) -> Mount:
    holding = [mount for mount in mounts if folder.is_relative_to(mount.mountpoint)]
    if not holding:
        return Mount()
    # Of the same place the last one hides the others.
    _, _, mount = max((len(mount.mountpoint), at, mount) for at, mount in enumerate(holding))
    kind = mount.fstype.lower()
    # What a program of the user's provides is mostly somewhere else: sshfs, rclone, gvfs.
    is_network = kind in NETWORK | SHARED or kind.startswith("fuse.")
    is_network = is_network or "remote" in mount.opts.split(",")
    return Mount(kind, is_network, kind in STABLE)
