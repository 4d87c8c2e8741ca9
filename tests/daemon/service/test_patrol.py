"""The thread that goes round."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import pytest

from sidelight.service.patrol import Patrol
from sidelight.service.settle import WatchTiming


class Watch:
    """A root that is always due later."""

    def __init__(self, id: int, due_s: float = math.inf) -> None:
        self.id = id
        self.due_s = due_s
        self.steps = 0
        self.error: Exception | None = None
        self.is_removed = self.is_stopped = False
        self.stepped = threading.Event()

    def step(self, now_s: float) -> float:
        self.steps += 1
        self.stepped.set()
        if self.error is not None:
            raise self.error
        return now_s + self.due_s

    def stop(self) -> None:
        self.is_stopped = True


class Awake:
    """A computer that never sleeps."""

    def happened(self) -> bool:
        return False


def patrol_of(*watches: Watch, timing: WatchTiming | None = None, suspend: Any = None) -> Patrol:
    patrol = Patrol("test", timing or WatchTiming(), lambda: None, suspend)
    patrol.watches += watches  # type: ignore[arg-type]
    return patrol


def end(patrol: Patrol) -> None:
    patrol.is_stopping = True
    patrol.wake()
    patrol.join(10)
    assert patrol.is_done


def test_it_sleeps_until_the_next_is_due_or_somebody_wakes_it() -> None:
    often, never = Watch(1, 0.05), Watch(2)
    patrol = patrol_of(often, never)
    began_s = time.monotonic()
    patrol.start()
    while (steps := never.steps) < 5:
        time.sleep(0.01)
    assert steps <= 1 + (time.monotonic() - began_s) / 0.05
    often.due_s = math.inf
    time.sleep(0.2)  # the last step that was due before
    steps = never.steps
    time.sleep(0.3)
    assert never.steps == steps
    never.stepped.clear()
    patrol.wake()
    assert never.stepped.wait(5)
    end(patrol)
    assert often.is_stopped and never.is_stopped


def test_one_strange_root_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    strange, fine = Watch(1), Watch(2)
    strange.error = ZeroDivisionError()
    patrol = patrol_of(strange, fine, timing=WatchTiming(retry_s=0.05))
    patrol.start()
    while strange.steps < 3:
        time.sleep(0.01)
    end(patrol)
    assert fine.steps >= 3
    assert "root 1" in caplog.text


def test_the_thread_of_one_root_ends_with_it() -> None:
    watch = Watch(1)
    patrol = patrol_of(watch)
    patrol.start()
    assert watch.stepped.wait(5)
    watch.is_removed = True
    patrol.wake()
    patrol.join(10)
    assert patrol.is_done and patrol.watches == []


def test_catalogs_are_polled_when_they_say_so(caplog: pytest.LogCaptureFixture) -> None:
    polls: list[float] = []

    def poll() -> float:
        polls.append(time.monotonic())
        if len(polls) == 2:
            raise ZeroDivisionError
        return 0.02

    patrol = patrol_of(timing=WatchTiming(poll_s=0.05))
    patrol.poll = poll
    patrol.start()
    while len(polls) < 4:
        time.sleep(0.01)
    end(patrol)
    assert "catalogs" in caplog.text


def test_it_looks_now_and_then_whether_the_computer_slept() -> None:
    watch = Watch(1)
    patrol = patrol_of(watch, timing=WatchTiming(tick_s=0.05), suspend=Awake())
    patrol.start()
    while watch.steps < 3:
        time.sleep(0.01)
    end(patrol)


def test_a_computer_that_slept_looks_at_everything() -> None:
    woken: list[str] = []

    class Slept:
        def happened(self) -> bool:
            patrol.is_stopping = bool(woken)
            return not woken

    patrol = Patrol("test", WatchTiming(), lambda: woken.append("woken"), Slept())  # type: ignore[arg-type]
    patrol.run()
    assert woken == ["woken"]
