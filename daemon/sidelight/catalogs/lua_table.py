"""Lightroom's develop settings as they stand in its catalog: a Lua table as text.

`s = { Exposure2012 = 0.5, ToneCurvePV2012 = { 0, 0, 255, 255 }, ["key"] = "text" }`: numbers,
strings, booleans, `nil` and tables; no expressions, nothing is ever executed.
"""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn

from sidelight.errors import CatalogError

MOST_CHARACTERS = 8 << 20
MOST_DEPTH = 64
MOST_TOKENS = 2_000_000

_TOKEN = re.compile(
    r"""(?:\s++|--[^\n]*+)*+(?:
      (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>-?(?:0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))
    | (?P<string>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
    | (?P<mark>[{}\[\]=,;])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"""\\(?:
      (?P<byte>[0-9]{1,3})
    | x(?P<hex>[0-9A-Fa-f]{2})
    | u\{(?P<code>[0-9A-Fa-f]{1,6})\}
    | z(?P<skip>\s*)
    | (?P<line>\r\n|\n\r|\n|\r)
    | (?P<letter>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WORDS = {"true": True, "false": False, "nil": None}


def parse_lua_table(text: str) -> dict[str, Any]:
    """Return the table that a text assigns, as plain JSON values.

    A table whose items have no names becomes a list, and so does an empty one inside another;
    any other becomes a dictionary, in which items without a name are numbered from "1".

    Args:
        text: `name = { … }` or the table alone.

    Raises:
        CatalogError: It is not such a text, or larger or deeper than any real one; says where.
    """
    if len(text) > MOST_CHARACTERS:
        raise CatalogError(f"the settings are {len(text)} characters long, which none really are")
    value = _Parser(text).document()
    return value if isinstance(value, dict) else _numbered(value)


class _Parser:
    """Reads one token ahead; the position is that of the token at hand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self._count = 0
        self._advance()

    def document(self) -> list[Any] | dict[str, Any]:
        if self._kind == "name":
            self._advance()
            self._expect("=")
        if self._token != "{":
            self._fail("a table")
        value = self._table(1)
        if self._kind != "end":
            self._fail("the end")
        return value

    def _table(self, depth: int) -> list[Any] | dict[str, Any]:
        if depth > MOST_DEPTH:
            self._fail(f"no more than {MOST_DEPTH} tables inside one another")
        self._expect("{")
        items: list[Any] = []
        named: dict[str, Any] = {}
        while self._token != "}":
            self._item(items, named, depth)
            if self._token in (",", ";"):
                self._advance()
            elif self._token != "}":
                self._fail("a comma or the end of the table")
        self._advance()
        return {**_numbered(items), **named} if named else items

    def _item(self, items: list[Any], named: dict[str, Any], depth: int) -> None:
        if self._token == "[":
            self._advance()
            key = _key(self._value(depth))
            if key is None:
                self._fail("a text or a number as key")
            self._expect("]")
        elif self._kind == "name" and self._token not in _WORDS:
            key = self._token
            self._advance()
        else:
            items.append(self._value(depth))
            return
        self._expect("=")
        value = self._value(depth)
        if value is not None:  # Lua has no such item then
            named[key] = value

    def _value(self, depth: int) -> Any:
        token, kind = self._token, self._kind
        if token == "{":
            return self._table(depth + 1)
        if kind == "number":
            value: Any = self._number(token)
        elif kind == "string":
            value = _unquote(token)
        elif kind == "name" and token in _WORDS:
            value = _WORDS[token]
        else:
            self._fail("a value")
        self._advance()
        return value

    def _number(self, token: str) -> int | float:
        if token.isdecimal() and len(token) <= 15:
            return int(token)
        if "x" in token or "X" in token:
            number = float(int(token[:40], 16)) if len(token) <= 40 else math.inf
        else:
            number = float(token)
        if not math.isfinite(number):
            self._fail("a finite number")
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _advance(self) -> None:
        found = _TOKEN.match(self._text, self._end)
        self._count += 1
        if found is None or self._count > MOST_TOKENS:
            self._start = self._end
            self._fail("something readable")
        self._kind = found.lastgroup or ""
        self._token = found[self._kind]
        self._start, self._end = found.span(self._kind)

    def _expect(self, mark: str) -> None:
        if self._kind != "mark" or self._token != mark:
            self._fail(f"{mark!r}")
        self._advance()

    def _fail(self, wanted: str) -> NoReturn:
        line = self._text.count("\n", 0, self._start) + 1
        column = self._start - self._text.rfind("\n", 0, self._start)
        raise CatalogError(f"the settings should have {wanted} at line {line}, column {column}")


def _key(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _numbered(items: list[Any]) -> dict[str, Any]:
    return {str(number): item for number, item in enumerate(items, 1)}


def _unquote(token: str) -> str:
    body = token[1:-1]
    if "\\" not in body:
        return body
    # Escapes by number are bytes, several of which may make up one character.
    raw = bytearray()
    end = 0
    for found in _ESCAPE.finditer(body):
        raw += body[end : found.start()].encode("utf-8", "surrogatepass")
        raw += _escaped(found)
        end = found.end()
    raw += body[end:].encode("utf-8", "surrogatepass")
    return raw.decode("utf-8", "replace")


def _escaped(found: re.Match[str]) -> bytes:
    kind = found.lastgroup
    if kind == "byte":
        return bytes([int(found["byte"]) & 0xFF])
    if kind == "hex":
        return bytes.fromhex(found["hex"])
    if kind == "code":
        code = int(found["code"], 16)
        return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else b""
    if kind == "skip":
        return b""
    if kind == "line":
        return b"\n"
    letter = found["letter"]
    return _LETTERS.get(letter, letter).encode("utf-8", "surrogatepass")
