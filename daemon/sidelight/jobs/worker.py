"""Calls in worker processes: what crashes, hangs or runs out of memory there fails alone.

One thread, the pool's own, starts and ends processes, hands out calls and keeps the deadlines; it
exists only while there is work and for `idle_s` afterwards.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from pebble import ProcessFuture

from sidelight.errors import WorkerDiedError, WorkerError, WorkerTimeoutError
from sidelight.jobs.call import NO_MEMORY, Answer, call_packed, unpack_answer, unpack_error
from sidelight.jobs.capacity import sensible_workers
from sidelight.jobs.lane import Lane
from sidelight.jobs.limits import ENFORCES_MEMORY, Limits

__all__ = ["Limits", "WorkerPool", "sensible_workers"]

START_S = 60.0
"""A process that has not begun its first call after so long never will."""

TOO_LONG = "this photo took too long and was given up"

_LOOK_S = 0.05
_WATCH_S = 0.25
_CLEAR_UP_S = 2.0


@dataclass(eq=False)
class _Task:
    packed: bytes
    timeout_s: float
    future: Future[Any] = field(default_factory=ProcessFuture)
    begun: bool = False
    again: bool = False
    deadline_s: float = 0.0


@dataclass(eq=False)
class _Place:
    """A lane and the task in it."""

    lane: Lane
    task: _Task | None = None


class _Done(NamedTuple):
    place: _Place
    task: _Task
    answer: Future[Answer]


class WorkerPool:
    """Up to `workers` processes that are started when needed and end when idle.

    Args:
        workers: Processes at once.
        limits: What one call may cost.
        nice: 0, or how far the processes stand back behind others, to 19.
        idle_s: Without work for so long, all processes end.
        preload: Modules that a process imports before its first call.
    """

    def __init__(
        self,
        workers: int,
        *,
        limits: Limits | None = None,
        nice: int = 0,
        idle_s: float = 60.0,
        preload: Sequence[str] = (),
    ) -> None:
        self.workers = max(1, workers)
        self.limits = limits or Limits()
        self._nice, self._idle_s, self._preload = nice, idle_s, tuple(preload)
        self._inbox: SimpleQueue[_Task | _Done | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop_at: float | None = None
        self._waiting: deque[_Task] = deque()
        self._places: list[_Place] = []
        self._ending: list[threading.Thread] = []
        self._wanted = 0
        self._open = 0

    def submit(self, function: Callable[..., Any], *args: Any, timeout_s: float) -> Future[Any]:
        """Call a function in a worker process.

        Args:
            function: Importable by name; returns plain JSON values.
            args: What it is called with.
            timeout_s: Counts from when a process begins the call, by the monotonic clock.

        Returns:
            A future whose `cancel` also ends a call that is running. Its exception is what the
            function raised, a WorkerTimeoutError, a WorkerDiedError, or a WorkerError where
            memory ran out or the function, its arguments or its answer cannot be sent.

        Raises:
            WorkerError: The pool has been stopped.
        """
        task = _Task(b"", timeout_s)
        try:
            task.packed = call_packed(function, args)
        except WorkerError as error:
            task.future.set_exception(error)
            return task.future
        with self._lock:
            if self._stop_at is not None:
                raise WorkerError("no work is taken any more: the worker processes are stopping")
            self._open += 1
            self._inbox.put(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="workers", daemon=True)
                self._thread.start()
        task.future.add_done_callback(lambda future: self._settled(task))
        return task.future

    @property
    def active(self) -> int:
        """Calls that wait or run."""
        return self._open

    def pids(self) -> list[int]:
        """Return the ids of the processes."""
        return [pid for place in tuple(self._places) if (pid := place.lane.pid) is not None]

    def stop(self, grace_s: float = 0.0) -> None:
        """Give running calls so long to end, cancel the rest, and end all processes.

        Returns at the latest a few moments after `grace_s`, even if a process is stuck.
        """
        with self._lock:
            self._stop_at = time.monotonic() + grace_s
            thread = self._thread
            self._inbox.put(None)
        if thread is threading.current_thread():
            return
        until = time.monotonic() + grace_s + _CLEAR_UP_S
        if thread is not None:
            thread.join(max(0.0, until - time.monotonic()))
        for ending in self._ending:
            ending.join(max(0.0, until - time.monotonic()))

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _settled(self, task: _Task) -> None:
        with self._lock:
            self._open -= 1
        if task.future.cancelled():
            self._inbox.put(task)

    # All that follows runs in the pool's own thread.

    def _run(self) -> None:
        idle_since = time.monotonic()
        while True:
            with suppress(Empty):
                self._receive(self._inbox.get(timeout=self._patience(idle_since)))
            self._overlook()
            self._hand_out()
            if self._waiting or any(place.task for place in self._places):
                idle_since = time.monotonic()
            elif self._may_end(idle_since):
                return

    def _patience(self, idle_since: float) -> float:
        """Return how many seconds may pass until something has to be looked at."""
        now = time.monotonic()
        tasks = [place.task for place in self._places if place.task]
        if not tasks:
            return max(0.0, self._idle_s - (now - idle_since)) if self._stop_at is None else 0.0
        if not all(task.begun for task in tasks):
            return _LOOK_S
        until = min(task.deadline_s for task in tasks)
        until = until if self._stop_at is None else min(until, self._stop_at)
        watch = _WATCH_S if self._watches_memory else until
        return max(0.0, min(until - now, watch))

    @property
    def _watches_memory(self) -> bool:
        return self.limits.memory_mib is not None and not ENFORCES_MEMORY

    def _receive(self, message: _Task | _Done | None) -> None:
        if isinstance(message, _Done):
            self._finish(message)
        elif message is not None and message.future.cancelled():
            self._drop(message)
        elif message is not None:
            self._waiting.append(message)

    def _finish(self, done: _Done) -> None:
        """Settle a call whose process answered or died."""
        place, task = done.place, done.task
        if place.task is not task:
            return  # it was given up before
        place.task = None
        error = done.answer.exception()
        if error is not None:
            self._end(place)
            self._bury(task, error, place.lane.exit_code)
            return
        answer = done.answer.result()
        if answer.tired:
            self._end(place)
        self._settle(task, answer)

    def _bury(self, task: _Task, error: BaseException, exit_code: int | None) -> None:
        """Fail a call whose process died, or begin it again if the process died before it."""
        # pebble tells a death in the midst of a call apart, but for the exit code 0.
        untouched = isinstance(error, BrokenProcessPool) and exit_code != 0
        if untouched and not task.again:
            task.again = True
            self._waiting.appendleft(task)
        else:
            _fail(task, _death(exit_code))

    def _settle(self, task: _Task, answer: Answer) -> None:
        try:
            if answer.good:
                value = unpack_answer(answer.packed)
                with suppress(InvalidStateError):
                    task.future.set_result(value)
            else:
                _fail(task, unpack_error(answer.packed) if answer.packed else _no_memory())
        except WorkerError as error:
            _fail(task, error)

    def _drop(self, task: _Task) -> None:
        """Forget a canceled call, with its process if it runs."""
        with suppress(ValueError):
            self._waiting.remove(task)
        for place in list(self._places):
            if place.task is task:
                self._end(place)
        with suppress(RuntimeError, InvalidStateError):
            task.future.set_running_or_notify_cancel()  # wakes who waits for it

    def _overlook(self) -> None:
        """End what is beyond its deadline or its memory, or everything when time to stop is up."""
        now = time.monotonic()
        for place in [place for place in self._places if place.task]:
            task = place.task
            assert task is not None
            if not task.begun and place.lane.begun:
                task.begun, task.deadline_s = True, now + task.timeout_s
                with suppress(RuntimeError, InvalidStateError):
                    task.future.set_running_or_notify_cancel()
            if now >= task.deadline_s:
                late = WorkerTimeoutError(TOO_LONG)
                never = WorkerDiedError("the process for this photo did not start")
                self._give_up(place, late if task.begun else never)
            elif self._watches_memory and self._too_large(place.lane):
                self._give_up(place, _no_memory())
        if self._stop_at is not None:
            self._cancel(now >= self._stop_at)

    def _too_large(self, lane: Lane) -> bool:
        limit = self.limits.memory_mib
        return limit is not None and lane.resident_bytes > limit << 20

    def _give_up(self, place: _Place, error: WorkerError) -> None:
        task = place.task
        self._end(place)
        if task is not None:
            _fail(task, error)

    def _cancel(self, running: bool) -> None:
        tasks = list(self._waiting)
        if running:
            tasks += [place.task for place in self._places if place.task]
        for task in tasks:
            task.future.cancel()
            self._drop(task)

    def _hand_out(self) -> None:
        while self._waiting:
            try:
                place = self._free_place()
            except WorkerError as error:
                _fail(self._waiting.popleft(), error)
                continue
            if place is None:
                break
            self._begin(place, self._waiting.popleft())
        self._replace_ended()

    def _replace_ended(self) -> None:
        """Start processes in the place of those that ended, so that the next call need not."""
        try:
            while self._stop_at is None and len(self._places) < self._wanted:
                self._start_place()
        except WorkerError:
            self._wanted = len(self._places)

    def _free_place(self) -> _Place | None:
        """Return a place without a task, with a process that lives, or None if all are busy."""
        for place in list(self._places):
            if place.task is None and not place.lane.alive:
                self._end(place)
            elif place.task is None:
                return place
        return self._start_place() if len(self._places) < self.workers else None

    def _start_place(self) -> _Place:
        place = _Place(Lane(self.limits, self._nice, self._preload))
        place.lane.start()
        self._places.append(place)
        self._wanted = max(self._wanted, len(self._places))
        return place

    def _begin(self, place: _Place, task: _Task) -> None:
        place.task = task
        task.deadline_s = time.monotonic() + START_S
        cpu_s = self.limits.cpu_for(task.timeout_s)
        try:
            place.lane.call(
                task.packed, cpu_s, lambda done: self._inbox.put(_Done(place, task, done))
            )
        except RuntimeError:  # the process died this very moment
            self._give_up(place, _death(place.lane.exit_code))

    def _end(self, place: _Place) -> None:
        place.task = None
        self._places.remove(place)
        self._ending = [thread for thread in self._ending if thread.is_alive()]
        self._ending.append(place.lane.end())

    def _may_end(self, idle_since: float) -> bool:
        """End all processes after the idle time; whether this thread may end, too."""
        stopping = self._stop_at is not None
        if not stopping and time.monotonic() - idle_since < self._idle_s:
            return False
        with self._lock:
            if not self._inbox.empty() and not stopping:
                return False
            for place in list(self._places):
                self._end(place)
            self._wanted = 0
            self._thread = None
        return True


def _fail(task: _Task, error: BaseException) -> None:
    with suppress(InvalidStateError):
        task.future.set_exception(error)


def _no_memory() -> WorkerError:
    return WorkerError(NO_MEMORY)


def _death(exit_code: int | None) -> WorkerError:
    """Return the error for a process that ended in the middle of a call."""
    cpu = getattr(signal, "SIGXCPU", None)
    if exit_code is not None and cpu is not None and exit_code == -cpu:
        return WorkerTimeoutError(TOO_LONG)
    how = "" if exit_code is None else f" (exit code {exit_code})"
    if exit_code is not None and exit_code < 0:
        with suppress(ValueError):
            how = f" ({signal.Signals(-exit_code).name})"
    return WorkerDiedError(f"the process that read this photo stopped{how}")
