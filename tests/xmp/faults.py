"""Faults at every step of a write: an error raised, or this process killed, at call k."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

CALLS = (
    "open",
    "read",
    "write",
    "close",
    "fsync",
    "lseek",
    "fstat",
    "lstat",
    "fchmod",
    "fchown",
    "listxattr",
    "replace",
    "unlink",
    "mkdir",
)


@contextmanager
def at_each_call(act: Callable[[str, int, Callable, tuple], None]) -> Iterator[list[str]]:
    """Call `act(name, number, real function, arguments)` before each file operation.

    Yields the list of the names called so far.
    """
    real = {name: getattr(os, name) for name in CALLS}
    called: list[str] = []

    def wrap(name: str) -> Callable:
        def call(*args, **kwargs):
            called.append(name)
            act(name, len(called), real[name], args)
            return real[name](*args, **kwargs)

        return call

    try:
        for name in CALLS:
            setattr(os, name, wrap(name))
        yield called
    finally:
        for name in CALLS:
            setattr(os, name, real[name])


def raise_at(number: int, code: int) -> Callable[[str, int, Callable, tuple], None]:
    """Return an `act` that raises OSError(code) at call `number` and at no other."""

    def act(name: str, at: int, real: Callable, args: tuple) -> None:
        if at == number:
            raise OSError(code, os.strerror(code))

    return act


def kill_at(number: int, torn: bool) -> Callable[[str, int, Callable, tuple], None]:
    """Return an `act` that kills this process at call `number`.

    With `torn`, a write gets half of its bytes through first, and any other call happens.
    """

    def act(name: str, at: int, real: Callable, args: tuple) -> None:
        if at != number:
            return
        if torn and name == "write":
            real(args[0], bytes(args[1])[: len(args[1]) // 2])
        elif torn:
            with suppress(OSError):
                real(*args)
        os.kill(os.getpid(), signal.SIGKILL)

    return act


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked process; return its exit status, negative when killed."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
