"""A dispatcher on a real queue and real worker processes, with a handler made for tests."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sidelight.jobs.model import OPEN_STATES, Job, Priority, Request
from sidelight.jobs.store import JobStore
from sidelight.jobs.worker import WorkerPool
from sidelight.service.course import Course, JobTiming
from sidelight.service.dispatcher import Dispatcher
from sidelight.service.lanes import Lanes
from sidelight.service.threads import Threads
from sidelight.state.database import Database
from sidelight.state.events import EventLog

SHORT = JobTiming(photo_timeout_s=1.0, retry_s=(0.05, 0.1, 0.1), trouble_s=0.1)


@pytest.fixture(scope="session")
def factories(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module that makes catalogs, from the tests of `catalogs`."""
    return load_helper("daemon/catalogs/factories.py")


@dataclass
class Obedient:
    """A handler that records what the dispatcher asks of it."""

    folder: Path
    calls: list[tuple[str, str]] = field(default_factory=list)
    early: dict[str, Any] | None = None
    others: dict[str, Any] = field(default_factory=dict)
    retries: int = 0
    writing_s: float = 0.0
    work = "dispatcher_orders:obey"
    join = "dispatcher_orders:join"

    def key(self, sha256: str, options: dict[str, Any]) -> str:
        return hashlib.sha256(f"{sha256} {sorted(options.items())}".encode()).hexdigest()

    def before(self, job: Job, context: Any) -> dict[str, Any] | None:
        self.calls.append(("before", job.photo.name))
        return self.early

    def near(self, job: Job, answer: dict[str, Any], context: Any) -> dict[str, Any]:
        return self.others

    def finish(self, job: Job, answer: dict[str, Any], context: Any) -> SimpleNamespace:
        self.calls.append(("finish", job.photo.name))
        time.sleep(self.writing_s)
        if self.retries:
            self.retries -= 1
            return SimpleNamespace(result={}, reason="the disk is full", retry=True)
        (self.folder / f"{job.photo.name}.xmp").write_text("written")
        result = {"results": [{"status": "written"}], "prediction": answer}
        return SimpleNamespace(result=result, reason="", retry=False)


@dataclass
class Bench:
    """Everything a dispatcher works with."""

    folder: Path
    jobs: JobStore
    handler: Obedient
    pools: dict[Priority, WorkerPool]

    def photo(self, name: str, order: str = "fine") -> Path:
        """Write a photo whose content is an order for `obey`."""
        path = self.folder / name
        path.write_bytes(f"{order} {name}".encode())
        return path

    def enqueue(self, *photos: Path, priority: Priority = Priority.BATCH, **more: Any) -> list[Job]:
        """Queue photos."""
        requests = [Request(photo) for photo in photos]
        return self.jobs.enqueue(requests, priority=priority, batch=more.get("batch", "b"))

    def run(
        self,
        scenario: Callable[[Dispatcher], Coroutine[Any, Any, Any]],
        timing: JobTiming = SHORT,
        **more: Any,
    ) -> Any:
        """Run a scenario beside a dispatcher, and stop that afterwards."""

        async def main() -> Any:
            threads = Threads()
            lanes = Lanes(self.pools[Priority.INTERACTIVE], self.pools[Priority.BATCH], workers=1)
            course = Course(
                self.jobs, lanes, threads, None, lambda kind: self.handler, timing=timing, **more
            )
            dispatcher = Dispatcher(self.jobs, lanes, threads, course)
            running = asyncio.create_task(dispatcher.run())
            try:
                return await asyncio.wait_for(scenario(dispatcher), 60)
            finally:
                await dispatcher.stop(0.5)
                await running
                threads.stop()

        return asyncio.run(main())

    async def until(self, done: Callable[[], object], timeout_s: float = 30.0) -> None:
        """Wait until `done` returns something true."""
        async with asyncio.timeout(timeout_s):
            while not done():
                await asyncio.sleep(0.01)

    async def settled(self) -> None:
        """Wait until no job is open."""
        # One look at all of them: between two, a job could go from one state to the other.
        await self.until(
            lambda: all(job.state not in OPEN_STATES for job in self.jobs.list(limit=10_000))
        )

    def state(self, job: Job) -> str:
        """Return what became of a job."""
        return self.jobs.get(job.id).state


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A queue, two pools of one process each, and a folder of photos."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))  # worker processes import by name
    folder = tmp_path / "photos"
    folder.mkdir()
    database = Database(tmp_path / "state" / "sidelight.db")
    pools = {
        Priority.INTERACTIVE: WorkerPool(1, idle_s=30),
        Priority.BATCH: WorkerPool(1, nice=10, idle_s=30),
    }
    yield Bench(folder, JobStore(database, EventLog(database)), Obedient(folder), pools)
    for pool in pools.values():
        pool.stop(0)
    database.close()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A folder under watch with a real database; see `watched_folder.py`."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    one = import_module("watched_folder").Watched(tmp_path)
    yield one
    one.close()


@pytest.fixture(scope="session")
def in_namespace() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python code with arguments where limits and mounts change for nobody else.

    It takes `mounts=True` to mount something, `user=` to be another user than root.
    """

    def run(
        code: str, *arguments: str, mounts: bool = False, user: int = 0
    ) -> subprocess.CompletedProcess[str]:
        unshare = ["unshare", "--user", f"--map-user={user}", f"--map-group={user}"]
        unshare += ["--mount"] if mounts else []
        try:
            subprocess.run([*unshare, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this system allows no user namespaces")
        path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        return subprocess.run(
            [*unshare, sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": path},
        )

    return run
