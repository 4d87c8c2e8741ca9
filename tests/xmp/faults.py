"""Faults at every step of a write: an error raised, or this process killed, at call k.

A step is a call of the file system or a statement of the database that records our writes.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
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


STATEMENT = "statement"
"""How a statement of the database is called among `CALLS`."""

SQLITE_ERRORS = {
    errno.ENOSPC: (sqlite3.SQLITE_FULL, "database or disk is full"),
    errno.EDQUOT: (sqlite3.SQLITE_FULL, "database or disk is full"),
    errno.EROFS: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    errno.EACCES: (sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
}
"""What SQLite makes of an error of the system; of any other one a disk I/O error."""


@contextmanager
def at_each_call(act: Callable[[str, int, Callable, tuple], None]) -> Iterator[list[str]]:
    """Call `act(name, number, real function, arguments)` before each file operation.

    Yields the list of the names called so far. Connections opened meanwhile take part.
    """
    real = {name: getattr(os, name) for name in CALLS}
    real_connect = sqlite3.connect
    called: list[str] = []

    class Connection(sqlite3.Connection):
        def execute(self, *args):
            called.append(STATEMENT)
            act(STATEMENT, len(called), super().execute, args)
            return super().execute(*args)

        def executemany(self, *args):
            called.append(STATEMENT)
            act(STATEMENT, len(called), super().executemany, args)
            return super().executemany(*args)

    def connect(*args, **kwargs):
        return real_connect(*args, factory=Connection, **kwargs)

    def wrap(name: str) -> Callable:
        def call(*args, **kwargs):
            called.append(name)
            act(name, len(called), real[name], args)
            return real[name](*args, **kwargs)

        return call

    try:
        for name in CALLS:
            setattr(os, name, wrap(name))
        sqlite3.connect = connect
        yield called
    finally:
        sqlite3.connect = real_connect
        for name in CALLS:
            setattr(os, name, real[name])


def raise_at(number: int, code: int) -> Callable[[str, int, Callable, tuple], None]:
    """Return an `act` that raises OSError(code) at call `number` and at no other.

    At a statement it raises what SQLite would.
    """

    def act(name: str, at: int, real: Callable, args: tuple) -> None:
        if at == number and name == STATEMENT:
            raise sqlite_error(code)
        if at == number:
            raise OSError(code, os.strerror(code))

    return act


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """Return what SQLite raises when the system refuses with an errno."""
    number, text = SQLITE_ERRORS.get(code, (sqlite3.SQLITE_IOERR, "disk I/O error"))
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = number
    return error


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
            with suppress(OSError, sqlite3.Error):
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
