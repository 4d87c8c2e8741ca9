"""What routes and the dispatcher see of the watcher and the catalogs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from sidelight.config import Config
from sidelight.errors import StateError
from sidelight.service.existing import photos_there
from sidelight.service.holders import Holders
from sidelight.service.intake import WatchStore
from sidelight.service.settle import WatchTiming
from sidelight.service.watcher import Watcher
from sidelight.state.examples import Examples
from sidelight.state.roots import Root

STOP_S = 1.5
"""Patience with the watcher's threads; one that waits for a lost drive is left behind."""


class Watching:
    """Folders and catalogs together; verbs that may take long run in threads of their own.

    Attributes:
        catalogs: What the watched catalogs hold.

    Args:
        store: Where the watcher reads and writes.
        examples: Where edits made in catalogs are noted.
        config: The user's delays.
        ask: Queues photos that a catalog holds already, when the user wants them developed.
    """

    def __init__(
        self,
        store: WatchStore,
        examples: Examples,
        config: Config,
        ask: Callable[[Root, Sequence[Path]], object],
    ) -> None:
        self._ask = ask
        self.catalogs = Holders(
            store.roots,
            examples,
            on_new=lambda root, photos: self._watcher.take_in(root, photos),
            settle_s=config.settle_s,
            poll_s=config.poll_s,
        )
        self._watcher = Watcher(store, WatchTiming.of(config), catalogs=self.catalogs)

    async def start(self) -> None:
        """Begin with what came while nobody watched.

        Raises:
            StateError: The watched places are not known.
        """
        await asyncio.to_thread(self._watcher.start)

    async def stop(self) -> None:
        """End the threads; what is settling is found again at the next start."""
        self.catalogs.stop()
        await asyncio.to_thread(self._watcher.stop, STOP_S)

    async def added(self, root: Root, *, existing: bool) -> int:
        """Begin to watch; return how many photos are there.

        With `existing` those that are queued are counted.

        Raises:
            CatalogError: The catalog cannot be read.
            StateError: The database refuses.
        """
        if root.kind == "folder":
            return await asyncio.to_thread(self._watcher.add, root, existing)
        return await asyncio.to_thread(self._add_catalog, root, existing)

    async def changed(self, root: Root) -> None:
        """Take over a root's new state or settings; resumed ones are looked at again."""
        if root.state == "paused":
            await asyncio.to_thread(self._watcher.pause, root.id)
        elif root.state == "watching":
            await asyncio.to_thread(self._watcher.resume, root.id)

    async def removed(self, root: Root) -> None:
        """Watch it no more."""
        await asyncio.to_thread(self._watcher.remove, root.id)

    def settling(self) -> int:
        """Return how many new photos are not complete yet."""
        return self._watcher.arriving()

    def warnings(self) -> tuple[str, ...]:
        """Return what does not work as it should, each sentence once."""
        with suppress(StateError):
            states = self._watcher.state().values()
            return tuple(dict.fromkeys(text for state in states for text in state["warnings"]))
        return ()

    def _add_catalog(self, root: Root, existing: bool) -> int:
        # Read at once, so that no photo in it gets a sidecar from now on.
        count = self.catalogs.refresh(root.id).photos
        if existing:
            photos = photos_there(root.path, root.kind)
            self._ask(root, photos)
            count = len(photos)
        self._watcher.add(root, existing)
        return count
