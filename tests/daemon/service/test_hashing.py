"""Naming a photo's content without being held up by what is no photo."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from sidelight.errors import PhotoError, PhotoPathError
from sidelight.service.hashing import GoneError, is_transient, is_unchanged, read_content


def test_the_name_is_the_sha256_of_all_bytes(tmp_path: Path) -> None:
    photo = tmp_path / "a.dng"
    photo.write_bytes(b"x" * 3_000_000)
    content = read_content(photo)
    assert content.sha256 == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert content.stamp.size == 3_000_000


def test_a_change_is_seen(tmp_path: Path) -> None:
    photo = tmp_path / "a.dng"
    photo.write_bytes(b"x")
    content = read_content(photo)
    assert is_unchanged(photo, content)
    os.utime(photo, (1, 1))
    assert not is_unchanged(photo, content)
    photo.unlink()
    assert not is_unchanged(photo, content)


def test_what_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no longer there"):
        read_content(tmp_path / "a.dng")
    with pytest.raises((PhotoError, OSError)):
        read_content(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_p2_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside.dng"
    inside.mkdir()
    outside.write_bytes(b"secret")
    photo = inside / "a.dng"
    with pytest.raises(GoneError):
        read_content(photo, inside)
    photo.write_bytes(b"mine")
    assert read_content(photo, inside) == read_content(photo)
    photo.unlink()
    photo.symlink_to(outside)
    with pytest.raises(PhotoPathError):
        read_content(photo, inside)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_p4_a_pipe_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.NEF")
    with pytest.raises(PhotoError, match="not a regular file"):
        read_content(tmp_path / "x.NEF")


def test_a_network_drive_may_come_back() -> None:
    assert is_transient(OSError(errno.EIO, "input/output error"))
    assert not is_transient(OSError(errno.EACCES, "permission denied"))
