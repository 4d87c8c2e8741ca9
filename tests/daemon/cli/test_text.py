"""Names and messages on a terminal."""

from __future__ import annotations

from sidelight.cli.text import printable


def test_names_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2J\u202eb.dng") == "a\\x1b[2J\\u202eb.dng"
