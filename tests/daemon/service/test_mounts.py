"""What kind of drive a folder lies on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sidelight.service.mounts import Mount, mount_of


def partitions(*mounts: tuple[str, str], opts: str = "rw") -> Sequence[Any]:
    return [SimpleNamespace(mountpoint=at, fstype=kind, opts=opts) for at, kind in mounts]


def test_the_nearest_mount_counts() -> None:
    mounts = partitions(("/", "ext4"), ("/mnt/nas", "nfs4"), ("/mnt/nas/card", "exfat"))
    assert mount_of(Path("/home/a"), mounts) == Mount("ext4", has_stable_inodes=True)
    assert mount_of(Path("/mnt/nas/2026"), mounts) == Mount("nfs4", is_network=True)
    assert mount_of(Path("/mnt/nas/card/x"), mounts) == Mount("exfat")
    assert mount_of(Path("/mnt/nasty"), mounts).kind == "ext4"


def test_a_later_mount_hides_an_earlier_one() -> None:
    mounts = partitions(("/", "ext4"), ("/mnt", "ext4"), ("/mnt", "cifs"))
    assert mount_of(Path("/mnt/a"), mounts).is_network


@pytest.mark.parametrize("kind", ["nfs", "CIFS", "smb3", "fuse.sshfs", "fuse.gvfsd-fuse", "9p"])
def test_network_drives(kind: str) -> None:
    assert mount_of(Path("/mnt"), partitions(("/mnt", kind))).is_network


def test_a_fuse_driver_of_a_local_drive_is_no_network() -> None:
    assert mount_of(Path("/mnt"), partitions(("/mnt", "fuseblk"))) == Mount("fuseblk")


def test_windows() -> None:
    assert mount_of(Path("/mnt"), partitions(("/mnt", "NTFS"), opts="rw,remote")).is_network
    share = cast(Path, PureWindowsPath(r"\\nas\photos"))
    assert mount_of(share, []).is_network


def test_a_link_to_a_network_drive(tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nas")
    mounts = partitions(("/", "ext4"), (str(tmp_path.resolve() / "nas"), "nfs"))
    assert mount_of(tmp_path / "link", mounts).is_network


def test_this_system(tmp_path: Path) -> None:
    assert not mount_of(tmp_path).is_network
    assert mount_of(Path("/nowhere at all"), []) == Mount()
