"""Files of ours in a folder of the user's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.workflows.setup.plain_files import (
    MANIFEST,
    Manifest,
    differing,
    digests,
    install_files,
    read_manifest,
    remove_files,
    write_file,
)
from sidelight_xmp.errors import UnsafeSidecarError
from sidelight_xmp.files import read_snapshot

OLD = {"main.lua": b"1", "gone.lua": b"2", "sub/gone.lua": b"3", "same.lua": b"4"}
NEW = {"main.lua": b"one", "new.lua": b"5", "same.lua": b"4", "deep/er/x.mo": b"6"}


def manifest_of(files: dict[str, bytes]) -> Manifest:
    return Manifest("1.0", ("python", "\udcff"), digests(files), ("lua",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the old version is installed."""
    path = tmp_path / "sidelight"
    path.mkdir()
    assert install_files(path, OLD, None).count == len(OLD)
    return path


def test_there_and_back(folder: Path, tree) -> None:
    before = tree(folder)
    assert install_files(folder, OLD, manifest_of(OLD)).count == 0
    assert tree(folder) == before
    assert remove_files(folder, {}, manifest_of(OLD)).count == len(OLD)
    assert tree(folder) == {}


def test_an_update_replaces_removes_and_adds(folder: Path, tree) -> None:
    (folder / "theirs.lua").write_bytes(b"foreign")
    changes = install_files(folder, NEW, manifest_of(OLD))
    assert changes.count == 5 and changes.notes == ()
    files = {name: data for name, data in tree(folder).items() if data is not None}
    assert files == {**NEW, "theirs.lua": b"foreign"}
    assert not (folder / "sub").exists()
    assert differing(folder, digests(NEW)) == ([], [])


def test_what_somebody_changed_is_kept(folder: Path, tree) -> None:
    for name in ("main.lua", "gone.lua"):
        (folder / name).write_bytes(b"mine")
        (folder / f"{name}.orig").write_bytes(b"mine, too")
    assert differing(folder, digests(OLD)) == ([], ["gone.lua", "main.lua"])
    changes = install_files(folder, NEW, manifest_of(OLD))
    assert (folder / "main.lua").read_bytes() == NEW["main.lua"]
    assert not (folder / "gone.lua").exists()
    for name in ("main.lua", "gone.lua"):
        assert (folder / f"{name}.orig").read_bytes() == b"mine, too"
        assert (folder / f"{name}.orig2").read_bytes() == b"mine"
        assert any(note.endswith(f"kept as {name}.orig2") for note in changes.notes)


def test_without_a_manifest_everything_unknown_is_somebodys(folder: Path) -> None:
    changes = install_files(folder, NEW, None)
    assert (folder / "main.lua.orig").read_bytes() == OLD["main.lua"]
    assert len(changes.notes) == 1
    assert (folder / "gone.lua").read_bytes() == OLD["gone.lua"]


def test_removing_leaves_what_is_not_ours(folder: Path, tree) -> None:
    (folder / "main.lua").write_bytes(b"mine")
    (folder / "sub" / "theirs.lua").write_bytes(b"foreign")
    changes = remove_files(folder, {}, manifest_of(OLD))
    assert changes.count == 3
    assert [note.split(" ")[0] for note in changes.notes] == ["main.lua"]
    assert tree(folder) == {"main.lua": b"mine", "sub": None, "sub/theirs.lua": b"foreign"}


def test_what_this_version_would_install_is_ours_even_without_a_manifest(folder: Path) -> None:
    assert remove_files(folder, OLD, None).count == len(OLD)


def test_the_manifest_says_what_it_was_told(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    manifest = manifest_of(OLD)
    (tmp_path / MANIFEST).write_bytes(manifest.to_bytes())
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"version": "1", "command": [], "files": [], "made": []}',
        b'{"version": "1", "command": [], "files": {}}',
        *(
            b'{"version": "1", "command": [], "files": {"%s": "x"}, "made": []}' % name
            for name in (b"../luarc", b"/etc/x", b"a/../../x", b"C:x", b"", b"..\\\\x")
        ),
    ],
)
def test_a_manifest_that_cannot_be_trusted_counts_as_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(data)
    assert read_manifest(tmp_path) is None


def test_links_in_the_way_are_refused(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (folder / "main.lua").unlink()
    (folder / "main.lua").symlink_to(target)
    for act in (
        lambda: install_files(folder, NEW, manifest_of(OLD)),
        lambda: remove_files(folder, {}, manifest_of(OLD)),
    ):
        with pytest.raises(UnsafeSidecarError, match=r"main\.lua is a link"):
            act()
    assert target.read_bytes() == b"theirs"


@pytest.mark.parametrize(("umask", "mode"), [(0, 0o644), (0o022, 0o644), (0o077, 0o600)])
def test_v3_others_may_not_write_what_the_editor_runs(
    umask: int, mode: int, tmp_path: Path
) -> None:
    before = os.umask(umask)
    try:
        write_file(tmp_path / "a.lua", b"1", None)
    finally:
        os.umask(before)
    assert (tmp_path / "a.lua").stat().st_mode & 0o777 == mode


def test_mode_is_kept_and_protection_heeded(tmp_path: Path) -> None:
    path = tmp_path / "luarc"
    path.write_bytes(b"1")
    path.chmod(0o640)
    write_file(path, b"2", read_snapshot(path))
    assert path.read_bytes() == b"2" and path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o440)
    with pytest.raises(SidelightError, match="luarc is write-protected"):
        write_file(path, b"3", read_snapshot(path))
    assert path.read_bytes() == b"2"


def test_a_refusing_file_system_is_named_by_the_file(
    tmp_path: Path, failing_at: Callable[[int], None]
) -> None:
    path = tmp_path / "luarc"
    path.write_bytes(b"1")
    for count in range(3):
        failing_at(count)
        with pytest.raises(OSError, match="No space left") as failed:
            write_file(path, b"2", read_snapshot(path))
        assert failed.value.filename == str(path)
        failing_at(-1)
        assert path.read_bytes() == b"1"
