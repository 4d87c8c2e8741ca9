"""What kind of drive a folder lies on, as far as the system tells; no file is touched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NETWORK = frozenset(
    (
        "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.rclone", "fuse.sshfs",
        "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs", "webdav",
    )
)  # fmt: skip
"""File systems of servers, as the operating systems name them."""

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
    found = _mount(_nearest(Path(os.path.normpath(folder)), mounts))
    if found.is_network:
        return found  # resolving links there may hang
    return _mount(_nearest(Path(os.path.realpath(folder)), mounts))


def remote_places() -> tuple[str, ...]:
    """Return where servers are mounted, or would be as soon as somebody looks there."""
    return tuple(
        mount.mountpoint.rstrip("/")
        for mount in _partitions()
        if _is_remote(mount) or mount.fstype.lower() == "autofs"
    )


def network_warning(folder: Path) -> str:
    """Return one sentence if a folder for a database lies on a network drive, otherwise nothing.

    A database cannot be locked reliably there.
    """
    nearest = _nearest(Path(os.path.realpath(folder)), list(_partitions()))
    if not (folder.drive.startswith("\\\\") or (nearest and _is_remote(nearest))):
        return ""
    return (
        "Sidelight's own folder lies on a network drive, where its database may be damaged; "
        "set SIDELIGHT_HOME to a folder of this computer"
    )


def _partitions() -> Iterable[Partition]:
    import psutil

    try:
        return psutil.disk_partitions(all=True)
    except (OSError, RuntimeError, psutil.Error):
        return ()


def _nearest(folder: Path, mounts: list[Partition]) -> Partition | None:
    holding = [mount for mount in mounts if folder.is_relative_to(mount.mountpoint)]
    if not holding:
        return None
    # Of the same place the last one hides the others.
    return max(enumerate(holding), key=lambda at: (len(at[1].mountpoint), at[0]))[1]


def _is_remote(mount: Partition) -> bool:
    return mount.fstype.lower() in NETWORK or "remote" in mount.opts.split(",")


def _mount(nearest: Partition | None) -> Mount:
    if nearest is None:
        return Mount()
    kind = nearest.fstype.lower()
    # What a program of the user's provides is mostly somewhere else: sshfs, rclone, gvfs.
    is_network = _is_remote(nearest) or kind in SHARED or kind.startswith("fuse.")
    return Mount(kind, is_network, kind in STABLE)
