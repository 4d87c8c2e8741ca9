"""One job's way from the queue to its sidecars, and what is recorded of it.

Content → same work done already? → anything to keep? → worker process → sidecars → record.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sidelight.errors import (
    SidelightError,
    StateError,
    WorkerDiedError,
    WorkerTimeoutError,
)
from sidelight.jobs.model import Job, Priority, Request
from sidelight.jobs.store import JobStore
from sidelight.service.hashing import Content, GoneError, is_transient, is_unchanged, read_content
from sidelight.service.lanes import Lanes
from sidelight.service.threads import Threads
from sidelight.service.whereabouts import Whereabouts
from sidelight.state.faults import NotFoundError
from sidelight.state.values import path_to_text
from sidelight.workflows.develop_job import INSIDE
from sidelight.workflows.result import sentence

if TYPE_CHECKING:
    from sidelight.workflows.develop_job import Handler, HandlerContext

_log = logging.getLogger(__name__)

CHANGED = "the photo changed while it was read; it is tried again"
AWAY = "the folder with this photo is out of reach; it is tried again"
QUARANTINED = "reading this photo ended its process twice, so it is left alone until it changes"


PATIENT_ATTEMPTS = 3
"""A photo of a watched folder that is not there is looked for so many times."""


@dataclass(frozen=True)
class JobTiming:
    """Every delay of the dispatcher, so that tests can shorten them.

    Attributes:
        photo_timeout_s: What any photo may take in a worker process.
        timeout_s_per_mb: What a large one may take besides.
        retry_s: Delay before the second, third … try; the last one repeats.
        lease_s: After this time a job that got lost here is taken again.
        trouble_s: Pause after the database refused.
    """

    photo_timeout_s: float = 20.0
    timeout_s_per_mb: float = 0.1
    retry_s: tuple[float, ...] = (1.0, 5.0, 25.0, 125.0, 600.0)
    lease_s: float = 3600.0
    trouble_s: float = 5.0

    def time_for(self, size_bytes: int) -> float:
        """Return what a photo of this size may take, in seconds."""
        return self.photo_timeout_s + self.timeout_s_per_mb * size_bytes / 1e6


@dataclass(eq=False)
class Running:
    """A job on its way; `is_writing` once its sidecars are being written and it cannot stop."""

    job: Job
    task: asyncio.Task[None] | None = None
    is_writing: bool = False
    is_canceled: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Course:
    """Takes jobs through.

    Args:
        jobs: The queue.
        lanes: Where handlers' work runs.
        threads: Where blocking calls run.
        context: What handlers may use.
        handlers: Name of a kind of job → its handler.
        timing: Delays.
        on_result: Called in a thread with each job that has a result, and the result.
        known: What a job's photo held when it was queued, if somebody read it then.
        whereabouts: Looks for photos that are not where they were.
    """

    def __init__(
        self,
        jobs: JobStore,
        lanes: Lanes,
        threads: Threads,
        context: HandlerContext,
        handlers: Callable[[str], Handler],
        *,
        timing: JobTiming | None = None,
        on_result: Callable[[Job, dict[str, Any]], None] = lambda job, result: None,
        known: Callable[[Job], Content | None] = lambda job: None,
        whereabouts: Whereabouts | None = None,
    ) -> None:
        self.timing = timing or JobTiming()
        self.is_stopping = False
        self._jobs = jobs
        self._lanes = lanes
        self._threads = threads
        self._context = context
        self._handlers = handlers
        self._on_result = on_result
        self._known = known
        self._whereabouts = whereabouts
        self._by_key: WeakValueDictionary[tuple[Priority, str], asyncio.Lock] = (
            WeakValueDictionary()
        )
        self._by_folder: WeakValueDictionary[tuple[Priority, Path], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def attempt(self, run: Running) -> None:
        """Do the job and record what became of it."""
        job = run.job
        try:
            await self._develop(run)
        except (WorkerDiedError, WorkerTimeoutError) as error:
            now = time.monotonic()
            _log.warning("job %d, %s: %s", job.id, job.photo.name, sentence(error))
            await self.record(self._jobs.died, job.id, sentence(error), now)
        except StateError as error:
            await self._again(job, sentence(error))
        except GoneError as error:
            await self._vanished(job, error)
        except OSError as error:
            if is_transient(error):
                await self._again(job, sentence(error))
            else:
                await self._fail(job, error)
        except SidelightError as error:
            await self._fail(job, error)
        except Exception as error:
            _log.exception("job %d, %s", job.id, job.photo.name)
            await self._fail(job, error)

    async def _develop(self, run: Running) -> None:
        job = run.job
        handler = self._handlers(job.kind)
        content = await self._threads.in_files(self._look, job)
        key = handler.key(content.sha256, job.options)
        # Jobs of one key go one after the other, so that the second finds the first one's answer;
        # but nobody at the screen waits for a batch job that is held back for somebody's sake.
        lock = self._by_key.setdefault((job.priority, key), asyncio.Lock())
        async with lock:
            await self._with_content(run, handler, content, key)

    def _look(self, job: Job) -> Content:
        """Name the photo's content; what the watcher has just read is not read again."""
        known = self._known(job)
        if known is not None and is_unchanged(job.photo, known):
            return known
        inside = job.options.get(INSIDE)
        return read_content(job.photo, Path(inside) if inside else None)

    async def _with_content(self, run: Running, handler: Any, content: Content, key: str) -> None:
        job = run.job
        is_quarantined, answer = await self._threads.in_store(
            self._identify, job.id, content.sha256, key
        )
        if is_quarantined:
            await self.record(self._jobs.quarantine, job.id, QUARANTINED)
            return
        early = await self._threads.in_files(handler.before, job, self._context)
        if early is not None:
            await self._close(job, early, "")
            return
        if answer is None:
            answer = await self._lanes.work(
                job.priority,
                _function(handler.work),
                job.photo,
                job.options,
                timeout_s=self.timing.time_for(content.stamp.size),
            )
            if not await self._threads.in_files(is_unchanged, job.photo, content):
                await self._again(job, CHANGED)
                return
        # One at a time in a folder: of two photos of a series one must be the first.
        folder = self._by_folder.setdefault((job.priority, job.photo.parent), asyncio.Lock())
        async with folder:
            answer = await self._joined(job, handler, answer)
            await self._finish(run, handler, answer)

    async def _joined(self, job: Job, handler: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as it fits what was answered before; its own when that fails."""
        near = await self._threads.in_store(handler.near, job, answer, self._context)
        if not near:
            return answer
        name = path_to_text(job.photo)
        try:
            joined: dict[str, Any] = await self._lanes.work(
                job.priority,
                _function(handler.join),
                name,
                answer,
                near,
                timeout_s=self.timing.photo_timeout_s,
            )
        except (SidelightError, ValueError, LookupError) as error:
            _log.warning("job %d, %s joins no series: %s", job.id, name, sentence(error))
            return answer
        return joined

    def _identify(self, id: int, sha256: str, key: str) -> tuple[bool, dict[str, Any] | None]:
        """Note a job's content; return whether it is quarantined and a twin's answer, if any."""
        self._jobs.identify(id, sha256, key)
        if self._jobs.is_quarantined(sha256):
            return True, None
        twin = self._jobs.finished_twin(key, id)
        return False, (twin.result or {}).get("prediction") if twin else None

    async def _finish(self, run: Running, handler: Any, answer: dict[str, Any]) -> None:
        if run.is_canceled:
            return
        run.is_writing = True
        job = run.job
        finished = await self._threads.in_writer(handler.finish, job, answer, self._context)
        if finished.retry:
            await self._again(job, finished.reason)
        else:
            await self._close(job, finished.result, finished.reason)

    # What became of it

    async def _vanished(self, job: Job, error: GoneError) -> None:
        """The photo is not there: renamed, or its drive is, or it is gone for good."""
        if self._whereabouts is None or job.root is None:
            await self._fail(job, error)
            return
        new = await self._threads.in_store(self._whereabouts.new_name, job)
        if new is not None:
            await self.record(self._follow, job.id, job, new)
        elif job.attempts < PATIENT_ATTEMPTS or await self._threads.in_store(
            self._whereabouts.is_out_of_reach, job
        ):
            # The watcher needs a moment to notice that a folder is away or a photo renamed.
            await self._again(job, AWAY)
        else:
            await self._fail(job, error)

    def _follow(self, id: int, job: Job, new: Path) -> None:
        """Queue a photo under its new name, and close the job of the old one."""
        request = Request(new, job.options, job.kind, job.sha256)
        self._jobs.enqueue([request], priority=job.priority, batch=job.batch, root=job.root)
        self._jobs.finish(id, {"results": []}, f"it is called {new.name} now")

    async def _close(self, job: Job, result: dict[str, Any], reason: str) -> None:
        """Record a result: done, unless not one editor got what was asked for it."""
        await self._threads.in_files(self._on_result, job, result)
        results = result.get("results") or [{}]
        if all(each.get("status") == "error" for each in results):
            reasons = dict.fromkeys(each.get("reason", "") for each in results)
            await self.record(self._jobs.fail, job.id, reason or "; ".join(reasons), result)
        else:
            await self.record(self._jobs.finish, job.id, result, reason)

    async def _fail(self, job: Job, error: Exception) -> None:
        _log.info("job %d, %s: %s", job.id, job.photo.name, sentence(error))
        await self.record(self._jobs.fail, job.id, sentence(error))

    async def _again(self, job: Job, reason: str) -> None:
        delays = self.timing.retry_s
        delay_s = delays[min(job.attempts, len(delays) - 1)]
        _log.info("job %d, %s, again in %g s: %s", job.id, job.photo.name, delay_s, reason)
        await self.record(self._jobs.retry, job.id, reason, delay_s, time.monotonic())

    async def record(self, function: Callable[..., Any], *args: Any) -> None:
        """Write down what became of a job, however long the database refuses."""
        delays = self.timing.retry_s[:3]
        for delay_s in chain(delays, repeat(delays[-1])):
            try:
                await self._threads.in_store(function, *args)
                return
            except NotFoundError:
                return  # it was purged meanwhile
            except StateError as error:
                _log.warning("job %d cannot be recorded: %s", args[0], sentence(error))
                if self.is_stopping:
                    return
                await asyncio.sleep(delay_s)


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
