"""Jobs for photos that appear in watched folders and catalogs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sidelight.jobs.model import Job, Request
from sidelight.jobs.store import JobStore
from sidelight.service.hashing import Content
from sidelight.service.intake import Ready
from sidelight.service.scan import Stamp
from sidelight.state.database import Database
from sidelight.state.roots import Root
from sidelight.state.values import path_to_blob
from sidelight.workflows.develop import new_batch
from sidelight.workflows.develop_job import INSIDE

BATCH_S = 600.0
"""Photos of one root that arrive within this time of one another are undone together."""

KIND = "develop"

MOST_CONTENTS = 10_000
"""Photos of which is remembered that they were just read; older ones are read again."""

_DONE = "SELECT 1 FROM jobs WHERE key = ? AND photo = ? AND state = 'done' LIMIT 1"

_log = logging.getLogger(__name__)


class Arrivals:
    """Queues what the watcher finds, each content with each setting once.

    Args:
        database: Opened.
        jobs: The queue in it.
        handlers: Name of a kind of job → its handler.
        wake: Called after something was queued, in whatever thread.
        batch_s: See `BATCH_S`.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobStore,
        handlers: Callable[[str], Any],
        wake: Callable[[], None],
        *,
        batch_s: float = BATCH_S,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._handlers = handlers
        self._wake = wake
        self._batch_s = batch_s
        self._batches: dict[int, tuple[str, float]] = {}
        self._contents: dict[int, Content] = {}

    def arrived(self, root: Root, photos: Sequence[Ready]) -> list[Job]:
        """Queue photos; those that were done before with the root's settings are left out.

        Runs within the watcher's transaction, so that a photo is queued and known or neither.

        Args:
            root: Where they are.
            photos: Complete ones.

        Raises:
            StateError: Nothing was queued.
        """
        options = options_of(root)
        wanted = [photo for photo in photos if not self._is_done(photo.path, photo.sha256, options)]
        if not wanted:
            return []
        requests = [Request(photo.path, options, KIND, photo.sha256) for photo in wanted]
        jobs = self._jobs.enqueue(requests, batch=self._batch(root.id), root=root.id)
        for job, photo in zip(jobs, wanted, strict=True):
            self._note(job.id, photo)
        _log.info("root %d, arrived: %d", root.id, len(jobs))
        self._wake()
        return jobs

    def asked(self, root: Root, photos: Sequence[Path]) -> list[Job]:
        """Queue photos that the user wants developed though they are not new.

        They are not read here: there may be very many.

        Raises:
            StateError: Nothing was queued.
        """
        options = options_of(root)
        requests = [Request(photo, options, KIND) for photo in photos]
        jobs = self._jobs.enqueue(requests, batch=self._batch(root.id), root=root.id)
        _log.info("root %d, asked for: %d", root.id, len(jobs))
        self._wake()
        return jobs

    def close(self, batch: str) -> None:
        """Let no photo join a batch any more: it is being undone or canceled."""
        for root, (name, _) in tuple(self._batches.items()):
            if name == batch:
                self._batches.pop(root, None)

    def content(self, job: Job) -> Content | None:
        """Return what a job's photo held when it was queued, once and where that is known.

        It is for the caller to see whether the file is still the same.
        """
        return self._contents.pop(job.id, None)

    def _note(self, job: int, photo: Ready) -> None:
        seen = photo.seen
        stamp = Stamp(seen.device, seen.inode, seen.size, seen.mtime_ns)
        self._contents[job] = Content(photo.sha256, stamp)
        while len(self._contents) > MOST_CONTENTS:
            del self._contents[next(iter(self._contents))]

    def _is_done(self, photo: Path, sha256: str, options: dict[str, Any]) -> bool:
        key = self._handlers(KIND).key(sha256, options)
        return bool(self._database.read(_DONE, (key, path_to_blob(photo))))

    def _batch(self, root: int) -> str:
        now = time.monotonic()
        name, last = self._batches.get(root, ("", now))
        if not name or now - last > self._batch_s:
            name = new_batch()
        self._batches[root] = name, now
        return name


def options_of(root: Root) -> dict[str, Any]:
    """Return the options of a job for a photo of this root; those of a catalog lie anywhere."""
    return {
        **({INSIDE: str(root.path)} if root.kind == "folder" else {}),
        "editors": list(root.editors),
        "engine": root.engine,
        "headroom": root.headroom,
        "strength": root.strength,
        "overwrite": False,
    }
