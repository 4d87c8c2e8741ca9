"""One call in a worker process, and how it and its answer travel.

Both are packed here rather than by the pool: what cannot be packed or unpacked then costs one
call, not the pool. A call is ours and is pickled. An answer comes from a process that has read
somebody's photo: it is JSON, and an error in it is a name to be looked up, never code.
"""

from __future__ import annotations

import builtins
import json
import os
from collections.abc import Callable, Iterator, Sequence
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

MOST_BYTES = 64 << 20
"""The largest answer."""

NO_MEMORY = "there is not enough memory for this photo"


@dataclass(frozen=True)
class Answer:
    """What a worker process sends back.

    Attributes:
        good: Whether `packed` is what the function returned, not what it raised.
        packed: For `unpack_answer` or `unpack_error`; empty when memory ran out.
        tired: Whether the process should be replaced.
    """

    good: bool
    packed: bytes
    tired: bool


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


def call_packed(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """Return a call for `perform`.

    Raises:
        WorkerError: The function cannot be imported by name, or an argument cannot be sent.
    """
    try:
        return bytes(ForkingPickler.dumps((function, tuple(arguments))))
    except Exception as error:  # a value's own methods raise what they like
        raise _not_sent(error) from None


def pack_answer(value: Any) -> bytes:
    """Return plain JSON values as bytes; tuples become lists.

    Raises:
        WorkerError: It is something else, or too much.
    """
    try:
        packed = json.dumps(value).encode("ascii")
    except Exception as error:  # as above
        if isinstance(error, MemoryError):
            raise
        raise _not_sent(error) from None
    if len(packed) > MOST_BYTES:
        raise _not_sent("it is too large")
    return packed


def unpack_answer(packed: bytes) -> Any:
    """Return what `pack_answer` was given.

    Raises:
        WorkerError: It cannot be read.
    """
    try:
        return json.loads(packed)
    except (ValueError, RecursionError) as error:
        raise _not_read(error) from None


def unpack_error(packed: bytes) -> Exception:
    """Return what a call raised: one of our own errors or of Python's, or a WorkerError.

    Raises:
        WorkerError: It cannot be read.
    """
    values = unpack_answer(packed)
    try:
        names, arguments, text = values["names"], values["arguments"], values["text"]
        if not (isinstance(text, str) and all(map(_is_plain, [*names, *arguments]))):
            raise TypeError("an error of other parts")
        return _made(names, arguments) or WorkerError(text)
    except (LookupError, TypeError, ValueError) as error:
        raise _not_read(error) from None


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
        function, arguments = _unpack_call(packed)
        return True, pack_answer(function(*arguments))
    except MemoryError:
        return False, b""
    except BaseException as error:  # SystemExit, too: it is the call's, not the worker's
        return False, _pack_error(error)


def _unpack_call(packed: bytes) -> Any:
    try:
        return ForkingPickler.loads(packed)
    except Exception as error:  # a value's own methods raise what they like
        raise _not_read(error) from None


def _pack_error(error: BaseException) -> bytes:
    """Return an error that is sure to unpack, with its own type where that type allows it."""
    names: list[str] = []
    arguments: list[Any] = []
    text = f"an unexpected {type(error).__name__}"
    with suppress(Exception):  # whatever its own methods raise
        text = f"{text}: {error}"
        if isinstance(error, SidelightError):
            names = [
                _name(kind) for kind in type(error).__mro__ if issubclass(kind, SidelightError)
            ]
            arguments = list(error.args)
        elif type(error).__module__ == "builtins":
            names, arguments = [_name(type(error))], list(error.__reduce__()[1])
        if not all(map(_is_plain, arguments)):
            arguments = [str(error)]
    return pack_answer({"names": names, "arguments": arguments, "text": text})


def _made(names: Sequence[str], arguments: Sequence[Any]) -> Exception | None:
    """Return an error of the first type that is known here, None where none is."""
    ours = {_name(kind): kind for kind in _family(SidelightError)}
    for name in names:
        if name in ours:  # made without asking its `__init__`, which may want no text
            error = ours[name].__new__(ours[name], *arguments)
            assert isinstance(error, Exception)
            return error
        module, _, plain = name.partition(":")
        kind = getattr(builtins, plain, None) if module == "builtins" else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            with suppress(TypeError):  # some want more than plain values
                return kind(*arguments)
    return None


def _family(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _family(each)


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _not_sent(reason: object) -> WorkerError:
    return WorkerError(f"this cannot be sent to another process: {reason}")


def _not_read(error: Exception) -> WorkerError:
    reason = f"{type(error).__name__}: {error}"
    return WorkerError(f"another process's message cannot be read ({reason})")


def _has_children() -> bool:
    """Whether a call left processes behind; they end with the worker."""
    try:
        return hasattr(os, "WNOHANG") and bool(os.waitpid(-1, os.WNOHANG))
    except ChildProcessError:
        return False


def _resident_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
