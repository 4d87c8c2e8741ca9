"""The parts put together: start, one photo through them, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from sidelight.config import Config
from sidelight.errors import StateError, UnreadableError
from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.paths import HOME_VARIABLE, database_file
from sidelight.service import assembly as module
from sidelight.service.assembly import Assembly
from sidelight.service.auth import Token
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.workflows.predict import Settings

CONFIG = Config(port=0, workers=1, settle_s=0.2, debounce_s=0.05)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of Sidelight's own, empty."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def _run(scenario: Callable[[Assembly], Coroutine[Any, Any, Any]]) -> Any:
    """Start an assembly, run a scenario, stop it."""

    async def main() -> Any:
        database = Database(database_file())
        assembly = Assembly(CONFIG, database, Token(), rotate=lambda: None, on_gone=lambda: None)
        try:
            await assembly.start(0)
            return await asyncio.wait_for(scenario(assembly), 60)
        finally:
            await assembly.stop(2.0)
            database.close()

    return asyncio.run(main())


def test_a_photo_and_a_jpeg_are_predicted(tiny_raw, tmp_path: Path) -> None:
    photo = tiny_raw(tmp_path / "a.dng")

    async def scenario(assembly: Assembly) -> dict[str, Any]:
        settings = Settings(("lightroom",))
        with pytest.raises(UnreadableError):
            await assembly.core.predict(b"no JPEG", settings)
        return await assembly.core.predict(photo, settings, tmp_path)

    answer = _run(scenario)
    assert answer["editors"]["lightroom"]["terms"]


def test_what_the_last_run_left_is_taken_up_again(tiny_raw, tmp_path: Path) -> None:
    photo = tiny_raw(tmp_path / "a.dng")
    left = tmp_path / ".0123456789abcdef.sidelight-tmp"
    left.write_bytes(b"half")
    database = Database(database_file())
    jobs = JobStore(database, EventLog(database))
    (job,) = jobs.enqueue([Request(photo, {"editors": ["darktable"]})], batch="b")
    assert jobs.claim(0.0, 1e9)
    database.close()

    async def scenario(assembly: Assembly) -> str:
        while (found := assembly.core.jobs.get(job.id)).state in ("queued", "leased"):
            await asyncio.sleep(0.05)
        return found.state

    assert _run(scenario) == "done"
    assert (tmp_path / "a.dng.xmp").exists()
    assert not left.exists()


def test_routes_see_how_it_stands() -> None:
    async def scenario(assembly: Assembly) -> None:
        assert assembly.core.workers() == {"most": 1, "busy": 0}
        assert list(assembly.core.warnings()) == []
        assembly.notices.add("x", "something is wrong")
        assert list(assembly.core.warnings()) == ["something is wrong"]
        assert assembly.is_alive()

    _run(scenario)


def test_old_jobs_and_events_are_forgotten_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FORGET_S", 0.01)
    calls: list[str] = []

    def refused_at_first(jobs: JobStore) -> int:
        calls.append("jobs")
        if len(calls) == 1:
            raise StateError("the disk is full")
        return 0

    monkeypatch.setattr(JobStore, "prune", refused_at_first)
    monkeypatch.setattr(EventLog, "prune", lambda events: calls.append("events"))

    async def scenario(assembly: Assembly) -> None:
        while calls.count("events") < 2:
            await asyncio.sleep(0.01)

    _run(scenario)
    assert calls[:5] == ["jobs", "jobs", "events", "jobs", "events"]


def test_it_can_be_stopped_without_having_started() -> None:
    async def main() -> None:
        database = Database(database_file())
        assembly = Assembly(CONFIG, database, Token(), rotate=lambda: None, on_gone=lambda: None)
        await assembly.stop(1.0)
        database.close()

    asyncio.run(main())
