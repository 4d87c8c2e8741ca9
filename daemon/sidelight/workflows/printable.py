"""Text that came from outside, made safe to show on a terminal and to write into a log."""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def printable(text: str, *, keep: str = "") -> str:
    """Return `text` with control, direction and undecodable characters written as escapes.

    Args:
        text: Whatever it holds.
        keep: Characters that stay all the same, such as the line ends of a traceback.
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _UNSAFE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
