"""Lua reads back the bytes that were meant."""

from __future__ import annotations

import os
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from sidelight.workflows.setup.lua_string import lua_string

TEXTS = [
    "",
    "/usr/bin/python3",
    "quote \" and ' and \\ backslash",
    "line\nline\r\n\ttab ]] --[[ %d",
    "$(touch pwned) `id` é 😀 \u202e",
    "\x001\x0123\x7f0",
    *(os.fsdecode(bytes([byte])) + "7" for byte in range(256)),
]


def test_p6_any_bytes_come_out_of_lua_as_they_went_in(lua: str) -> None:
    literals = ",\n".join(map(lua_string, TEXTS))
    code = (
        f"for _, text in ipairs({{ {literals} }}) do\n"
        'io.write((text:gsub(".", function(c) return string.format("%02x", c:byte()) end)), "\\n")'
        "\nend"
    )
    done = subprocess.run([lua, "-"], input=code, capture_output=True, text=True, check=True)
    assert [bytes.fromhex(line) for line in done.stdout.splitlines()] == [*map(os.fsencode, TEXTS)]


@given(st.binary())
def test_a_literal_is_one_line_of_ascii_without_a_quote_inside(data: bytes) -> None:
    literal = lua_string(os.fsdecode(data))
    assert literal.isascii() and literal.isprintable()
    assert '"' not in literal[1:-1]
    assert literal[0] == literal[-1] == '"'
