"""A database on a network drive is warned about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sidelight.state.network import is_on_network, network_warning


def mounts(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, str, str]) -> None:
    partitions = [
        SimpleNamespace(mountpoint=place, fstype=kind, opts=options)
        for place, kind, options in found
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: partitions)


def test_the_nearest_mount_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path.anchor
    mounts(monkeypatch, (root, "nfs4", "rw"), (str(tmp_path), "ext4", "rw"))
    assert not is_on_network(tmp_path / "a")
    mounts(monkeypatch, (str(tmp_path), "CIFS", "rw"), (root, "ext4", "rw"))
    assert is_on_network(tmp_path / "a")
    assert "network drive" in network_warning(tmp_path / "a")
    mounts(monkeypatch, (root, "ext4", "rw"), (root, "fuse.sshfs", "rw"))
    assert is_on_network(tmp_path)
    mounts(monkeypatch, (root, "NTFS", "rw,remote"))
    assert is_on_network(tmp_path)


def test_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts(monkeypatch)
    assert not is_on_network(tmp_path)

    def refuse(all: bool) -> None:
        raise PermissionError

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert network_warning(tmp_path) == ""


def test_here(tmp_path: Path) -> None:
    assert network_warning(tmp_path) == ""
