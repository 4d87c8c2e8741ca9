"""Compares what a folder holds with what is known of it: the same, moved, or to be settled."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from sidelight.service.identity import is_touched, is_unchanged, moved_from, to_seen
from sidelight.service.intake import WatchStore
from sidelight.service.scan import Listing, Stamp, list_folder, walk
from sidelight.service.settle import Settling
from sidelight.state.photos import SeenPhoto
from sidelight.workflows.pairs import is_raster_name

PORTION = 5000
"""Photos remembered in one transaction when a root is added."""


@dataclass
class _Found:
    known: list[SeenPhoto] = field(default_factory=list)
    moved: dict[Path, SeenPhoto] = field(default_factory=dict)
    is_settled: bool = True


class Census:
    """Looks at the folders of one root.

    Args:
        root: Its id.
        store: What is known.
        settling: Where new and changed photos go.
        pair_s: How long a rendered photo waits for its raw file.
        stable_inodes: Whether the drive numbers files the same whenever it is connected.

    Attributes:
        count: Photos in all folders looked at, until somebody sets it to 0 again.
    """

    def __init__(
        self,
        root: int,
        store: WatchStore,
        settling: Settling,
        pair_s: float,
        *,
        stable_inodes: bool,
    ) -> None:
        self._root = root
        self._store = store
        self._settling = settling
        self._pair_s = pair_s
        self._stable_inodes = stable_inodes
        self._fingerprints: dict[str, int] = {}
        self.count = 0

    def look(self, folder: str, now_s: float) -> list[str]:
        """Look at one folder; return the folders in it.

        Raises:
            OSError: It cannot be listed.
            StateError: What is known cannot be read or written; nothing is lost.
        """
        listing = list_folder(folder)
        fingerprint = listing.fingerprint
        self.count += len(listing.photos)
        # Nothing is asked of the database about a folder where nothing has changed.
        if self._fingerprints.get(folder) != fingerprint:
            if self._compare(folder, listing, now_s):
                self._fingerprints[folder] = fingerprint
            else:
                self._fingerprints.pop(folder, None)
        return [os.path.join(folder, name) for name in listing.folders]  # noqa: PTH118

    def forget(self, folder: str) -> None:
        """Forget a folder that is gone, and all in it; its photos stay known."""
        inside = os.path.join(folder, "")  # noqa: PTH118
        for name in tuple(self._fingerprints):
            if name == folder or name.startswith(inside):
                del self._fingerprints[name]

    def keep(self, folders: Collection[str]) -> None:
        """Forget all folders but these."""
        self._fingerprints = {
            folder: value for folder, value in self._fingerprints.items() if folder in folders
        }

    def _compare(self, folder: str, listing: Listing, now_s: float) -> bool:
        """Return whether every photo in a folder is known."""
        if not listing.photos:
            return True
        found = _Found()
        rows = self._store.seen.in_folder(self._root, Path(folder))
        pending = self._settling.in_folder(folder)
        for name, stamp in listing.photos.items():
            row = rows.get(name)
            if row is not None and is_unchanged(row, stamp, stable_inodes=self._stable_inodes):
                self._settling.drop(folder, name)
                if (row.device, row.inode) != (stamp.device, stamp.inode):
                    found.known.append(to_seen(self._root, row.path, stamp, row.sha256))
            elif name in listing.aside or (row is not None and is_touched(row, stamp)):
                self._settling.drop(folder, name)
                found.known.append(to_seen(self._root, Path(folder) / name, stamp))
            elif row is None and name not in pending and self._moved(folder, name, stamp, found):
                continue
            else:
                wait_s = self._pair_s if is_raster_name(name) else 0.0
                self._settling.note(folder, name, stamp, now_s, wait_s)
                found.is_settled = False
        if found.moved:
            self._store.move(found.moved)
        self._store.hand_over(self._root, [], found.known)
        return found.is_settled

    def _moved(self, folder: str, name: str, stamp: Stamp, found: _Found) -> bool:
        path = Path(folder) / name
        before = moved_from(self._store.seen, path, stamp)
        if before is None or before.path in found.moved:  # the second heir is a copy
            return False
        seen = to_seen(self._root, path, stamp, before.sha256)
        if before.path == path:  # another root knows it under this very path
            found.known.append(seen)
        else:
            found.moved[before.path] = seen
        return True


def count_photos(top: str) -> int:
    """Return how many photos a folder and all below it hold that would be developed."""
    return sum(
        len(listing.photos) - len(listing.aside)
        for _, listing in walk(top)
        if isinstance(listing, Listing)
    )


def remember_all(store: WatchStore, root: int, top: str) -> int:
    """Take all photos of a folder and below it for known, without reading them.

    Returns:
        How many would have been developed.

    Raises:
        StateError: Some are not remembered.
    """
    count, rows = 0, []
    for folder, listing in walk(top):
        if not isinstance(listing, Listing):
            continue  # what cannot be listed now is looked at when it can
        count += len(listing.photos) - len(listing.aside)
        path = Path(folder)
        rows += [to_seen(root, path / name, stamp) for name, stamp in listing.photos.items()]
        if len(rows) >= PORTION:
            store.hand_over(root, [], rows)
            rows = []
    store.hand_over(root, [], rows)
    return count
