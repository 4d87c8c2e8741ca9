"""What kind of drive a folder lies on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from sidelight.state.mounts import Mount, mount_of, network_warning


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


def mount(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, str, str]) -> None:
    partitions = [
        SimpleNamespace(mountpoint=place, fstype=kind, opts=options)
        for place, kind, options in found
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: partitions)


def test_a_database_on_a_network_drive_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path.anchor
    mount(monkeypatch, (root, "nfs4", "rw"), (str(tmp_path), "ext4", "rw"))
    assert not network_warning(tmp_path / "a")
    mount(monkeypatch, (str(tmp_path), "CIFS", "rw"), (root, "ext4", "rw"))
    assert "network drive" in network_warning(tmp_path / "a")
    mount(monkeypatch, (root, "ext4", "rw"), (root, "fuse.sshfs", "rw"))
    assert network_warning(tmp_path)
    mount(monkeypatch, (root, "NTFS", "rw,remote"))
    assert network_warning(tmp_path)


def test_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(monkeypatch)
    assert not network_warning(tmp_path)

    def refuse(all: bool) -> None:
        raise PermissionError

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert network_warning(tmp_path) == ""


def test_a_database_on_this_computer_is_not(tmp_path: Path) -> None:
    assert network_warning(tmp_path) == ""
