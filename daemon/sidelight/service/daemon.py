"""The daemon's process: one for each user, from its lock to its last line of log."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, repeat
from types import FrameType
from typing import Any, NoReturn

from sidelight import __version__, paths
from sidelight.config import Config
from sidelight.errors import ServiceError, StateError
from sidelight.service.assembly import Assembly
from sidelight.service.auth import Token
from sidelight.service.course import JobTiming
from sidelight.service.instance import Instance, wait_for_endpoint
from sidelight.service.log import PrivateFormatter, start_log, stop_log
from sidelight.service.rescue import put_back
from sidelight.state.database import Database, open_database
from sidelight.workflows import load_handler
from sidelight.workflows.result import sentence

DRAIN_S = 3.0
"""What running jobs and answers have to end when the daemon is told to stop."""

HARD_STOP_S = 4.8
"""After a signal the process ends by now, even if a lost network drive holds a thread."""

LOOK_S = 30.0
"""How often it is made sure that the database's file is still there."""

OTHER_S = 10.0
"""Patience with another daemon that is about to say where it answers."""

_AGAIN_S = (1.0, 5.0, 30.0)
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")

_log = logging.getLogger(__name__)


def serve(config: Config, say: Callable[[str], None], *, verbose: bool = False) -> int:
    """Be the daemon until a signal; return the exit code.

    Args:
        config: The user's choices.
        say: Tells the user one line.
        verbose: Log more, and name photos with their folders.

    Raises:
        SidelightError: It cannot start; the sentence says why.
        OSError: The log cannot be written.
    """
    instance = Instance()
    if not instance.acquire():
        other = wait_for_endpoint(OTHER_S)
        where = f"at {other.url}" if other else "already, but has not said where"
        say(f"sidelight: another one is serving {where}")
        return 0
    try:
        formatter = start_log(paths.log_folder(), verbose=verbose)
        formatter.hide_folder(paths.state_folder())
        daemon = Daemon(config, instance, formatter)
        return asyncio.run(daemon.run(lambda url: say(f"sidelight: serving at {url}")))
    finally:
        instance.release()
        stop_log()


class Daemon:
    """Keeps an assembly running, and builds another one should its database vanish.

    Args:
        config: The user's choices.
        instance: Acquired.
        formatter: Of the log.
        handlers: Name of a kind of job → its handler.
        timing: Delays of the dispatcher.
    """

    def __init__(
        self,
        config: Config,
        instance: Instance,
        formatter: PrivateFormatter,
        *,
        handlers: Callable[[str], Any] = load_handler,
        timing: JobTiming | None = None,
    ) -> None:
        self._config = config
        self._instance = instance
        self._formatter = formatter
        self._handlers = handlers
        self._timing = timing
        self._port = config.port
        self._token = Token()
        self._stop = asyncio.Event()
        self._gone = asyncio.Event()
        self._problem = ""
        self._signals = 0
        formatter.hide_secret(self._token.text)

    async def run(self, ready: Callable[[str], None]) -> int:
        """Serve until `stop` or a signal, and return the exit code.

        Args:
            ready: Called once with the address.

        Raises:
            SidelightError: It cannot start.
        """
        self._loop = asyncio.get_running_loop()
        restore = self._catch_signals()
        try:
            database: Database | None = await self._open()
            tell = ready
            while database is not None:
                database = await self._session(database, tell)
                tell = _nothing
        finally:
            restore()
        _log.info("stopped")
        return 0

    def stop(self) -> None:
        """End in good order; call it in the event loop's thread."""
        self._stop.set()

    # Sessions

    async def _session(self, database: Database, ready: Callable[[str], None]) -> Database | None:
        """Serve from one database; return the next one if this one vanished, None to end."""
        self._gone.clear()
        assembly = Assembly(
            self._config,
            database,
            self._token,
            rotate=self._rotate,
            on_gone=self._vanished,
            handlers=self._handlers,
            timing=self._timing,
        )
        if self._problem:
            assembly.notices.add("database", self._problem)
        try:
            server = await assembly.start(self._port)
            self._port = server.port
            self._instance.publish(self._port, self._token.text)
            _log.info("version %s serves at %s", __version__, server.url)
            ready(server.url)
            await self._until_over(assembly)
        finally:
            await assembly.stop(DRAIN_S)
            if not self._gone.is_set():
                database.close()
        return await self._replace(database) if self._gone.is_set() else None

    async def _until_over(self, assembly: Assembly) -> None:
        """Wait for the end of the daemon or of its database."""
        waits = [asyncio.create_task(event.wait()) for event in (self._stop, self._gone)]
        try:
            while not (self._stop.is_set() or self._gone.is_set()):
                await asyncio.wait(waits, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                if not await asyncio.to_thread(assembly.is_alive):
                    self._gone.set()
        finally:
            for task in waits:
                task.cancel()

    async def _open(self) -> Database:
        file = paths.database_file()
        database, self._problem = await asyncio.to_thread(open_database, file)
        self._opened = file.stat()
        return database

    async def _replace(self, old: Database) -> Database | None:
        """Put a vanished database back, or take what is in its place; wait until that works.

        When the daemon is to stop it is put back all the same, so that nothing is lost.
        """
        _log.warning("the database vanished; nothing is done until it is back")
        is_left = False
        for delay_s in chain(_AGAIN_S, repeat(_AGAIN_S[-1])):
            try:
                if not is_left and await asyncio.to_thread(put_back, old, self._opened):
                    _log.warning("the database was put back with everything that was known")
                is_left = True
                return None if self._stop.is_set() else await self._open()
            except (StateError, OSError) as error:
                _log.warning("no database, again in %g s: %s", delay_s, sentence(error))
            if self._stop.is_set():
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay_s)
        return None

    def _vanished(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._gone.set)

    def _rotate(self) -> None:
        """Take a new token and publish it."""
        self._formatter.hide_secret(self._token.rotate())
        try:
            self._instance.publish(self._port, self._token.text)
        except OSError as error:
            raise ServiceError(f"the new token cannot be published: {sentence(error)}") from error

    # Signals

    def _catch_signals(self) -> Callable[[], None]:
        """Stop at the first signal in good order, at the second at once; return the way back."""
        before: dict[signal.Signals, Any] = {}
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                with suppress(ValueError):  # not in the main thread
                    before[number] = signal.signal(number, self._caught)

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        return restore

    def _caught(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:
            self._exit()
        timer = threading.Timer(HARD_STOP_S, self._exit)
        timer.daemon = True
        timer.start()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)

    def _exit(self) -> NoReturn:
        """End at once; what was being done is found and done at the next start."""
        self._instance.release()
        os._exit(0)


def _nothing(url: str) -> None:
    """Say nothing: clients find the daemon where it was."""
