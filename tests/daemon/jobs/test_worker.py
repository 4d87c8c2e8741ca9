"""Worker processes: a crash, a hang or a memory bomb costs one call."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from sidelight.errors import (
    UnreadableError,
    WorkerDiedError,
    WorkerError,
    WorkerTimeoutError,
)
from sidelight.jobs import worker
from sidelight.jobs.worker import Limits, WorkerPool

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX systems")
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux enforces the memory limit")

TEST_LIMITS = Limits(memory_mib=1024)


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, limits=TEST_LIMITS) as made:
        yield made


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def ask(pool: WorkerPool, function: Any, *args: Any, timeout_s: float = 30.0) -> Any:
    return pool.submit(function, *args, timeout_s=timeout_s).result(60)


def test_answers(pool: WorkerPool, behavior: ModuleType) -> None:
    futures = [pool.submit(behavior.double, n, timeout_s=30) for n in range(20)]
    assert [future.result(60) for future in futures] == [2 * n for n in range(20)]
    assert pool.active == 0
    assert len(pool.pids()) == 1 and pool.pids() != [os.getpid()]


def test_as_many_processes_as_are_needed(behavior: ModuleType) -> None:
    with WorkerPool(3, limits=TEST_LIMITS) as pool:
        ask(pool, behavior.pid)
        assert len(pool.pids()) == 1
        futures = [pool.submit(behavior.nap, 0.3, timeout_s=30) for _ in range(6)]
        assert len({future.result(60) for future in futures}) == 3
        assert len(pool.pids()) == 3


BAD = {
    "abort": (WorkerDiedError, "stopped (SIGABRT)"),
    "segfault": (WorkerDiedError, "stopped (SIGSEGV)"),
    "spin": (WorkerTimeoutError, "took too long"),
    "spin_holding_the_lock": (WorkerTimeoutError, "took too long"),
    "allocate": (WorkerError, "there is not enough memory for this photo"),
    "leave_politely": (WorkerError, "an unexpected SystemExit"),
    "interrupt": (WorkerError, "an unexpected KeyboardInterrupt"),
    "raise_unreadable": (WorkerError, "an unexpected Unreadable: odd"),
    "raise_known": (UnreadableError, "no decoder opens it"),
    "answer_a_lambda": (WorkerError, "cannot be sent"),
    "answer_a_trap": (WorkerError, "cannot be sent"),
    "use_much_cpu": (WorkerTimeoutError, "took too long"),
}


@linux
@pytest.mark.parametrize("name", BAD)
def test_d1_costs_one_call(pool: WorkerPool, behavior: ModuleType, name: str) -> None:
    kind, text = BAD[name]
    own = os.getpid()
    seconds = 1.0 if "spin" in name else 60.0
    with pytest.raises(kind) as caught:
        ask(pool, getattr(behavior, name), timeout_s=seconds)
    assert type(caught.value) is kind
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ask(pool, behavior.double, 4) == 8
    assert os.getpid() == own


@posix
def test_d1_a_worker_that_was_taken_over_takes_over_nobody(
    pool: WorkerPool, behavior: ModuleType, tmp_path: Path
) -> None:
    canary = tmp_path / "pwned"
    with pytest.raises(WorkerDiedError):
        ask(pool, behavior.speak_in_pickles, str(canary), timeout_s=20.0)
    assert ask(pool, behavior.double, 4) == 8
    assert not canary.exists()


@posix
@pytest.mark.parametrize("code", [0, 7])
def test_d1_leaving_without_an_answer(pool: WorkerPool, behavior: ModuleType, code: int) -> None:
    with pytest.raises(WorkerDiedError, match=rf"exit code {code}"):
        ask(pool, behavior.leave, code)
    assert ask(pool, behavior.double, 4) == 8


@posix
def test_d1_a_gigabyte_on_standard_output(pool: WorkerPool, behavior: ModuleType) -> None:
    assert ask(pool, behavior.chatter) == "said"


@posix
def test_d1_forked_children_die_with_their_worker(
    pool: WorkerPool, behavior: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(WorkerDiedError):
        ask(pool, behavior.forks, str(tmp_path / "children"))
    children = [int(line) for line in (tmp_path / "children").read_text().split()]
    assert eventually(lambda: not any(map(_runs, children)))
    assert ask(pool, behavior.double, 4) == 8


@posix
def test_d1_a_fork_does_not_answer_too(pool: WorkerPool, behavior: ModuleType) -> None:
    for _ in range(3):
        assert ask(pool, behavior.fork_and_return) == "twice"
        assert ask(pool, behavior.double, 4) == 8


@posix
def test_d1_children_left_behind_end_the_worker(
    pool: WorkerPool, behavior: ModuleType, tmp_path: Path
) -> None:
    first = ask(pool, behavior.leave_a_child, str(tmp_path / "children"))
    child = int((tmp_path / "children").read_text())
    assert ask(pool, behavior.pid) != first
    assert eventually(lambda: not _runs(child))


def test_d1_every_way_at_once(behavior: ModuleType) -> None:
    names = ["abort", "double", "segfault", "double", "spin", "double"] * 2
    with WorkerPool(2, limits=TEST_LIMITS) as pool:
        futures = [
            pool.submit(getattr(behavior, name), *([4] if name == "double" else []), timeout_s=2)
            for name in names
        ]
        wait(futures, timeout=120)
        good = [future.result() for future in futures if future.exception() is None]
    assert good == [8] * 6


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_cannot_be_sent_or_imported(
    pool: WorkerPool, behavior: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WorkerError, match="cannot be sent"):
        ask(pool, lambda: 1)
    with pytest.raises(WorkerError, match="cannot be sent"):
        ask(pool, behavior.double, threading.Lock())
    monkeypatch.setattr(behavior, "late", late, raising=False)
    monkeypatch.setattr(late, "__module__", behavior.__name__)
    with pytest.raises(WorkerError, match="cannot be read"):
        ask(pool, late)
    assert ask(pool, behavior.double, 4) == 8


def late() -> None:
    """Known here as a function of a module which has no such function in the worker."""


@linux
def test_a_worker_is_confined(behavior: ModuleType) -> None:
    limits = Limits(memory_mib=2000, files=50)
    with WorkerPool(1, limits=limits, nice=7, preload=["colorsys", "missing.module"]) as pool:
        state = ask(pool, behavior.state, timeout_s=40)
    assert state["limits"]["RLIMIT_AS"] == [2000 << 20, 2000 << 20]
    assert state["limits"]["RLIMIT_NOFILE"] == [50, 50]
    assert state["limits"]["RLIMIT_CORE"] == [0, 0]
    assert 80 <= state["limits"]["RLIMIT_CPU"][0] - state["used_s"] <= 82
    assert state["nice"] == os.nice(0) + 7
    assert state["session"] and state["interrupt"] and state["loaded"]
    assert state["threads"] == "1"
    assert state["streams"] == ["/dev/null"] * 3
    assert state["files"] < 20


def test_the_deadline_counts_from_the_beginning_of_a_call(
    pool: WorkerPool, behavior: ModuleType
) -> None:
    futures = [pool.submit(behavior.nap, 0.5, timeout_s=2.0) for _ in range(6)]
    assert len({future.result(60) for future in futures}) == 1


def test_q5_a_jump_of_the_clock_ends_no_call(
    pool: WorkerPool, behavior: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(pool, behavior.pid)
    future = pool.submit(behavior.nap, 1.0, timeout_s=20.0)
    assert eventually(future.running)
    now = time.time
    for jump_s in (86_400.0, -86_400.0):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: now() + jump_s)
        time.sleep(0.3)
    assert future.result(30) in pool.pids()


def test_cancel_ends_the_process_of_a_running_call(pool: WorkerPool, behavior: ModuleType) -> None:
    first = ask(pool, behavior.pid)
    running = pool.submit(behavior.spin, timeout_s=60)
    queued = pool.submit(behavior.pid, timeout_s=60)
    dropped = pool.submit(behavior.pid, timeout_s=60)
    assert eventually(running.running)
    assert dropped.cancel() and running.cancel()
    assert wait([running, dropped], timeout=20).not_done == set()
    with pytest.raises(CancelledError):
        running.result()
    assert queued.result(30) != first
    assert eventually(lambda: not _runs(first))
    assert not queued.cancel()
    assert eventually(lambda: pool.active == 0)


def test_cancel_from_asyncio(pool: WorkerPool, behavior: ModuleType) -> None:
    async def give_up() -> int:
        future = pool.submit(behavior.spin, timeout_s=60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(future), 0.5)
        return await asyncio.wrap_future(pool.submit(behavior.double, 3, timeout_s=30))

    assert asyncio.run(give_up()) == 6


def test_an_idle_pool_has_neither_process_nor_thread(behavior: ModuleType) -> None:
    before = set(threading.enumerate())
    with WorkerPool(2, limits=TEST_LIMITS, idle_s=0.3) as pool:
        first = ask(pool, behavior.pid)
        assert eventually(lambda: not pool.pids() and not _runs(first))
        assert eventually(lambda: set(threading.enumerate()) <= before)
        assert ask(pool, behavior.pid) != first


def test_a_process_serves_a_limited_number_of_calls(
    pool: WorkerPool, behavior: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    futures = [pool.submit(behavior.pid, timeout_s=30) for _ in range(401)]
    pids = [future.result(60) for future in futures]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [200, 200, 1]


def test_the_next_process_starts_by_itself(pool: WorkerPool, behavior: ModuleType) -> None:
    first = ask(pool, behavior.pid)
    ended = pool.submit(behavior.abort, timeout_s=30)
    assert isinstance(ended.exception(30), WorkerDiedError)
    assert eventually(lambda: pool.pids() != [] and pool.pids() != [first])
    second = pool.pids()
    assert ask(pool, behavior.pid) in second


def test_a_process_that_has_grown_is_replaced(pool: WorkerPool, behavior: ModuleType) -> None:
    first = ask(pool, behavior.grow, 10)
    assert ask(pool, behavior.grow, 400) == first
    assert ask(pool, behavior.pid) != first


def test_memory_is_watched_where_the_system_does_not_limit_it(
    pool: WorkerPool, behavior: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ENFORCES_MEMORY", False)
    with WorkerPool(1, limits=Limits(memory_mib=300)) as watched:
        ask(watched, behavior.pid)
        with pytest.raises(WorkerError, match="not enough memory"):
            ask(watched, behavior.hold, 600)
        assert ask(watched, behavior.double, 4) == 8


@pytest.mark.parametrize("name", ["spin", "spin_holding_the_lock"])
def test_stop_returns_in_time_when_a_worker_is_stuck(behavior: ModuleType, name: str) -> None:
    pool = WorkerPool(2, limits=TEST_LIMITS)
    stuck = pool.submit(getattr(behavior, name), timeout_s=600)
    short = pool.submit(behavior.nap, 0.5, timeout_s=600)
    assert eventually(stuck.running) and eventually(short.running)
    queued = pool.submit(behavior.pid, timeout_s=600)
    pids = pool.pids()
    started = time.monotonic()
    pool.stop(2.0)
    assert time.monotonic() - started < 10
    assert short.result() in pids
    assert stuck.cancelled() and queued.cancelled()
    assert not any(map(_runs, pids))
    with pytest.raises(WorkerError, match="stopping"):
        pool.submit(behavior.pid, timeout_s=1)


def test_stop_without_work(behavior: ModuleType) -> None:
    WorkerPool(2).stop(5.0)
    pool = WorkerPool(2, limits=TEST_LIMITS)
    pid = ask(pool, behavior.pid)
    started = time.monotonic()
    pool.stop(30.0)
    assert time.monotonic() - started < 10
    assert not _runs(pid)


@posix
def test_a_worker_killed_while_idle_is_replaced(pool: WorkerPool, behavior: ModuleType) -> None:
    first = ask(pool, behavior.pid)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: not _runs(first))
    assert ask(pool, behavior.pid) != first


OWNER = """
import sys, time
sys.path.insert(0, sys.argv[1])
import worker_behavior
from sidelight.jobs.worker import WorkerPool

if __name__ == "__main__":
    pool = WorkerPool(2)
    names = ("spin", "spin_holding_the_lock")
    futures = [pool.submit(getattr(worker_behavior, name), timeout_s=600) for name in names]
    while not all(future.running() for future in futures):
        time.sleep(0.01)
    print(*pool.pids(), flush=True)
    time.sleep(600)
"""


@linux
def test_a_killed_parent_leaves_no_workers(behavior: ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    folder = str(Path(str(behavior.__file__)).parent)
    command = [sys.executable, str(script), folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(pids) == 2 and all(map(_runs, pids))
        owner.kill()
        owner.wait()
    assert eventually(lambda: not any(map(_runs, pids)))
