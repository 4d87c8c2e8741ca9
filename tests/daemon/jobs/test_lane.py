"""One worker process with one life."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import pytest

from sidelight.errors import WorkerError
from sidelight.jobs.call import Answer, call_packed, unpack_answer
from sidelight.jobs.lane import Lane
from sidelight.jobs.limits import Limits


def ask(lane: Lane, function: Any, *arguments: Any) -> Future[Answer]:
    answers: SimpleQueue[Future[Answer]] = SimpleQueue()
    lane.call(call_packed(function, arguments), 60.0, answers.put)
    return answers.get(timeout=60)


def test_calls_one_after_the_other(behavior: ModuleType) -> None:
    lane = Lane(Limits(), 0, ())
    assert not lane.alive and lane.pid is None and lane.exit_code is None
    lane.start()
    assert lane.alive and lane.resident_bytes >= 0
    assert unpack_answer(ask(lane, behavior.pid).result().packed) == lane.pid
    assert unpack_answer(ask(lane, behavior.double, 4).result().packed) == 8
    assert lane.begun
    lane.end().join(10)
    assert not lane.alive and lane.exit_code not in (None, 0)
    assert lane.resident_bytes == 0


@pytest.mark.skipif(os.name != "posix", reason="exit codes of POSIX systems")
@pytest.mark.parametrize("code", [0, 5])
def test_its_pool_ends_with_its_process(behavior: ModuleType, code: int) -> None:
    lane = Lane(Limits(), 0, ())
    lane.start()
    assert ask(lane, behavior.leave, code).exception() is not None
    assert lane.exit_code == code and not lane.alive
    until = time.monotonic() + 20
    with pytest.raises(RuntimeError):
        while time.monotonic() < until:
            ask(lane, behavior.pid)
    lane.end().join(10)


def test_ending_twice_or_before_the_start_is_no_error() -> None:
    lane = Lane(Limits(), 0, ())
    lane.end().join(10)
    lane.end().join(10)


def test_a_system_without_room_for_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    lane = Lane(Limits(), 0, ())
    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refuse)
    with pytest.raises(WorkerError, match="cannot be started"):
        lane.start()
    lane.end().join(10)
