"""500 photos flow while the daemon is killed 50 times: each is done once, nothing asked is lost."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from sidelight.errors import ServiceError
from sidelight.service.client import AnswerError
from sidelight_xmp.first_versions import FirstVersions, content_name

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

PHOTOS = 500
KILLS = 50
ASKED_AT_ONCE = 4
ARRIVING_AT_ONCE = 6
LONGEST_LIFE_S = 3.0
STILL_S = 90.0
"""After so long without one more photo done the daemon stands still; how fast it is is no test."""
RESTART_LIMIT_S = 10.0
"""Generous: the promise is 2 s on an idle machine, and the figure is printed."""


class _Flow:
    """Photos that arrive in a watched folder, and photos that somebody asks for."""

    def __init__(self, folder: Path, tiny_raw) -> None:
        self.arriving, self.asked = folder / "arriving", folder / "asked"
        self.arriving.mkdir()
        self.asked.mkdir()
        self.acknowledged: set[int] = set()
        self._make = tiny_raw
        self._unasked: list[Path] = []
        self._made = 0

    @property
    def is_over(self) -> bool:
        return self._made >= PHOTOS and not self._unasked

    def push(self, client) -> None:
        """Let a few photos arrive, and ask for a few; raises when the daemon is gone."""
        for _ in range(ARRIVING_AT_ONCE):
            if path := self._next(self.arriving, ".part"):
                path.rename(path.with_suffix(""))
        self._unasked += [p for _ in range(ASKED_AT_ONCE) if (p := self._next(self.asked))]
        if self._unasked:
            body = {"photos": [str(path) for path in self._unasked], "editors": ["darktable"]}
            answer = client.request("POST", "/v1/jobs", body)
            self.acknowledged |= {job["id"] for job in answer["jobs"]}
            self._unasked = []

    def _next(self, folder: Path, ending: str = "") -> Path | None:
        if self._made >= PHOTOS:
            return None
        self._made += 1
        return self._make(folder / f"{self._made:04d}.dng{ending}")


def test_q1_nothing_is_lost_or_done_twice(daemon, tiny_raw, tmp_path, record_property) -> None:
    chance = random.Random(1)
    one = daemon()
    flow = _Flow(tmp_path, tiny_raw)
    for folder in (flow.arriving, flow.asked):
        body = {"path": str(folder), "editors": ["darktable"]}
        root = one.client.request("POST", "/v1/roots", body)["id"]
    one.client.request("PATCH", f"/v1/roots/{root}", {"paused": True})
    restarts = []
    for _ in range(KILLS):
        _live_for(chance.uniform(0.0, LONGEST_LIFE_S), one, flow)
        one.kill()
        one = daemon()
        restarts.append(one.seconds_to_start)
    while not flow.is_over:
        flow.push(one.client)
    done = _when_done(one)
    assert one.stop() == 0
    found = sorted(restarts)
    record_property(
        "figure",
        f"restart after a kill: median {found[KILLS // 2]:.2f} s, worst {found[-1]:.2f} s",
    )
    assert max(restarts) < RESTART_LIMIT_S
    _check_sidecars(flow)
    _check_jobs(one.home, flow, done)


def _live_for(seconds: float, one, flow: _Flow) -> None:
    ends = time.monotonic() + seconds
    with contextlib.suppress(ServiceError):
        client = one.client
        while time.monotonic() < ends:
            flow.push(client)
            time.sleep(min(0.2, max(0.0, ends - time.monotonic())))


def _when_done(one) -> int:
    """Wait until no job is left, as long as one after the other gets done; return how many."""
    jobs = _jobs(one)
    while jobs["done"] < PHOTOS or jobs["queued"] or jobs["leased"]:
        jobs = one.wait(lambda before=jobs: _moved(one, before), timeout_s=STILL_S)
    return jobs["done"]


def _moved(one, before: dict[str, int]) -> dict[str, int] | None:
    jobs = _jobs(one)
    return jobs if jobs != before else None


def _jobs(one) -> dict[str, int]:
    """How many jobs are in which state."""
    return one.wait(lambda: _status(one))["jobs"]


def _status(one) -> dict | None:
    with contextlib.suppress(AnswerError):
        return one.client.request("GET", "/v1/status")
    return None


def _check_sidecars(flow: _Flow) -> None:
    for folder in (flow.arriving, flow.asked):
        photos = {path.name for path in folder.glob("*.dng")}
        sidecars = {path.name for path in folder.glob("*.xmp")}
        assert sidecars == {f"{name}.xmp" for name in photos}
        assert not list(folder.glob(".*")), "a half-written file was left"


def _check_jobs(home: Path, flow: _Flow, done: int) -> None:
    with sqlite3.connect(home / "state" / "sidelight.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT id, photo, state, attempts FROM jobs").fetchall()
    assert {state for _, _, state, _ in rows} == {"done"}
    assert flow.acknowledged <= {id for id, _, _, _ in rows}
    times = Counter(photo for _, photo, _, _ in rows)
    asked_again = {photo for photo, count in times.items() if count > 1}
    assert all(b"/asked/" in photo for photo in asked_again), "an arrival was done twice"
    assert len(times) == PHOTOS
    # Who asks again because the answer was lost in a kill gets a second job, not a second edit.
    assert done == len(rows)
    store = FirstVersions(home / "state" / "first_versions")
    assert store.check() == ""
    for sidecar in [*flow.arriving.glob("*.xmp"), *flow.asked.glob("*.xmp")]:
        written = {write.written for write in store.live_writes(sidecar)}
        assert written == {content_name(sidecar.read_bytes())}, "it was written twice, differently"
