"""How things stand without a daemon."""

from __future__ import annotations

import os
from pathlib import Path

from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.roots import RootStore
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.status import read_status


def test_an_empty_database(tmp_path: Path) -> None:
    status = read_status(Database(tmp_path / "a.db"))
    assert set(status["jobs"].values()) == {0}
    assert (status["roots"], status["quarantine"], status["waiting"]) == ([], [], 0)


def test_everything_is_counted_and_can_be_shown(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    photo = tmp_path / os.fsdecode(b"\xff.NEF")
    root = RootStore(database).add(tmp_path, "folder", editors=("lightroom",))
    RootStore(database).set_state(root.id, "missing", "the drive is gone")
    jobs = JobStore(database, EventLog(database))
    job, _ = jobs.enqueue([Request(photo), Request(tmp_path / "b.NEF")], batch="b")
    jobs.claim(0.0, 60.0)
    jobs.identify(job.id, "0" * 64, "key")
    jobs.quarantine(job.id, "it crashed twice")
    WaitingRecipes(database).put(photo, "lightroom", {}, "the catalog holds it")
    status = read_status(database)
    assert status["jobs"]["queued"] == 1 and status["jobs"]["quarantined"] == 1
    assert status["roots"][0]["state"] == "missing"
    assert status["roots"][0]["reason"] == "the drive is gone"
    (given_up,) = status["quarantine"]
    assert given_up["photo"].endswith("\\xff.NEF") and given_up["reason"] == "it crashed twice"
    assert status["waiting"] == 1
    failed = jobs.fail(2, "it is cut off")
    assert read_status(database)["failed"] == [
        {"job": failed.id, "photo": str(tmp_path / "b.NEF"), "reason": "it is cut off"}
    ]


def test_what_a_paused_root_holds_up(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    root = RootStore(database).add(tmp_path, "folder", editors=("lightroom",))
    jobs = JobStore(database, EventLog(database))
    jobs.enqueue([Request(tmp_path / "a.NEF")], batch="b", root=root.id)
    assert read_status(database)["held"] == 0
    RootStore(database).set_state(root.id, "paused")
    assert read_status(database)["held"] == 1
