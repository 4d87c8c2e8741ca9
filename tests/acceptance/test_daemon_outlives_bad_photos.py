"""Photos that crash, hang or bloat their process, through the whole service."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sidelight.config import Config
from sidelight.paths import HOME_VARIABLE, log_folder
from sidelight.service.client import find_daemon
from sidelight.service.course import JobTiming
from sidelight.service.daemon import Daemon
from sidelight.service.instance import Instance
from sidelight.service.log import start_log, stop_log
from sidelight.workflows import load_handler
from sidelight.workflows.develop_job import DevelopJob

ORDERS = """
import os, signal, time
from pathlib import Path
from sidelight.errors import UnreadableError
from sidelight.workflows.develop_job import work as develop

def work(photo, options):
    order = Path(photo).stem.split("-")[0]
    if order == "abort":
        os.abort()
    if order == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if order == "hang":
        while True:
            pass
    if order == "bomb":
        held = []
        while True:
            held.append(bytes(1 << 26))
    if order == "fork":
        if os.fork() == 0:
            time.sleep(3600)
    if order == "chatter":
        for _ in range(1 << 10):
            os.write(1, bytes(1 << 20))
            os.write(2, bytes(1 << 20))
    return develop(photo, options)
"""


class Sabotage(DevelopJob):
    """Develops, but its worker obeys the photo's name."""

    work = "sabotaged_worker:work"


@contextmanager
def _serving(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run a daemon in a thread of this process, with handlers of our own."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    ready = threading.Event()
    stop: list[Any] = []

    async def main() -> None:
        config = Config(port=0, workers=1, settle_s=0.2, debounce_s=0.05)
        instance = Instance()
        assert instance.acquire()
        daemon = Daemon(
            config,
            instance,
            start_log(log_folder()),
            handlers=lambda kind: Sabotage() if kind == "develop" else load_handler(kind),
            timing=JobTiming(photo_timeout_s=4.0),
        )
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(daemon.stop))
        try:
            await daemon.run(lambda url: ready.set())
        finally:
            instance.release()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(30)
        yield find_daemon(10)
    finally:
        stop[0]()
        thread.join(30)
        stop_log()
    assert not thread.is_alive()


@pytest.fixture
def sabotaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "sabotaged_worker.py").write_text(ORDERS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(modules))
    with _serving(tmp_path / "home", monkeypatch) as client:
        yield client


def _outcome(client: Any, photo: Path) -> dict[str, Any]:
    body = {"photos": [str(photo)], "editors": ["darktable"]}
    id = client.request("POST", "/v1/jobs", body)["jobs"][0]["id"]
    for event in client.events(after=0):
        if event["job"] == id and event["data"]["state"] not in ("queued", "leased"):
            return client.request("GET", f"/v1/jobs/{id}")
    raise AssertionError


@pytest.mark.skipif(sys.platform != "linux", reason="signals, forks and limits of Linux")
def test_d1_a_bad_photo_costs_one_job_and_d2_is_not_tried_a_third_time(
    sabotaged, tiny_raw, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    root = sabotaged.request("POST", "/v1/roots", {"path": str(folder)})["id"]
    sabotaged.request("PATCH", f"/v1/roots/{root}", {"paused": True})
    wanted = {
        "abort": ("quarantined", "SIGABRT"),
        "segfault": ("quarantined", "SIGSEGV"),
        "hang": ("quarantined", "too long"),
        "bomb": ("failed", "memory"),
        "fork": ("done", ""),
        "chatter": ("done", ""),
    }
    for order, (state, reason) in wanted.items():
        job = _outcome(sabotaged, tiny_raw(folder / f"{order}-1.dng"))
        assert job["state"] == state, job
        assert reason in job["reason"]
        good = _outcome(sabotaged, tiny_raw(folder / f"fine-{order}.dng"))
        assert good["state"] == "done"
    status = sabotaged.request("GET", "/v1/status")
    assert len(status["quarantine"]) == 3
    copy = folder / "fine-copy.dng"
    copy.write_bytes((folder / "abort-1.dng").read_bytes())
    assert _outcome(sabotaged, copy)["state"] == "quarantined", "the same content, another name"
    assert {path.name for path in folder.glob("*.xmp")} == {
        *(f"fine-{order}.dng.xmp" for order in wanted),
        "fork-1.dng.xmp",
        "chatter-1.dng.xmp",
    }
