"""Whether a watched folder is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight.errors import RootError
from sidelight.service.presence import UNPLUGGED, find_root


def test_a_folder_that_is_there(tmp_path: Path) -> None:
    found = find_root(str(tmp_path))
    status = tmp_path.stat()
    assert (found.device, found.inode, found.is_empty) == (status.st_dev, status.st_ino, True)
    (tmp_path / "a.txt").touch()
    assert not find_root(str(tmp_path), device=1).is_empty
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert find_root(str(link)).inode == found.inode


def test_a_folder_that_is_gone_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(RootError, match="not there"):
        find_root(str(tmp_path / "gone"))
    (tmp_path / "file").touch()
    with pytest.raises(RootError, match="a file where"):
        find_root(str(tmp_path / "file"))


def test_an_empty_folder_where_a_drive_belongs(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    assert find_root(str(tmp_path), device).is_empty
    with pytest.raises(RootError, match=UNPLUGGED):
        find_root(str(tmp_path), device + 1)


@pytest.mark.parametrize(("number", "part"), [(13, "may not look"), (5, "cannot be read")])
def test_a_folder_that_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, part: str
) -> None:
    def refuse(path: object) -> object:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(RootError, match=part):
        find_root(str(tmp_path))
