"""The block in luarc: what is outside stays, and an error in it hurts nobody."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import SidelightError
from sidelight.workflows.setup.luarc import MODULE, Luarc, with_block, without_block
from sidelight_xmp.errors import UnsafeSidecarError

BLOCK = with_block(b"")
UNFINISHED = b"".join(BLOCK.splitlines(keepends=True)[:-1])
LUARC = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b" ", b"\xff", b"return x", b"#!lua", b"\xef\xbb\xbf"])
).map(b"".join)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", BLOCK),
        (b"return 1", BLOCK + b"return 1"),
        (b"one()\ntwo()\n", BLOCK + b"one()\ntwo()\n"),
        (b"one()\r\ntwo()", BLOCK.replace(b"\n", b"\r\n") + b"one()\r\ntwo()"),
        (b"one()\rtwo()\r", BLOCK.replace(b"\n", b"\r") + b"one()\rtwo()\r"),
        (b"#!/usr/bin/lua\none()\n", b"#!/usr/bin/lua\n" + BLOCK + b"one()\n"),
        (b"\xef\xbb\xbfone()\n", b"\xef\xbb\xbf" + BLOCK + b"one()\n"),
        (b"\xef\xbb\xbf# x\r\n", b"\xef\xbb\xbf# x\r\n" + BLOCK.replace(b"\n", b"\r\n")),
        (b"caf\xe9()\n", BLOCK + b"caf\xe9()\n"),
    ],
)
def test_before_and_after(before: bytes, after: bytes) -> None:
    assert with_block(before) == after
    assert with_block(after) == after
    assert without_block(after) == before
    assert without_block(before) == before


@given(LUARC)
def test_taking_out_gives_back_what_was_there(luarc: bytes) -> None:
    added = with_block(luarc)
    assert with_block(added) == added
    # Only where the file is one unfinished line that Lua skips, that line is finished.
    assert without_block(added) in (luarc, luarc + b"\n", luarc + b"\r")
    assert len(added) <= len(luarc) + 2 * len(BLOCK)


def test_a_block_stays_where_its_owner_moved_it() -> None:
    moved = b"one()\n" + BLOCK + b"two()\n"
    assert with_block(moved) == moved
    older = moved.replace(b"pcall(require", b"pcall(dofile")
    assert with_block(older) == moved
    assert with_block(b"one()\n" + BLOCK.rstrip()) == b"one()\n" + BLOCK


def test_of_two_blocks_the_first_stays() -> None:
    assert with_block(b"one()\n" + BLOCK + b"two()\n" + BLOCK) == b"one()\n" + BLOCK + b"two()\n"
    assert without_block(BLOCK + b"two()\n" + BLOCK) == b"two()\n"


@pytest.mark.parametrize("cut", [BLOCK[:-15], BLOCK[:60] + b"\none()\n", UNFINISHED + BLOCK])
def test_a_block_without_an_end_is_left_alone(cut: bytes) -> None:
    for change in (with_block, without_block):
        with pytest.raises(SidelightError, match="by hand"):
            change(cut)


@pytest.mark.parametrize("data", [b"\x1bLua\x54\x00", "require 'x'".encode("utf-16")])
def test_what_is_no_text_is_left_alone(data: bytes) -> None:
    with pytest.raises(SidelightError, match="not a text file"):
        with_block(data)


@pytest.mark.parametrize(
    "module",
    [
        "loaded = true return {}",
        "error('broken')",
        "error({})",
        "error(nil)",
        "this is no Lua",
        "local x = nil; x()",
        None,
    ],
)
@pytest.mark.parametrize("before", [b"", b"# comment\n", b"\xef\xbb\xbf", b"x = 1\r\n"])
def test_whatever_our_plug_in_does_the_users_scripts_run(
    module: str | None, before: bytes, lua: str, tmp_path: Path
) -> None:
    if before.startswith(b"\xef") and lua.endswith("5.1"):
        before = b""  # which Lua 5.1 does not know
    if module is not None:
        (tmp_path / "sidelight").mkdir()
        (tmp_path / f"{MODULE}.lua").write_text(module)
    luarc = tmp_path / "luarc"
    theirs = b'print("theirs", loaded, problem)\nreturn "the end"'
    luarc.write_bytes(with_block(before + theirs))
    # As darktable: luarc is a chunk loaded from a file, modules are looked for beside it.
    code = 'package.path = "./?.lua"; loaded = false; print(dofile("luarc"))'
    done = subprocess.run([lua, "-e", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *said, theirs_said, end = done.stdout.splitlines()
    works = module is not None and module.startswith("loaded")
    assert theirs_said.split() == ["theirs", str(works).lower(), "nil"]
    assert end == "the end"
    assert ([] if works else ["sidelight:"]) == [line.split()[0] for line in said[:1]]


def test_a_missing_luarc_is_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "luarc"
    luarc = Luarc.read(path)
    assert not luarc.loads_us
    assert luarc.write(luarc.with_block())
    assert path.read_bytes() == BLOCK
    again = Luarc.read(path)
    assert again.loads_us
    assert not again.write(again.with_block())
    again.remove()
    assert not path.exists()


def test_a_comment_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "luarc").write_bytes(b'  -- require "sidelight/sidelight"\n')
    assert not Luarc.read(tmp_path / "luarc").loads_us


def test_a_link_is_read_and_never_written(tmp_path: Path) -> None:
    own = tmp_path / "dotfiles"
    own.write_bytes(b"theirs()\n")
    (tmp_path / "luarc").symlink_to(own)
    with pytest.raises(SidelightError, match=r'a link .* pcall\(require, "sidelight/sidelight"\)'):
        Luarc.read(tmp_path / "luarc").with_block()
    own.write_bytes(b'pcall(require, "sidelight/sidelight")\n')
    luarc = Luarc.read(tmp_path / "luarc")
    assert luarc.loads_us
    assert not luarc.write(luarc.with_block())
    own.unlink()
    assert not Luarc.read(tmp_path / "luarc").loads_us


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "luarc")
    with pytest.raises(UnsafeSidecarError):
        Luarc.read(tmp_path / "luarc")
    (tmp_path / "luarc").unlink()
    (tmp_path / "other").write_bytes(b"x")
    (tmp_path / "luarc").hardlink_to(tmp_path / "other")
    with pytest.raises(UnsafeSidecarError, match="hard link"):
        Luarc.read(tmp_path / "luarc")


def test_a_change_since_it_was_read_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "luarc"
    path.write_bytes(b"one()\n")
    luarc = Luarc.read(path)
    path.write_bytes(b"two()\n")
    for change in (lambda: luarc.write(luarc.with_block()), luarc.remove):
        with pytest.raises(SidelightError, match="changed by another program"):
            change()
    assert path.read_bytes() == b"two()\n"
