"""Names and messages on a terminal."""

from __future__ import annotations

from sidelight.cli.text import counted, duration
from sidelight.workflows.printable import printable


def test_names_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2J\u202eb.dng") == "a\\x1b[2J\\u202eb.dng"


def test_one_and_many() -> None:
    assert [counted(n, "photo") for n in (0, 1, 2)] == ["0 photos", "1 photo", "2 photos"]


def test_durations_in_two_units_at_most() -> None:
    spans = (0.4, 59.9, 60, 3599, 3600, 86399, 86400, 200_000)
    assert [duration(seconds) for seconds in spans] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h 0 min",
        "23 h 59 min",
        "1 day 0 h",
        "2 days 7 h",
    ]
