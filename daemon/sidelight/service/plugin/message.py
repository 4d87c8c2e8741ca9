"""Lines that a script and the helper program exchange: a word, then `key=value`, plain ASCII.

Bytes other than letters, digits and `. _ / -` are written as `%XX`, so that any name of a photo
passes, text or not, and a script needs no JSON. Names on disk are bytes; in Python they are text
with surrogates (`os.fsdecode`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-")
_WORD = re.compile(r"[a-z_]+")
_PAIR = re.compile(r"([a-z_]+)=((?:[A-Za-z0-9._/-]|%[0-9A-Fa-f]{2})*)")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Message:
    """One line.

    Attributes:
        word: What is said, lower-case letters and `_`.
        fields: About what.
    """

    word: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def to_line(self) -> str:
        """Return the line with its end."""
        pairs = (f"{key}={_escape(value)}" for key, value in sorted(self.fields.items()))
        return " ".join([self.word, *pairs]) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Message:
        """Read a line without its end.

        Raises:
            ValueError: It is not one.
        """
        word, *pairs = line.split(" ")
        found = [_PAIR.fullmatch(pair) for pair in pairs]
        if not _WORD.fullmatch(word) or not all(found):
            raise ValueError("this is not a line of Sidelight's scripts")
        return cls(word, {match[1]: _unescape(match[2]) for match in found if match})


def _escape(text: str) -> str:
    raw = os.fsencode(text)
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in raw)


def _unescape(text: str) -> str:
    raw = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text.encode("ascii"))
    return os.fsdecode(raw)
