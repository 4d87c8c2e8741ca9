"""What routes may use of the daemon: stores, threads and a few verbs, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sidelight.service.granted import Granted

if TYPE_CHECKING:
    from sidelight.config import Config
    from sidelight.jobs.model import Job
    from sidelight.jobs.store import JobStore
    from sidelight.service.auth import Token
    from sidelight.service.holders import CatalogContent
    from sidelight.service.sse import Hub
    from sidelight.service.threads import Threads
    from sidelight.state.database import Database
    from sidelight.state.events import EventLog
    from sidelight.state.examples import Examples
    from sidelight.state.roots import Root, RootStore
    from sidelight.state.waiting import WaitingRecipes
    from sidelight.workflows.predict import Settings


class Predict(Protocol):
    """Predicts a photo's edit in a worker process of the interactive lane."""

    def __call__(
        self, source: Path | bytes, settings: Settings, inside: Path | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Return what `workflows.predict` answers.

        Args:
            source: A photo, or the bytes of a JPEG.
            settings: What to predict.
            inside: The folder a photo must still lie in when it is opened.

        Raises:
            PhotoError: It does not decode.
            WorkerError: The process that worked on it did not finish.
        """


class Cancel(Protocol):
    """Cancels jobs, those in work included."""

    async def __call__(
        self, ids: Sequence[int] | None = None, batch: str | None = None
    ) -> list[Job]:
        """Return the jobs that were open."""


class Watcher(Protocol):
    """What the watcher is told about roots; the store holds them already."""

    async def added(self, root: Root, *, existing: bool) -> int:
        """Begin to watch; return how many photos are there already.

        Args:
            root: The new root.
            existing: Queue what is there; otherwise only remember it.
        """

    async def changed(self, root: Root) -> None:
        """Take over a root's new state or settings; resumed ones are looked at again."""

    async def removed(self, root: Root) -> None:
        """Watch it no more."""


class Holders(Protocol):
    """What registered catalogs hold; answers at once."""

    def holders(self, photo: Path) -> Mapping[str, str]:
        """Return editor → sentence for each catalog that holds a photo."""

    def content(self, root: int) -> CatalogContent:
        """Return how many `photos` a catalog holds, and how many of them are `edited`."""


def _nothing() -> tuple[str, ...]:
    return ()


def _none() -> int:
    return 0


@dataclass(eq=False)
class Core:
    """Everything routes may reach; the daemon builds one.

    Attributes:
        config: Defaults of what a request leaves out.
        token: What clients must send.
        database: Where the stores live.
        jobs, events, roots, waiting, examples: The stores; used in the `store` thread.
        threads: Where blocking calls run.
        hub: Hands events to streams.
        watcher: Is told of changed roots.
        holders: Knows the photos of catalogs.
        first_versions: Folder of sidecars as they were.
        predict: Predicts for somebody who waits.
        cancel: Cancels jobs by number or batch; nothing joins that batch afterwards.
        wake: Makes the dispatcher look at the queue.
        rotate: Gives the daemon a new token and publishes it.
        workers: Processes at once, and how many are busy.
        warnings: Sentences about what does not work as it should.
        settling: How many new photos are not complete yet.
        started_s: `time.monotonic()` at start.
        granted: Folders whose photos may be named although they are not watched.
    """

    config: Config
    token: Token
    database: Database
    jobs: JobStore
    events: EventLog
    roots: RootStore
    waiting: WaitingRecipes
    examples: Examples
    threads: Threads
    hub: Hub
    watcher: Watcher
    holders: Holders
    first_versions: Path
    predict: Predict
    cancel: Cancel
    wake: Callable[[], None]
    rotate: Callable[[], None]
    workers: Callable[[], Mapping[str, int]]
    warnings: Callable[[], Sequence[str]] = _nothing
    settling: Callable[[], int] = _none
    started_s: float = 0.0
    granted: Granted = field(default_factory=Granted)
