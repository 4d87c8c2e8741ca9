"""One daemon for each user, and the file by which clients find it."""

from __future__ import annotations

import os
import secrets
import stat
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sidelight import __version__, paths
from sidelight.errors import ServiceError

if TYPE_CHECKING:
    from filelock import FileLock

ADDRESS = "127.0.0.1"
"""The only address a daemon ever listens on."""

SCHEMA = 1
API = [1]
"""Major versions of the interface that are served."""

_LARGEST = 1 << 16


class Endpoint(msgspec.Struct, frozen=True):
    """Where a daemon answers, as endpoint.json has it.

    Attributes:
        url: Without a path.
        port: On the loopback device.
        pid: Of the daemon.
        started: UTC time in ISO 8601.
        token: What clients send once the daemon has proved that it knows it too.
        version: Of Sidelight.
        schema: Of the file.
        api: Major versions of the interface.
    """

    url: str
    port: int
    pid: int
    started: str
    token: str
    version: str
    schema: int = SCHEMA
    api: list[int] = msgspec.field(default_factory=lambda: list(API))

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}, pid={self.pid})"


class Instance:
    """The right to be the daemon: a lock that the system takes back when the process ends.

    Args:
        lock_file: Held locked.
        endpoint_file: Written for clients.
    """

    def __init__(self, lock_file: Path | None = None, endpoint_file: Path | None = None) -> None:
        self._lock_file = lock_file or paths.lock_file()
        self._endpoint_file = endpoint_file or paths.endpoint_file()
        self._lock: FileLock | None = None
        self._published: Endpoint | None = None
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds")

    def acquire(self) -> bool:
        """Become the daemon; False when another process is.

        What a killed daemon left behind does not matter: its lock ended with it.

        Raises:
            ServiceError: The folder cannot be written, or locks do not work in it.
        """
        from filelock import FileLock, Timeout

        try:
            paths.make_private(self._lock_file.parent)
            lock = FileLock(self._lock_file, timeout=0, mode=0o600, fallback_to_soft=False)
            lock.acquire()
        except Timeout:
            return False
        except OSError as error:
            raise ServiceError(
                f"Sidelight's state folder cannot be used ({error.strerror or error})"
            ) from error
        self._lock = lock
        with suppress(FileNotFoundError):  # of a daemon that was killed
            self._endpoint_file.unlink()
        return True

    def publish(self, port: int, token: str) -> Endpoint:
        """Tell clients where to ask; again after the token changed.

        Raises:
            OSError: The file cannot be written.
        """
        endpoint = Endpoint(
            f"http://{ADDRESS}:{port}", port, os.getpid(), self._started, token, __version__
        )
        write_endpoint(endpoint, self._endpoint_file)
        self._published = endpoint
        return endpoint

    def release(self) -> None:
        """Remove the file and give up the lock; doing so twice is harmless."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        if self._published is not None:
            with suppress(OSError):
                self._endpoint_file.unlink()
        lock.release()


def write_endpoint(endpoint: Endpoint, file: Path) -> None:
    """Write the file at once and as a whole, readable by its owner alone.

    Raises:
        OSError: It cannot be written.
    """
    paths.make_private(file.parent)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as target:
            target.write(msgspec.json.encode(endpoint))
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(file)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def read_endpoint(file: Path | None = None) -> Endpoint | None:
    """Return where a daemon answers, None when none does; a dead one counts as none.

    So does one whose file another user may have written.
    """
    try:
        with (file or paths.endpoint_file()).open("rb") as source:
            if not _is_ours(os.fstat(source.fileno())):
                return None
            endpoint = msgspec.json.decode(source.read(_LARGEST), type=Endpoint)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None
    plain = endpoint.schema == SCHEMA and endpoint.url == f"http://{ADDRESS}:{endpoint.port}"
    return endpoint if plain and endpoint.token.isascii() and _is_alive(endpoint.pid) else None


def wait_for_endpoint(timeout_s: float, file: Path | None = None) -> Endpoint | None:
    """Return where the other daemon answers, which may be about to say so."""
    ends = time.monotonic() + timeout_s
    while (found := read_endpoint(file)) is None and time.monotonic() < ends:
        time.sleep(0.05)
    return found


def _is_ours(state: os.stat_result) -> bool:
    """Whether nobody else can have written a file; root may have, who may do anything."""
    if os.name != "posix":
        return True
    others = stat.S_IWGRP | stat.S_IWOTH
    return state.st_uid in (0, os.geteuid()) and not state.st_mode & others


def _is_alive(pid: int) -> bool:
    import psutil

    return pid > 0 and psutil.pid_exists(pid)
