"""Folders that something was heard of."""

from __future__ import annotations

import math
import threading
import time

from sidelight.service.marks import MOST, Marks


def test_hints_are_gathered_and_wake_once() -> None:
    woken: list[int] = []
    marks = Marks(0.5, lambda: woken.append(1))
    assert marks.due_s == math.inf
    began = time.monotonic()
    marks.changed("/a", deep=False)
    marks.changed("/b", deep=True)
    marks.changed("/b", deep=False)
    marks.changed("/a", deep=False)
    assert woken == [1]
    assert 0.4 < marks.due_s - began < 1
    assert marks.take(began) == ({}, False)
    assert marks.take(marks.due_s) == ({"/a": False, "/b": True}, False)
    assert marks.take(math.inf) == ({}, False)
    marks.changed("/a", deep=False)
    assert woken == [1, 1]


def test_too_many_folders_or_lost_hints_mean_everything() -> None:
    marks = Marks(0.0, lambda: None)
    for number in range(MOST + 10):
        marks.changed(str(number), deep=False)
    assert marks.take(math.inf) == ({}, True)
    marks.changed("/a", deep=False)
    marks.overflowed()
    marks.overflowed()
    assert marks.take(math.inf) == ({}, True)
    assert marks.take(math.inf) == ({}, False)


def test_nothing_is_lost_between_threads() -> None:
    marks = Marks(0.0, lambda: None)
    taken: set[str] = set()

    def hint(name: str) -> None:
        for number in range(200):
            marks.changed(f"{name}{number}", deep=False)

    threads = [threading.Thread(target=hint, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken |= marks.take(math.inf)[0].keys()
    taken |= marks.take(math.inf)[0].keys()
    assert len(taken) == 800
