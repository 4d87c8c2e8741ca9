"""Any text as a Lua string literal: plain ASCII, the same in every version of Lua."""

from __future__ import annotations

import os

_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


def lua_string(text: str) -> str:
    r"""Return a literal that Lua reads as the bytes of `text`.

    Whatever is not a printable ASCII character, and quotes and backslashes, becomes a decimal
    escape (`\034`), so that nothing in `text` can end the literal.

    Args:
        text: Any text; undecodable bytes of file names (PEP 383) come out as they were.
    """
    return '"' + "".join(map(_escaped, os.fsencode(text))) + '"'


def _escaped(byte: int) -> str:
    return chr(byte) if byte in _PLAIN else f"\\{byte:03d}"
