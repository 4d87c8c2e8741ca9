"""One call in a worker process, and how it and its answer travel.

Both are packed here rather than by the pool: what cannot be packed or unpacked then costs one
call, not the pool.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.reduction import ForkingPickler
from typing import Any

from sidelight.errors import SidelightError, WorkerError
from sidelight.jobs.limits import Limits, allow_cpu, confine

MOST_CALLS = 200
"""A worker process is replaced after so many calls."""

_GROWTH = 1.5
_GROWTH_BYTES = 200 << 20

NO_MEMORY = "there is not enough memory for this photo"


@dataclass(frozen=True)
class Answer:
    """What a worker process sends back.

    Attributes:
        good: Whether `packed` is what the function returned, not what it raised.
        packed: For `unpack`; empty when memory ran out.
        tired: Whether the process should be replaced.
    """

    good: bool
    packed: bytes
    tired: bool


@dataclass(frozen=True)
class _Known:
    """One of our own errors, to be made again without asking its `__init__` for a text."""

    kind: type[BaseException]
    arguments: tuple[Any, ...]


@dataclass
class _Worker:
    """This process, once it is a worker."""

    pid: int
    start_bytes: int
    calls: int = 0


_workers: list[_Worker] = []


def begin(limits: Limits, nice: int, preload: Sequence[str]) -> None:
    """Make this process a worker and load what its first call needs."""
    confine(limits, nice)
    for name in preload:
        with suppress(Exception):  # the call that needs it says what is wrong
            import_module(name)
    _workers[:] = [_Worker(os.getpid(), _resident_bytes())]


def pack(value: Any) -> bytes:
    """Return a value as bytes for another process of ours.

    Raises:
        WorkerError: It cannot be sent.
    """
    try:
        return bytes(ForkingPickler.dumps(value))
    except Exception as error:  # a value's own methods raise what they like
        raise WorkerError(f"this cannot be sent to another process: {error}") from None


def unpack(packed: bytes) -> Any:
    """Return what `pack` was given.

    Raises:
        WorkerError: It cannot be read.
    """
    try:
        return ForkingPickler.loads(packed)
    except Exception as error:  # as above
        reason = f"{type(error).__name__}: {error}"
        raise WorkerError(f"another process's message cannot be read ({reason})") from None


def unpack_error(packed: bytes) -> Exception:
    """Return what a call raised.

    Raises:
        WorkerError: It cannot be read.
    """
    error = unpack(packed)
    if isinstance(error, _Known):
        error = error.kind.__new__(error.kind, *error.arguments)
    return error if isinstance(error, Exception) else WorkerError("the call raised no error")


def perform(packed: bytes, cpu_s: float) -> Answer:
    """Call the packed function with its arguments, in a worker process."""
    allow_cpu(cpu_s)
    good, answer = _attempt(packed)
    worker = _workers[0]
    if os.getpid() != worker.pid:
        os._exit(0)  # a fork that the function left behind must not answer, too
    worker.calls += 1
    # A process that met its memory limit may hold what it could not finish.
    grown = _resident_bytes() > _GROWTH * worker.start_bytes + _GROWTH_BYTES
    tired = grown or not answer or worker.calls >= MOST_CALLS or _has_children()
    return Answer(good, answer, tired)


def _attempt(packed: bytes) -> tuple[bool, bytes]:
    """Return whether the function returned, and what it returned or raised; empty: no memory."""
    try:
        function, arguments = unpack(packed)
        return True, pack(function(*arguments))
    except MemoryError:
        return False, b""
    except BaseException as error:  # SystemExit, too: it is the call's, not the worker's
        return False, _pack_error(error)


def _pack_error(error: BaseException) -> bytes:
    """Return an error that is sure to unpack, with its own type where that type allows it."""
    ours = isinstance(error, SidelightError)
    with suppress(Exception):  # whatever its own methods raise
        packed = pack(_Known(type(error), error.args) if ours else error)
        if type(unpack_error(packed)) is type(error):
            return packed
    with suppress(Exception):
        return pack(WorkerError(f"an unexpected {type(error).__name__}: {error}"))
    return pack(WorkerError(f"an unexpected {type(error).__name__}"))


def call_packed(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """Return a call for `perform`.

    Raises:
        WorkerError: The function cannot be imported by name, or an argument cannot be sent.
    """
    return pack((function, tuple(arguments)))


def _has_children() -> bool:
    """Whether a call left processes behind; they end with the worker."""
    try:
        return hasattr(os, "WNOHANG") and bool(os.waitpid(-1, os.WNOHANG))
    except ChildProcessError:
        return False


def _resident_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
