"""Everything of the daemon that hangs on one open database, put together and taken apart."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sidelight import paths
from sidelight.config import Config
from sidelight.emulators import EMULATORS
from sidelight.engines import ENGINES
from sidelight.errors import StateError
from sidelight.jobs.model import Job
from sidelight.jobs.store import JobStore
from sidelight.jobs.worker import WorkerPool, sensible_workers
from sidelight.service.app import Server, make_app
from sidelight.service.app import serve as listen
from sidelight.service.arrivals import Arrivals
from sidelight.service.auth import Token
from sidelight.service.core import Core
from sidelight.service.course import Course, JobTiming
from sidelight.service.dispatcher import Dispatcher
from sidelight.service.intake import WatchStore
from sidelight.service.lanes import Lanes
from sidelight.service.notices import Notices
from sidelight.service.sse import Hub
from sidelight.service.threads import Threads
from sidelight.service.watching import Watching
from sidelight.service.whereabouts import Whereabouts
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.examples import Examples
from sidelight.state.photos import SeenPhotos
from sidelight.state.roots import RootStore
from sidelight.state.series import SeriesPhotos
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows import load_handler
from sidelight.workflows.develop_job import HandlerContext
from sidelight.workflows.predict import Settings, predict_jpeg, predict_photo
from sidelight_xmp.files import remove_stale_temps
from sidelight_xmp.first_versions import FirstVersions

NICE = 10
"""How far the batch lane stands back behind everything else on this machine."""

FORGET_S = 3600.0
"""How often old jobs and events are forgotten."""

_PAGE = 1000
_log = logging.getLogger(__name__)


class Assembly:
    """The parts, and the order in which they start and stop.

    Args:
        config: The user's choices.
        database: Opened; closed by `stop`.
        token: What clients must send.
        rotate: Gives the daemon a new token and publishes it.
        on_gone: Called in any thread when the database's file turns out to be gone.
        handlers: Name of a kind of job → its handler.
        timing: Delays of the dispatcher.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        token: Token,
        *,
        rotate: Callable[[], None],
        on_gone: Callable[[], None],
        handlers: Callable[[str], Any] = load_handler,
        timing: JobTiming | None = None,
    ) -> None:
        self.database = database
        self.notices = Notices()
        self._loop = asyncio.get_running_loop()
        self._timing = timing or JobTiming(photo_timeout_s=config.photo_timeout_s)
        self._threads = Threads(on_gone)
        self._events = EventLog(database)
        self._jobs = JobStore(database, self._events)
        self._roots = RootStore(database)
        self._waiting = WaitingRecipes(database)
        self._examples = Examples(database)
        self._first_versions = FirstVersions(paths.first_versions_folder())
        workers = config.workers or sensible_workers()
        pool = partial(WorkerPool, workers, idle_s=config.idle_s, preload=_preload())
        self._pools = {"interactive": pool(), "batch": pool(nice=NICE)}
        self._lanes = Lanes(self._pools["interactive"], self._pools["batch"], workers)
        seen = SeenPhotos(database)
        self._arrivals = arrivals = Arrivals(database, self._jobs, handlers, self._wake)
        self._watching = Watching(
            WatchStore(database, self._roots, seen, arrivals.arrived),
            self._examples,
            config,
            arrivals.asked,
        )
        holders = self._watching.catalogs.holders
        self._series = SeriesPhotos(database)
        context = HandlerContext(
            self._first_versions,
            self._waiting,
            holders,
            self._series if config.series else None,
        )
        course = Course(
            self._jobs,
            self._lanes,
            self._threads,
            context,
            handlers,
            timing=self._timing,
            on_result=self._told,
            known=arrivals.content,
            whereabouts=Whereabouts(self._roots, seen),
        )
        self._dispatcher = Dispatcher(self._jobs, self._lanes, self._threads, course)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: Server | None = None
        self.core = self._core(config, token, rotate, workers)

    async def start(self, port: int) -> Server:
        """Put things in order after the last run, then watch, work and listen.

        Raises:
            ServiceError: There is no port to be had.
            StateError: The database refuses.
        """
        folders = await self._threads.in_store(self._give_back)
        await self._threads.in_writer(_remove_temps, folders)
        await self._watching.start()
        self._server = await listen(make_app(self.core), port)
        self._tasks = [
            asyncio.create_task(self._dispatcher.run(), name="dispatcher"),
            asyncio.create_task(self._tidy(), name="tidy"),
            asyncio.create_task(self._forget(), name="forget"),
        ]
        return self._server

    async def stop(self, grace_s: float) -> None:
        """Accept nothing more, let running jobs finish for a while, give the rest back."""
        ends = time.monotonic() + grace_s
        await asyncio.gather(
            self._close_server(grace_s / 2),
            self._dispatcher.stop(grace_s / 2),
            self._watching.stop(),
            return_exceptions=True,
        )
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._lanes.stop, 0.0)
        _log.debug("stopped %.1f s before the time was up", ends - time.monotonic())
        await asyncio.to_thread(self._threads.stop)
        self._first_versions.close()

    def is_alive(self) -> bool:
        """Whether the database's file is still there."""
        return self.database.alive()

    # Parts

    def _core(self, config: Config, token: Token, rotate: Callable[[], None], workers: int) -> Core:
        return Core(
            config=config,
            token=token,
            database=self.database,
            jobs=self._jobs,
            events=self._events,
            roots=self._roots,
            waiting=self._waiting,
            examples=self._examples,
            threads=self._threads,
            hub=Hub(self.database, self._events, self._threads.in_store),
            watcher=self._watching,
            holders=self._watching.catalogs,
            first_versions=paths.first_versions_folder(),
            predict=self._predict,
            cancel=self._cancel,
            wake=self._dispatcher.wake,
            rotate=rotate,
            workers=lambda: {
                "most": workers,
                "busy": sum(min(pool.active, workers) for pool in self._pools.values()),
            },
            warnings=lambda: (*self.notices.all(), *self._watching.warnings()),
            settling=self._watching.settling,
            started_s=time.monotonic(),
        )

    async def _cancel(
        self, ids: Sequence[int] | None = None, batch: str | None = None
    ) -> list[Job]:
        """Cancel jobs; see `core.Cancel`. What arrives from now on is of another batch."""
        if batch is not None:
            self._arrivals.close(batch)
        return await self._dispatcher.cancel(ids, batch)

    async def _predict(
        self, source: Path | bytes, settings: Settings, inside: Path | None = None
    ) -> dict[str, Any]:
        """Predict for somebody who waits; see `core.Predict`."""
        if isinstance(source, bytes):
            timeout_s = self._timing.time_for(len(source))
            return await self._lanes.answer(predict_jpeg, source, settings, timeout_s=timeout_s)
        size = 0
        with suppress(OSError):  # the worker says what is wrong
            size = source.stat().st_size
        return await self._lanes.answer(
            predict_photo, source, settings, inside, timeout_s=self._timing.time_for(size)
        )

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._dispatcher.wake)

    def _told(self, job: Job, result: Mapping[str, Any]) -> None:
        results = result.get("results") or []
        if any(each.get("status") == "waiting" for each in results):
            held = self._watching.catalogs.holders(job.photo)
        else:
            held = {}
        self.notices.after_job(job.photo, results, held)

    # After the last run

    def _give_back(self) -> set[Path]:
        """Queue what was being done when the last run ended; return the folders of its photos."""
        folders: set[Path] = set()
        after = 0
        while page := self._jobs.list(state="leased", after=after, limit=_PAGE):
            folders |= {job.photo.parent for job in page}
            after = page[-1].id
        count = self._jobs.release_all()
        if count:
            _log.info("%d jobs of the last run are done again", count)
        return folders

    async def _tidy(self) -> None:
        """Remove what a killed run or command left in watched folders, once."""
        try:
            for root in await self._threads.in_store(self._roots.list):
                if root.kind == "folder":
                    await self._threads.in_files(_remove_temps_below, root.path)
        except Exception:  # nothing depends on it
            _log.exception("leftovers were not removed")

    async def _forget(self) -> None:
        """Forget old jobs and events, now and then."""
        while True:
            try:
                await self._threads.in_store(self._jobs.prune)
                await self._threads.in_store(self._events.prune)
                await self._threads.in_store(self._series.prune)
            except StateError as error:
                _log.warning("old jobs are forgotten later: %s", error)
            await asyncio.sleep(FORGET_S)

    async def _close_server(self, grace_s: float) -> None:
        if self._server is not None:
            await self._server.close(grace_s)


def _preload() -> tuple[str, ...]:
    """Return what a worker process needs for its first photo."""
    tables = (*ENGINES.values(), *EMULATORS.values())
    modules = dict.fromkeys(entry.partition(":")[0] for entry in tables)
    return ("rawpy", "sidelight.imaging", "sidelight.workflows.develop_job", *modules)


def _remove_temps(folders: set[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            remove_stale_temps(folder)


def _remove_temps_below(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        _remove_temps({Path(folder)})
