"""Names and messages, on a terminal and in the log."""

from __future__ import annotations

import pytest

from sidelight.workflows.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("IMG_1.CR3", "IMG_1.CR3"),
        ("Füße 日本 🙂.dng", "Füße 日本 🙂.dng"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202egnp.fdp", "\\u202egnp.fdp"),
        ("bad\udcff", "bad\\udcff"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u2028", "\\u2028"),
    ],
)
def test_control_and_direction_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_line_ends_stay_where_they_are_wanted() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"
