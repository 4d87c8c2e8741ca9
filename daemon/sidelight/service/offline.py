"""Watching as far as the database goes: what commands do while no daemon runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.service.arrivals import options_of
from sidelight.service.existing import count_photos, photos_there
from sidelight.service.identity import to_seen
from sidelight.service.scan import Listing, Stamp, walk
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.photos import SeenPhotos
from sidelight.state.roots import RootStore
from sidelight.workflows.develop import new_batch
from sidelight.workflows.predict import Settings
from sidelight.workflows.watch import check_place, root_to_json


class OfflineRoots:
    """What `watch` does while no daemon runs.

    Args:
        database: Opened.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._roots = RootStore(database)

    def list(self) -> list[dict[str, Any]]:
        """Return all roots."""
        return [root_to_json(root) for root in self._roots.list()]

    def add(self, path: Path, settings: Settings, *, existing: bool) -> dict[str, Any]:
        """Watch a place from now on; photos that are there are known, or with `existing` queued.

        Raises:
            RootError: It cannot be watched.
        """
        kind = check_place(path)
        there = photos_there(path, kind) if existing else []
        count = len(there) if existing else count_photos(path, kind)
        # What a catalog holds is noted when the daemon first reads it.
        known = list(_known(path)) if kind == "folder" else []
        with self._database.write():
            root = self._roots.add(
                path,
                kind,
                editors=settings.editors,
                engine=settings.engine,
                headroom=settings.headroom,
                strength=settings.strength,
            )
            seen = SeenPhotos(self._database)
            seen.remember(to_seen(root.id, photo, stamp) for photo, stamp in known)
            if there:
                options = options_of(root)
                requests = [Request(photo, options) for photo in there]
                self._jobs().enqueue(requests, batch=new_batch(), root=root.id)
        return {**root_to_json(root), "photos": count}

    def remove(self, id: int) -> None:
        """Watch a place no more; its open jobs are canceled."""
        jobs = self._jobs()
        while waiting := jobs.list(state="queued", root=id, limit=1000):
            jobs.cancel([job.id for job in waiting])
        self._roots.remove(id)

    def set_paused(self, id: int, paused: bool) -> dict[str, Any]:
        """Pause a root, or let it go on."""
        state: Literal["paused", "watching"] = "paused" if paused else "watching"
        return root_to_json(self._roots.set_state(id, state))

    def _jobs(self) -> JobStore:
        return JobStore(self._database, EventLog(self._database))


def _known(top: Path) -> Iterator[tuple[Path, Stamp]]:
    for folder, listing in walk(os.fspath(top)):
        if isinstance(listing, Listing):
            for name, stamp in listing.photos.items():
                yield Path(folder, name), stamp
