"""Takes jobs from the queue while there is room, so that who waits at the screen goes first.

Nothing here polls: the loop sleeps until somebody wakes it or a delayed job is due.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

from sidelight.jobs.model import Job, Priority
from sidelight.jobs.store import JobStore
from sidelight.service.course import Course, Running
from sidelight.service.lanes import Lanes
from sidelight.service.threads import Threads
from sidelight.workflows.result import sentence

WRITING_S = 2.0
"""Patience with sidecars that are being written when the service ends."""

_log = logging.getLogger(__name__)


class Dispatcher:
    """Works off the queue of one database.

    Args:
        jobs: The queue.
        lanes: Where handlers' work runs.
        threads: Where blocking calls run.
        course: Takes each job through.
    """

    def __init__(self, jobs: JobStore, lanes: Lanes, threads: Threads, course: Course) -> None:
        self._jobs = jobs
        self._lanes = lanes
        self._threads = threads
        self._course = course
        self._timing = course.timing
        self._running: dict[int, Running] = {}
        self._woken = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._is_stopping = False
        lanes.on_quiet = self.wake

    def wake(self) -> None:
        """Look at the queue again; call it in the event loop's thread."""
        self._woken.set()

    @property
    def running(self) -> int:
        """Jobs on their way."""
        return len(self._running)

    async def run(self) -> None:
        """Work until `stop`; trouble with one job or the database never ends it."""
        while not self._is_stopping:
            self._woken.clear()
            try:
                delay = await self._claim()
            except Exception as error:
                _log.warning("the queue cannot be read: %s", sentence(error))
                delay = self._timing.trouble_s
            await self._sleep(delay)

    async def cancel(self, ids: Sequence[int] | None = None, batch: str | None = None) -> list[Job]:
        """Cancel jobs; a worker process that is busy with one ends at once.

        A job whose sidecars are being written at this moment is finished first, so that there is
        never half of them; it is then done, not canceled.
        """
        async with self._claiming:
            hit = [
                run
                for run in self._running.values()
                if (ids and run.job.id in ids) or (batch and run.job.batch == batch)
            ]
            for run in hit:
                run.is_canceled = not run.is_writing
            for run in hit:
                if run.is_writing:
                    await run.ended.wait()
            try:
                canceled = await self._threads.in_store(partial(self._jobs.cancel, ids, batch))
            except BaseException:
                for run in hit:
                    run.is_canceled = False
                raise
            await self._end(run for run in hit if run.is_canceled)
        self.wake()
        return canceled

    async def stop(self, grace_s: float) -> None:
        """Claim no more; let running jobs finish for a while, give the rest back to the queue."""
        self._is_stopping = self._course.is_stopping = True
        self.wake()
        tasks = [run.task for run in self._running.values() if run.task]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        left = list(self._running.values())
        await self._end(run for run in left if not run.is_writing)
        for run in left:
            if run.is_writing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(run.ended.wait(), WRITING_S)
            else:
                await self._course.record(self._jobs.release, run.job.id)

    # The loop

    async def _claim(self) -> float | None:
        """Start what may start; return how long nothing else can, None until somebody wakes us."""
        async with self._claiming:
            for lane in Priority:
                while self._has_room(lane):
                    now = time.monotonic()
                    job = await self._threads.in_store(self._take, now, lane)
                    if job is None:
                        break
                    if job.id not in self._running:
                        self._start(job)
                else:
                    return None
            return await self._threads.in_store(self._jobs.next_ready_s, time.monotonic())

    def _take(self, now_s: float, lane: Priority) -> Job | None:
        self._jobs.release_expired(now_s)
        return self._jobs.claim(now_s, self._timing.lease_s, up_to=lane)

    def _has_room(self, lane: Priority) -> bool:
        if self._is_stopping or (lane is Priority.BATCH and not self._lanes.is_quiet):
            return False
        busy = sum(run.job.priority is lane for run in self._running.values())
        # Twice the workers and two: while some are predicted, others are hashed and written.
        return busy < 2 * self._lanes.workers + 2

    async def _sleep(self, delay: float | None) -> None:
        if delay is not None:
            delay = max(delay, 0.05)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), delay)

    # One job

    def _start(self, job: Job) -> None:
        run = Running(job)
        self._running[job.id] = run
        run.task = asyncio.create_task(self._work(run), name=f"job {job.id}")

    async def _work(self, run: Running) -> None:
        try:
            if run.job.priority is Priority.INTERACTIVE:
                with self._lanes.somebody_waits():
                    await self._course.attempt(run)
            else:
                await self._course.attempt(run)
        except asyncio.CancelledError:
            if not (run.is_canceled or self._is_stopping):
                raise
        except Exception:  # the daemon goes on, whatever became of this job
            _log.exception("job %d ended in an unforeseen way", run.job.id)
        finally:
            del self._running[run.job.id]
            run.ended.set()
            self.wake()

    @staticmethod
    async def _end(runs: Iterable[Running]) -> None:
        tasks = [run.task for run in runs if run.task and not run.task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
