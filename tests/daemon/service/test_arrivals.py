"""What the watcher finds becomes a job, each content with each setting once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.jobs.store import JobStore
from sidelight.service.arrivals import Arrivals, options_of
from sidelight.service.intake import Ready
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.photos import SeenPhoto
from sidelight.state.roots import Root, RootStore
from sidelight.workflows import load_handler
from sidelight.workflows.predict import Settings

SHA = "ab" * 32


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "state" / "sidelight.db")


@pytest.fixture
def root(database: Database, tmp_path: Path) -> Root:
    return RootStore(database).add(tmp_path, "folder", editors=("darktable",), headroom=1.0)


def _ready(path: Path, sha256: str = SHA) -> list[Ready]:
    return [Ready(path, sha256, SeenPhoto(path, 1, 1, 1, 1, 1, sha256))]


class _Bench:
    def __init__(self, database: Database, batch_s: float = 600.0) -> None:
        self.jobs = JobStore(database, EventLog(database))
        self.woken = 0
        self.arrivals = Arrivals(database, self.jobs, load_handler, self._wake, batch_s=batch_s)

    def _wake(self) -> None:
        self.woken += 1

    def finish(self, id: int) -> None:
        job = self.jobs.get(id)
        key = load_handler("develop").key(job.sha256 or "", job.options)
        self.jobs.identify(id, job.sha256 or "", key)
        self.jobs.finish(id, {"results": []})


def test_a_photo_becomes_a_job_with_its_roots_settings(database, root, tmp_path) -> None:
    bench = _Bench(database)
    (job,) = bench.arrivals.arrived(root, _ready(tmp_path / "a.nef"))
    assert (job.root, job.sha256, job.photo) == (root.id, SHA, tmp_path / "a.nef")
    assert Settings.from_json(job.options) == Settings(("darktable",), headroom=1.0)
    assert bench.woken == 1


def test_w4_what_was_done_is_never_queued_again(database, root, tmp_path) -> None:
    bench = _Bench(database)
    photo = tmp_path / "a.nef"
    (job,) = bench.arrivals.arrived(root, _ready(photo))
    bench.finish(job.id)
    assert bench.arrivals.arrived(root, _ready(photo)) == []
    assert bench.woken == 1
    (copy,) = bench.arrivals.arrived(root, _ready(tmp_path / "copy.nef"))
    (changed,) = bench.arrivals.arrived(root, _ready(photo, "cd" * 32))
    (other,) = bench.arrivals.arrived(replace(root, strength=0.5), _ready(photo))
    assert len({job.id, copy.id, changed.id, other.id}) == 4


def test_w4_what_is_open_is_not_queued_twice(database, root, tmp_path) -> None:
    bench = _Bench(database)
    (one,) = bench.arrivals.arrived(root, _ready(tmp_path / "a.nef"))
    (two,) = bench.arrivals.arrived(root, _ready(tmp_path / "a.nef"))
    assert one.id == two.id


def test_what_arrives_together_is_undone_together(database, root, tmp_path) -> None:
    bench = _Bench(database)
    other = RootStore(database).add(tmp_path.parent / "x", "folder", editors=("lightroom",))
    names = [
        bench.arrivals.arrived(each, _ready(tmp_path / name))[0].batch
        for each, name in ((root, "a"), (root, "b"), (other, "c"))
    ]
    assert names[0] == names[1] != names[2]


def test_later_is_another_batch(database, root, tmp_path) -> None:
    bench = _Bench(database, batch_s=-1.0)
    names = {bench.arrivals.arrived(root, _ready(tmp_path / name))[0].batch for name in "abc"}
    assert len(names) == 3


def test_photos_of_a_catalog_may_lie_anywhere(database, root, tmp_path) -> None:
    assert options_of(root)["inside"] == str(tmp_path)
    assert "inside" not in options_of(replace(root, kind="lightroom"))


def test_what_was_just_read_is_known_once(database, root, tmp_path) -> None:
    bench = _Bench(database)
    (job,) = bench.arrivals.arrived(root, _ready(tmp_path / "a.nef"))
    content = bench.arrivals.content(job)
    assert content is not None
    assert (content.sha256, content.stamp) == (SHA, (1, 1, 1, 1))
    assert bench.arrivals.content(job) is None


def test_what_is_asked_for_is_queued_unread(database, root, tmp_path) -> None:
    bench = _Bench(database)
    one, two = bench.arrivals.asked(root, [tmp_path / "a.nef", tmp_path / "b.nef"])
    assert (one.photo, one.root, one.sha256) == (tmp_path / "a.nef", root.id, None)
    assert one.batch == two.batch
    assert Settings.from_json(one.options) == Settings(("darktable",), headroom=1.0)
    assert bench.woken == 1


def test_s12_what_arrives_after_an_undo_is_another_batch(database, root, tmp_path) -> None:
    bench = _Bench(database)
    (first,) = bench.arrivals.arrived(root, _ready(tmp_path / "a"))
    bench.arrivals.close("another")
    (second,) = bench.arrivals.arrived(root, _ready(tmp_path / "b"))
    bench.arrivals.close(first.batch)
    (third,) = bench.arrivals.arrived(root, _ready(tmp_path / "c"))
    assert first.batch == second.batch != third.batch
