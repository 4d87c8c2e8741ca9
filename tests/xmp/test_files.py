"""File operations: checked reads, temporary files in use and left behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sidelight_xmp import (
    DiskFullError,
    HostileSidecarError,
    NotWritableError,
    WriteError,
    remove_stale_temps,
)
from sidelight_xmp.files import (
    TEMP_SUFFIX,
    close,
    create_temp,
    file_errors,
    read_snapshot,
    write_all,
)


def test_snapshots_tell_changes(tmp_path) -> None:
    path = tmp_path / "a.xmp"
    assert read_snapshot(path) is None
    path.write_bytes(b"one")
    first = read_snapshot(path)
    assert first.data == b"one" and first.same_as(read_snapshot(path))
    assert not first.same_as(None)
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not first.same_as(read_snapshot(path))


def test_x2_huge_files_are_not_even_read(tmp_path) -> None:
    path = tmp_path / "a.xmp"
    with path.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    with pytest.raises(HostileSidecarError, match="16 MB"):
        read_snapshot(path)


def test_temporary_files_are_hidden_and_marked(tmp_path) -> None:
    descriptor, path = create_temp(tmp_path)
    assert path.name.startswith(".") and path.name.endswith(TEMP_SUFFIX)
    write_all(descriptor, b"x" * 100_000)
    close(descriptor)
    assert path.stat().st_size == 100_000


def test_stale_temporary_files_are_removed_and_those_in_use_kept(tmp_path) -> None:
    """S3: a killed writer's file goes, a living writer's and all others stay."""
    descriptor, used = create_temp(tmp_path)
    old, stale = create_temp(tmp_path)
    close(old)
    others = [tmp_path / name for name in ("a.xmp", ".hidden", f"visible{TEMP_SUFFIX}")]
    for other in others:
        other.touch()
    folder = tmp_path / f".folder{TEMP_SUFFIX}"
    folder.mkdir()
    assert remove_stale_temps(tmp_path) == [stale]
    assert used.exists() and folder.exists() and all(other.exists() for other in others)
    close(descriptor)
    assert remove_stale_temps(tmp_path) == [used]
    assert remove_stale_temps(tmp_path / "missing") == []


def test_write_all_goes_on_after_short_writes(tmp_path, monkeypatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    descriptor, path = create_temp(tmp_path)
    write_all(descriptor, bytes(range(256)))
    close(descriptor)
    assert path.read_bytes() == bytes(range(256))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EROFS, NotWritableError),
        (errno.EACCES, NotWritableError),
        (errno.EPERM, NotWritableError),
        (errno.ENOENT, NotWritableError),
        (errno.EIO, WriteError),
    ],
)
def test_errors_become_sentences(code, kind) -> None:
    with pytest.raises(kind) as caught, file_errors(Path("/photos/a.xmp")):
        raise OSError(code, os.strerror(code))
    assert type(caught.value) is kind and caught.value.path == Path("/photos/a.xmp")
    assert str(caught.value).endswith(".")
