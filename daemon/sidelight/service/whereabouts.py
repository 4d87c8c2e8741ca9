"""Where a queued photo went: renamed, out of reach with its drive, or deleted."""

from __future__ import annotations

from pathlib import Path

from sidelight.jobs.model import Job
from sidelight.state.photos import SeenPhotos
from sidelight.state.roots import RootNotFoundError, RootStore


class Whereabouts:
    """Looks for photos that are not where their job says; used in the database's thread.

    Args:
        roots: The watched places.
        seen: The photos in them, which the watcher follows when they are renamed.
    """

    def __init__(self, roots: RootStore, seen: SeenPhotos) -> None:
        self._roots = roots
        self._seen = seen

    def new_name(self, job: Job) -> Path | None:
        """Return what the photo is called now, None if that is not known.

        Raises:
            StateError: The database cannot be read.
        """
        if job.sha256 is None:
            return None
        for photo in self._seen.by_content(job.sha256):
            if photo.path != job.photo and photo.root == job.root and photo.path.is_file():
                return photo.path
        return None

    def is_out_of_reach(self, job: Job) -> bool:
        """Whether the watched place itself is not there, as with a drive that was unplugged.

        Raises:
            StateError: The database cannot be read.
        """
        if job.root is None:
            return False
        try:
            root = self._roots.get(job.root)
        except RootNotFoundError:
            return False
        return root.state == "missing" or not root.path.exists()
