"""Lines between scripts and the helper program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.service.plugin.message import Message

NAMES = [
    "$(touch pwned).CR3",
    '"; touch pwned;".NEF',
    "-rf.dng",
    "a\nb=c write id=1.dng",
    "tab\there.dng",
    "\x1b[31mred.dng",
    "\u202egnd.dng",
    "\U0001f4f7 100%.dng",
    os.fsdecode(b"\xff\xfe.dng"),
    "e\u0301.dng",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_p6_any_name_passes_and_is_one_line_of_ascii(name: str) -> None:
    line = Message("photo", {"path": name, "id": "1"}).to_line()
    assert line.isascii()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert Message.from_line(line[:-1]) == Message("photo", {"path": name, "id": "1"})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_said_is_heard(text: str) -> None:
    message = Message("say", {"a": text, "b": "2"})
    assert Message.from_line(message.to_line().rstrip("\n")) == message


@pytest.mark.parametrize(
    "line", ["", "Word", "word a", "word a=b c", "word a=%G0", "word  a=b", "w a=ü"]
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        Message.from_line(line)


@pytest.mark.parametrize("name", NAMES)
def test_p6_lua_writes_and_reads_the_same_lines(checkout: Path, tmp_path: Path, name: str) -> None:
    lua = shutil.which("lua5.4")
    if lua is None:
        pytest.skip("lua5.4 is not installed")
    line = Message("photo", {"id": "7", "path": name}).to_line()
    (tmp_path / "line").write_text(line, encoding="ascii")
    chunk = (
        'local m = require "sidelight/message" local f = io.open(arg[1]) local l = f:read("l") '
        "local word, fields = m.decode(l) io.write(m.encode(word, fields), fields.path)"
    )
    (tmp_path / "chunk.lua").write_text(chunk, encoding="ascii")
    done = subprocess.run(
        [lua, str(tmp_path / "chunk.lua"), str(tmp_path / "line")],
        env={**os.environ, "LUA_PATH": f"{checkout}/lua_plugins/darktable/?.lua"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == line.encode("ascii") + os.fsencode(name)
