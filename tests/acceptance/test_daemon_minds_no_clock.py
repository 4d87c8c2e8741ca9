"""The wall clock may jump by days while photos are worked on."""

from __future__ import annotations

import time
from pathlib import Path

HOOK = """
import os, time

_time, _file = time.time, os.environ["CLOCK"]

def jumped():
    try:
        with open(_file, encoding="ascii") as file:
            return _time() + float(file.read() or 0)
    except OSError:
        return _time()

time.time = jumped
"""
"""Loaded by every Python process below the daemon: a clock that is set from outside."""

DAY_S = 86400


def test_q5_no_job_is_lost_late_or_done_twice(daemon, tiny_raw, tmp_path: Path) -> None:
    hooks, clock, folder = tmp_path / "hooks", tmp_path / "clock", tmp_path / "photos"
    hooks.mkdir()
    folder.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    one = daemon(environment={"PYTHONPATH": str(hooks), "CLOCK": str(clock)})
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(folder), "editors": ["darktable"]})
    for number in range(40):
        tiny_raw(folder / f"{number}.dng")
    for days in (1, -1, 30, -365, 0):
        done = client.request("GET", "/v1/status")["jobs"]["done"]
        one.wait(lambda done=done: client.request("GET", "/v1/status")["jobs"]["done"] > done)
        clock.write_text(str(days * DAY_S), encoding="ascii")
        time.sleep(0.2)
    one.wait(lambda: client.request("GET", "/v1/status")["jobs"]["done"] == 40)
    jobs = client.request("GET", "/v1/jobs")["jobs"]
    assert {job["attempts"] for job in jobs} == {0}
    assert len({job["photo"] for job in jobs}) == len(jobs) == 40
    assert len(list(folder.glob("*.xmp"))) == 40
    assert one.stop() == 0
