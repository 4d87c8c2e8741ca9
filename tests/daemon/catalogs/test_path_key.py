"""Which spellings are the same file, on each system."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import psutil
import pytest

from sidelight.catalogs.path_key import KEY_BYTES, RealPaths, System, path_key

COMPOSED, DECOMPOSED = "/p/caf\u00e9.NEF", "/p/cafe\u0301.NEF"


@pytest.mark.parametrize(
    ("system", "first", "second", "same"),
    [
        ("linux", "/p/A.NEF", "/p/A.NEF", True),
        ("linux", "/p/A.NEF", "/p/a.nef", False),
        ("linux", COMPOSED, DECOMPOSED, False),
        ("linux", "/p//q/./A.NEF", "/p/q/A.NEF", True),
        ("linux", "/p/q/../A.NEF", "/p/A.NEF", True),
        ("linux", "/p/.hidden/A.NEF", "/p/hidden/A.NEF", False),
        ("linux", "/p/a\\b", "/p/a/b", False),
        ("linux", "C:/p/A.NEF", "/p/A.NEF", False),
        ("mac", "/p/A.NEF", "/P/a.nef", True),
        ("mac", COMPOSED, DECOMPOSED, True),
        ("mac", "/p/É.NEF", "/p/e\u0301.nef", True),
        ("mac", "/p/A.NEF", "/p/B.NEF", False),
        ("windows", "C:/Users/Ann/A.NEF", "c:\\users\\ANN\\a.nef", True),
        ("windows", "C:/p/A.NEF", "D:/p/A.NEF", False),
        ("windows", "//server/share/A.NEF", "\\\\SERVER\\share\\A.NEF", True),
    ],
)
def test_same_or_not(system: System, first: str, second: str, same: bool) -> None:
    assert (path_key(first, system) == path_key(second, system)) is same


def test_keys_are_short_and_take_any_name() -> None:
    assert len(path_key(Path("/p/a"))) == KEY_BYTES
    odd = os.fsdecode(b"/p/\xff\xfe.NEF")
    assert path_key(odd, "linux") == path_key(odd, "linux") != path_key("/p/a", "linux")
    assert path_key(odd, "mac") != path_key(odd, "linux") or odd == odd.casefold()
    assert path_key(str(PureWindowsPath("C:/p/a")), "windows") == path_key("C:/p/a", "windows")


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_of_this_computer_are_followed(tmp_path: Path) -> None:
    real = (tmp_path / "data").resolve()
    real.mkdir()
    link = tmp_path / "Pictures"
    link.symlink_to(real)
    paths = RealPaths()
    assert paths.of(link / "a.NEF") == str(real / "a.NEF")
    assert paths.of(tmp_path / "gone" / "a.NEF").endswith("gone/a.NEF")
    assert paths.of(Path("C:/p/a.NEF")) == str(Path("C:/p/a.NEF"))


def test_p5_network_places_are_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    def touch(path: str) -> str:
        raise AssertionError(path)

    mounts = [
        SimpleNamespace(mountpoint="/mnt/nas", fstype="nfs4", opts="rw"),
        SimpleNamespace(mountpoint="/net", fstype="autofs", opts="rw"),
        SimpleNamespace(mountpoint="/Volumes/x", fstype="apfs", opts="rw,remote"),
        SimpleNamespace(mountpoint="/home", fstype="ext4", opts="rw"),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)
    monkeypatch.setattr(os.path, "realpath", touch)
    paths = RealPaths()
    for name in ("/mnt/nas/p", "/mnt/nas", "/net/evil/share", "/Volumes/x/p", "//evil/share"):
        assert paths.of(Path(f"{name}/a.NEF")) == str(Path(f"{name}/a.NEF"))
    if os.name == "posix":
        with pytest.raises(AssertionError):
            paths.of(Path("/mnt/nas2/a.NEF"))
