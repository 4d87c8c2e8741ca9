"""One worker process, as a pool of pebble's with a single process and a single life.

A process that dies may have held the pool's locks or half a message, so its pool dies with it:
nothing is shared with the process that follows.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from pebble import ProcessPool

from sidelight.errors import WorkerError
from sidelight.jobs.call import Answer, begin, perform
from sidelight.jobs.limits import Limits
from sidelight.jobs.wire import listen, speak


class _OneProcess(SpawnContext):
    """A context that starts one process only, knows it, and trusts nothing that it says."""

    def __init__(self) -> None:
        super().__init__()
        self.process: SpawnProcess | None = None

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]
        if self.process is not None:
            raise OSError("the worker process has ended")
        kwargs["target"] = partial(speak, kwargs["target"])
        self.process = SpawnProcess(*args, **kwargs)
        return self.process

    def Pipe(self, duplex: bool = True) -> Any:
        ends = super().Pipe(duplex)
        listen(ends[0])  # the worker makes a reader of its own; it may believe us
        return ends


class Lane:
    """A worker process that does one call at a time."""

    def __init__(self, limits: Limits, nice: int, preload: Sequence[str]) -> None:
        self._context = _OneProcess()
        self._running: Future[Answer] = Future()
        self._pool = ProcessPool(
            max_workers=1,
            initializer=begin,
            initargs=(limits, nice, tuple(preload)),
            context=self._context,
        )

    def start(self) -> None:
        """Start the process; the thread that calls must live as long as the process does.

        Raises:
            WorkerError: The system starts no process.
        """
        try:
            alive = self._pool.active  # looking at it starts it
        except Exception as error:  # BrokenProcessPool or whatever the system raises
            raise WorkerError(f"a worker process cannot be started ({error})") from error
        if not alive:
            raise WorkerError("a worker process cannot be started")

    def call(self, packed: bytes, cpu_s: float, done: Callable[[Future[Answer]], None]) -> None:
        """Begin a call; `done` gets its future in one of pebble's threads."""
        self._running = self._pool.schedule(perform, args=(packed, cpu_s))
        self._running.add_done_callback(done)

    @property
    def begun(self) -> bool:
        """Whether the process has taken up the call, after its own start."""
        return self._running.running() or self._running.done()

    @property
    def pid(self) -> int | None:
        """The process's id, None before the start."""
        return self._context.process.pid if self._context.process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        process = self._context.process
        return process is not None and process.pid is not None and process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """The process's exit code, a signal's number if negative, None while it runs."""
        return self._context.process.exitcode if self._context.process else None

    @property
    def resident_bytes(self) -> int:
        """Memory the process holds, 0 when it is gone."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss) if self.pid else 0
        except psutil.Error:
            return 0

    def end(self) -> threading.Thread:
        """Kill the process and what it started; return the thread that clears up behind it."""
        self._kill()
        thread = threading.Thread(target=self._clear_up, name="worker-end", daemon=True)
        thread.start()
        return thread

    def _kill(self) -> None:
        process = self._context.process
        if process is None or process.pid is None:
            return
        if hasattr(os, "killpg"):
            # The group outlives its leader while a grandchild is in it.
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            _kill_children(process.pid)
        with suppress(OSError, AttributeError):
            process.kill()

    def _clear_up(self) -> None:
        with suppress(Exception):  # pebble's own ends; the process is dead in any case
            self._pool.stop()
            self._pool.join()


def _kill_children(pid: int) -> None:
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
