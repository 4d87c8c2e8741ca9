"""Photos in several processes."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidelight.jobs import capacity
from sidelight.workflows import pool

WORK = """
import os, signal, time

def work(path, how, parent):
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "raise":
        raise ValueError("odd")
    if how == "hang":
        time.sleep(60)
    return f"{path.name} {os.environ['OMP_NUM_THREADS']} {os.getpid() != parent}"
"""

Work = Callable[..., str]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """A function that fresh processes can import by name."""
    (tmp_path / "pool_sample.py").write_text(WORK, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("pool_sample").work
    del sys.modules["pool_sample"]


def call(name: str, how: str) -> tuple[Path, str, int]:
    return Path(name), how, os.getpid()


def failed(given: tuple[Path, str, int], reason: str) -> str:
    return f"{given[0].name}: {reason}"


def test_answers_in_order_and_a_crash_fails_alone(work: Work) -> None:
    calls = [call("a", "well"), call("b", "die"), call("c", "raise"), call("d", "well")]
    answers = list(pool.in_processes(work, calls, 2, failed))
    assert answers[0] == "a 1 True"
    assert answers[1].startswith("b: the process that read this photo stopped")
    assert answers[2] == "c: an unexpected ValueError: odd"
    assert answers[3] == "d 1 True"


def test_a_photo_that_hangs_is_given_up(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_BASE_TIMEOUT_S", 4.0)
    answers = list(pool.in_processes(work, [call("a", "hang")], 1, failed))
    assert answers == ["a: this photo took too long and was given up"]


def test_stopping_early_stops_the_processes(work: Work) -> None:
    calls = [call("a", "well"), call("b", "hang"), call("c", "hang")]
    answers = pool.in_processes(work, calls, 2, failed)
    next(answers)
    started = time.monotonic()
    answers.close()
    assert time.monotonic() - started < 20


def test_our_own_threads_are_left_alone(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    list(pool.in_processes(work, [call("a", "well")], 1, failed))
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "usable_cores", lambda: 8)
    monkeypatch.setattr(capacity, "free_mib", lambda: 64_000.0)
    assert [pool.sensible_workers(n) for n in (0, 1, 3, 4, 8, 100)] == [1, 1, 1, 2, 4, 8]
    monkeypatch.setattr(capacity, "free_mib", lambda: 2600.0)
    assert pool.sensible_workers(100) == 2
    monkeypatch.setattr(capacity, "free_mib", lambda: 100.0)
    assert pool.sensible_workers(100) == 1
