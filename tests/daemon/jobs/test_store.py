"""The queue keeps what it was given, hands it out in order and tells of every change."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sidelight.jobs import store as module
from sidelight.jobs.model import Job, Priority, Request
from sidelight.jobs.store import JobNotFoundError, JobStore
from sidelight.state.database import Database
from sidelight.state.events import Event, EventLog
from sidelight.state.roots import RootStore

LEASE_S = 60.0
KILLS = int(os.environ.get("SIDELIGHT_TEST_KILLS", "50"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "sidelight.db")
    yield database
    database.close()


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def jobs(database: Database, events: EventLog) -> JobStore:
    return JobStore(database, events)


def photo(name: object) -> Path:
    return Path(f"/photos/{name}.NEF").absolute()


def enqueue(jobs: JobStore, *names: object, batch: str = "batch", **more: object) -> list[Job]:
    return jobs.enqueue([Request(photo(name)) for name in names], batch=batch, **more)  # type: ignore[arg-type]


def claim(jobs: JobStore, now_s: float = 0.0, up_to: Priority = Priority.BATCH) -> Job:
    job = jobs.claim(now_s, LEASE_S, up_to=up_to)
    assert job is not None
    return job


def told(events: EventLog, job: Job) -> list[str]:
    return [event.type for event in events.since(0, 100_000) if event.job == job.id]


# Enqueue


def test_enqueue_returns_jobs_as_they_are_stored(jobs: JobStore) -> None:
    request = Request(photo(1), {"engine": "auto", "headroom": 2.3}, sha256="ab")
    (job,) = jobs.enqueue([request], priority=Priority.INTERACTIVE, batch="b", root=7)
    assert job == jobs.get(job.id)
    assert (job.photo, job.options, job.kind, job.sha256) == (
        request.photo,
        request.options,
        request.kind,
        "ab",
    )
    assert (job.priority, job.state, job.batch, job.root) == (
        Priority.INTERACTIVE,
        "queued",
        "b",
        7,
    )


def test_enqueue_is_all_or_nothing(jobs: JobStore, events: EventLog) -> None:
    bad = Request(photo(2), {"not plain": object()})
    with pytest.raises(TypeError):
        jobs.enqueue([Request(photo(1)), bad], batch="b")
    assert jobs.list() == []
    assert events.since(0) == []


def test_the_same_open_request_is_one_job(jobs: JobStore) -> None:
    first, second = enqueue(jobs, 1, 1)
    assert first.id == second.id
    claim(jobs)
    (third,) = enqueue(jobs, 1, batch="another")
    assert (third.id, third.state, third.batch) == (first.id, "leased", "batch")
    jobs.finish(first.id, {})
    (fourth,) = enqueue(jobs, 1)
    assert fourth.id != first.id


def test_other_options_are_another_job(jobs: JobStore) -> None:
    one, two, three, four = jobs.enqueue(
        [
            Request(photo(1), {"a": 1, "b": 2}),
            Request(photo(1), {"b": 2, "a": 1}),
            Request(photo(1), {"a": 2, "b": 2}),
            Request(photo(1), {"a": 1, "b": 2}, kind="other"),
        ],
        batch="b",
    )
    assert one.id == two.id
    assert len({one.id, three.id, four.id}) == 3


def test_a_more_urgent_request_makes_an_open_job_urgent(jobs: JobStore) -> None:
    first, second = enqueue(jobs, 1, 2)
    (again,) = enqueue(jobs, 2, priority=Priority.INTERACTIVE)
    assert (again.id, again.priority) == (second.id, Priority.INTERACTIVE)
    (back,) = enqueue(jobs, 2)
    assert back.priority is Priority.INTERACTIVE
    assert claim(jobs).id == second.id
    assert claim(jobs).id == first.id


def test_who_waits_does_not_wait_for_a_later_try(jobs: JobStore) -> None:
    (job,) = enqueue(jobs, 1)
    jobs.retry(claim(jobs).id, "the disk was full", 600.0, 0.0)
    enqueue(jobs, 1)
    assert jobs.claim(0.0, LEASE_S) is None
    enqueue(jobs, 1, priority=Priority.INTERACTIVE)
    assert claim(jobs).id == job.id


def test_new_content_of_a_photo_that_is_worked_on_is_another_job(jobs: JobStore) -> None:
    (old,) = jobs.enqueue([Request(photo(1), sha256="old")], batch="b")
    (same,) = jobs.enqueue([Request(photo(1), sha256="new")], batch="b")
    assert (same.id, same.sha256) == (old.id, "new")  # nobody had looked at the old one
    claim(jobs)
    (new,) = jobs.enqueue([Request(photo(1), sha256="newer")], batch="b")
    assert new.id != old.id
    (again,) = jobs.enqueue([Request(photo(1), sha256="newer")], batch="b")
    assert again.id == new.id


@pytest.mark.skipif(os.name != "posix", reason="only POSIX names are bytes")
def test_names_that_are_not_utf8(jobs: JobStore, events: EventLog) -> None:
    path = Path(os.fsdecode(b"/photos/\xff\n.NEF"))
    (job,) = jobs.enqueue([Request(path, {"name": str(path)})], batch=str(path))
    assert (jobs.get(job.id).photo, job.options["name"]) == (path, str(path))
    failed = jobs.fail(job.id, f"cannot read {path}")
    assert failed.reason == "cannot read /photos/\\xff\n.NEF"
    assert events.since(0)[0].data["photo"] == "/photos/\\xff\n.NEF"
    assert jobs.list(batch=job.batch) == [failed]


def test_ten_thousand_are_one_transaction(jobs: JobStore, database: Database) -> None:
    calls: list[int] = []
    database.on_commit(lambda: calls.append(1))
    enqueue(jobs, *range(10_000))
    assert len(calls) == 1
    assert jobs.counts()["queued"] == 10_000


# Claim, finish and the rest


def test_q6_who_waits_is_served_before_ten_thousand_others(jobs: JobStore) -> None:
    enqueue(jobs, *range(10_000))
    (urgent,) = enqueue(jobs, "urgent", priority=Priority.INTERACTIVE)
    assert claim(jobs).id == urgent.id
    assert jobs.claim(0.0, LEASE_S, up_to=Priority.INTERACTIVE) is None
    assert [claim(jobs).photo for _ in range(3)] == [photo(0), photo(1), photo(2)]


def test_what_a_paused_root_found_waits(jobs: JobStore, database: Database) -> None:
    roots = RootStore(database)
    root = roots.add(
        Path("/photos"), "folder", editors=("darktable",), engine="auto", headroom=2, strength=1
    )
    jobs.enqueue([Request(photo("a"))], batch="batch", root=root.id)
    roots.set_state(root.id, "paused")
    assert jobs.claim(0.0, LEASE_S) is None
    assert jobs.next_ready_s(0.0) is None
    (asked,) = enqueue(jobs, "b")
    claimed = jobs.claim(0.0, LEASE_S)
    assert claimed is not None
    assert claimed.id == asked.id
    roots.set_state(root.id, "watching")
    assert jobs.claim(0.0, LEASE_S) is not None


def test_a_job_is_claimed_once(jobs: JobStore) -> None:
    enqueue(jobs, *range(200))
    claimed: list[int] = []

    def work() -> None:
        while job := jobs.claim(0.0, LEASE_S):
            claimed.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(claimed).most_common(1)[0][1] == 1
    assert len(claimed) == 200


def test_finish(jobs: JobStore, events: EventLog) -> None:
    enqueue(jobs, 1)
    job = claim(jobs)
    result = {
        "results": [{"editor": "darktable", "status": "written", "sidecar": "/photos/1.NEF.xmp"}],
        "prediction": {"info": {"secret": 1}},
    }
    done = jobs.finish(job.id, result, "as asked")
    assert (done.state, done.result, done.reason) == ("done", result, "as asked")
    assert done == jobs.get(job.id)
    assert done.finished
    last = events.since(0)[-1]
    assert last == Event(
        3,
        "job.done",
        job.id,
        {
            "state": "done",
            "reason": "as asked",
            "batch": "batch",
            "photo": str(photo(1)),
            "results": [{"editor": "darktable", "status": "written"}],
        },
    )


def test_what_is_closed_stays_closed(jobs: JobStore, events: EventLog) -> None:
    enqueue(jobs, 1)
    job = claim(jobs)
    (canceled,) = jobs.cancel([job.id])
    for late in (
        jobs.finish(job.id, {"results": []}),
        jobs.fail(job.id, "late"),
        jobs.retry(job.id, "late", 1.0, 0.0),
        jobs.died(job.id, "late", 0.0),
        jobs.quarantine(job.id, "late"),
        jobs.release(job.id),
    ):
        assert late == canceled
    assert told(events, job) == ["job.queued", "job.leased", "job.canceled"]


def test_fail_and_try_again(jobs: JobStore) -> None:
    enqueue(jobs, 1)
    job = claim(jobs)
    jobs.identify(job.id, "sha", "key")
    failed = jobs.fail(job.id, "it is cut off", {"results": []})
    assert (failed.state, failed.reason, failed.result) == (
        "failed",
        "it is cut off",
        {"results": []},
    )
    again = jobs.again(job.id)
    assert (again.state, again.reason, again.result, again.finished) == ("queued", "", None, None)
    assert (again.sha256, again.key) == (None, None)  # the file may hold something else by now
    assert claim(jobs).id == job.id
    assert jobs.again(job.id).state == "leased"
    jobs.finish(job.id, {})
    assert jobs.again(job.id).state == "done"


def test_retry_waits(jobs: JobStore) -> None:
    enqueue(jobs, 1, 2)
    assert jobs.next_ready_s(0.0) == 0.0
    job = claim(jobs)
    waiting = jobs.retry(job.id, "the disk is full", 5.0, 100.0)
    assert (waiting.state, waiting.attempts, waiting.reason) == ("queued", 1, "the disk is full")
    claim(jobs, 100.0)
    assert jobs.claim(104.9, LEASE_S) is None
    assert jobs.next_ready_s(101.0) == 4.0
    assert jobs.next_ready_s(200.0) == 0.0
    assert claim(jobs, 105.0).id == job.id
    assert jobs.next_ready_s(105.0) is None


def test_twins_share_the_work(jobs: JobStore) -> None:
    enqueue(jobs, 1, 2, 3)
    one, two, three = claim(jobs), claim(jobs), claim(jobs)
    for job in (one, two, three):
        jobs.identify(job.id, "sha", "key")
    assert jobs.get(two.id).key == "key"
    assert jobs.finished_twin("key", two.id) is None
    jobs.finish(one.id, {"prediction": {"a": 1}})
    jobs.fail(three.id, "it did not work", {"prediction": None})
    twin = jobs.finished_twin("key", two.id)
    assert twin is not None
    assert (twin.id, twin.result) == (one.id, {"prediction": {"a": 1}})
    assert jobs.finished_twin("key", one.id) is None
    assert jobs.finished_twin("other", two.id) is None


def test_cancel_by_id_and_by_batch(jobs: JobStore) -> None:
    one, two, three = enqueue(jobs, 1, 2, 3, batch="a")
    (four,) = enqueue(jobs, 4, batch="b")
    jobs.finish(claim(jobs).id, {})
    assert [job.id for job in jobs.cancel([one.id, two.id, 999])] == [two.id]
    assert [job.id for job in jobs.cancel(batch="a")] == [three.id]
    assert jobs.cancel() == []
    assert jobs.cancel(ids=[]) == []
    assert jobs.get(four.id).state == "queued"


def test_release_gives_back(jobs: JobStore, events: EventLog) -> None:
    enqueue(jobs, 1, 2)
    job = claim(jobs)
    released = jobs.release(job.id)
    assert (released.state, released.attempts) == ("queued", 0)
    assert claim(jobs).id == job.id
    claim(jobs)
    assert jobs.release_all() == 2
    assert jobs.counts()["queued"] == 2
    assert told(events, job) == ["job.queued", "job.leased"] * 2 + ["job.queued"]


def test_a_restart_ends_waiting_times(jobs: JobStore) -> None:
    enqueue(jobs, 1)
    jobs.retry(claim(jobs, 1e6).id, "later", 600.0, 1e6)
    assert jobs.release_all() == 0
    claim(jobs, 5.0)  # the clock began anew


def test_q5_only_the_given_clock_ends_leases(
    jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(jobs, 1, 2)
    days = ["1999-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00"]
    real = time.time()
    for day, jump_s in zip(days, (-86_400, 86_400), strict=True):
        monkeypatch.setattr(module, "now", lambda day=day: day)
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: real + jump_s)
        job = claim(jobs, 1000.0)
        assert jobs.release_expired(1000.0 + LEASE_S - 0.1) == 0
        assert jobs.get(job.id).state == "leased"
        assert jobs.get(job.id).attempts == 0
    assert jobs.release_expired(1000.0 + LEASE_S) == 2
    assert [claim(jobs).attempts for _ in range(2)] == [0, 0]


def test_q5_a_lease_that_ended_does_not_lose_the_work(jobs: JobStore) -> None:
    enqueue(jobs, 1)
    job = claim(jobs, 0.0)
    assert jobs.release_expired(8 * 3600.0) == 1  # the computer slept, the worker goes on
    assert jobs.finish(job.id, {}).state == "done"
    assert jobs.claim(8 * 3600.0, LEASE_S) is None


# Deaths


def test_d2_what_kills_a_worker_twice_is_quarantined(jobs: JobStore, events: EventLog) -> None:
    enqueue(jobs, 1)
    job = claim(jobs)
    jobs.identify(job.id, "deadly", "key")
    first = jobs.died(job.id, "it crashed", 0.0)
    assert (first.state, first.attempts) == ("queued", 1)
    assert not jobs.is_quarantined("deadly")
    claim(jobs)
    second = jobs.died(job.id, "it crashed again", 0.0)
    assert (second.state, second.reason) == ("quarantined", "it crashed again")
    assert jobs.is_quarantined("deadly")
    assert not jobs.is_quarantined("other")
    assert jobs.quarantined() == [second]
    assert jobs.claim(1e9, LEASE_S) is None
    assert told(events, job)[-1] == "job.quarantined"


def test_d2_the_content_counts_not_the_job(jobs: JobStore) -> None:
    enqueue(jobs, 1, 2)
    one, two = claim(jobs), claim(jobs)
    for job in (one, two):
        jobs.identify(job.id, "deadly", "key")
    jobs.died(one.id, "it crashed", 0.0)
    jobs.cancel([one.id])
    assert jobs.died(two.id, "it crashed", 0.0).state == "quarantined"


def test_d2_retries_are_not_deaths(jobs: JobStore) -> None:
    enqueue(jobs, 1)
    for _ in range(5):
        job = claim(jobs, 10.0)
        jobs.retry(job.id, "the disk is full", 0.0, 0.0)
    claim(jobs, 10.0)
    assert jobs.died(job.id, "it crashed", 0.0).state == "queued"


def test_d2_quarantine_lasts_until_somebody_asks(jobs: JobStore) -> None:
    (job,) = enqueue(jobs, 1)
    jobs.identify(job.id, "deadly", "key")
    for _ in range(2):
        jobs.died(job.id, "it crashed", 0.0)
    (other,) = enqueue(jobs, 2)
    jobs.identify(other.id, "deadly", "key")
    jobs.quarantine(other.id, "known to crash")
    assert jobs.release_all() == 0
    assert jobs.release_expired(1e9) == 0
    assert jobs.prune(keep=0) == 0
    assert jobs.again(job.id).state == "queued"
    assert not jobs.is_quarantined("deadly")
    jobs.identify(job.id, "deadly", "key")
    assert jobs.died(job.id, "it crashed", 0.0).state == "queued"
    assert jobs.died(job.id, "it crashed", 0.0).state == "quarantined"


# Reading


def test_get_what_is_not_there(jobs: JobStore) -> None:
    for call in (jobs.get, jobs.release, jobs.again, lambda id: jobs.finish(id, {})):
        with pytest.raises(JobNotFoundError):
            call(5)


def test_pages(jobs: JobStore) -> None:
    enqueue(jobs, *range(10), batch="a", root=1)
    enqueue(jobs, *range(10, 15), batch="b", root=2)
    for _ in range(4):
        jobs.finish(claim(jobs).id, {})
    jobs.fail(claim(jobs).id, "no")

    def ids(**asked: object) -> list[int]:
        return [job.id for job in jobs.list(**asked)]  # type: ignore[arg-type]

    assert ids() == list(range(1, 16))
    assert ids(after=3, limit=2) == [4, 5]
    assert ids(state="done") == [1, 2, 3, 4]
    assert ids(state="failed") == [5]
    assert ids(state="failed", root=2) == []
    assert ids(state="failed", root=1, batch="a") == [5]
    assert ids(batch="b") == [11, 12, 13, 14, 15]
    assert ids(root=1, after=8) == [9, 10]
    assert ids(batch="a", root=2) == []
    assert ids(state="queued", batch="a", root=1) == [6, 7, 8, 9, 10]


def test_counts(jobs: JobStore) -> None:
    enqueue(jobs, 1, 2, 3, root=1)
    jobs.finish(claim(jobs).id, {})
    claim(jobs)
    assert jobs.counts() == {
        "queued": 1,
        "leased": 1,
        "done": 1,
        "failed": 0,
        "quarantined": 0,
        "canceled": 0,
    }


def test_the_last_failures_come_first(jobs: JobStore) -> None:
    for job in enqueue(jobs, 1, 2, 3, 4):
        jobs.fail(claim(jobs).id, f"reason {job.id}")
    jobs.again(2)
    assert [job.id for job in jobs.failed(2)] == [4, 3]
    assert [job.id for job in jobs.failed(9)] == [4, 3, 1]


def test_what_a_paused_or_missing_root_holds_up(jobs: JobStore, database: Database) -> None:
    roots = RootStore(database)
    one, two = (roots.add(photo(name), "folder", editors=("darktable",)) for name in "ab")
    enqueue(jobs, 1, 2, root=one.id)
    enqueue(jobs, 3, root=two.id)
    enqueue(jobs, 4)
    assert jobs.held() == 0
    roots.set_state(one.id, "paused")
    assert jobs.held() == 2
    roots.set_state(two.id, "missing")
    assert jobs.held() == 3


def test_prune_keeps_the_newest_and_all_that_is_open(jobs: JobStore) -> None:
    enqueue(jobs, *range(10))
    for _ in range(6):
        jobs.finish(claim(jobs).id, {})
    assert jobs.prune(keep=100) == 0
    assert jobs.prune(keep=7) == 3
    assert [job.id for job in jobs.list()] == list(range(4, 11))
    assert jobs.prune(keep=0) == 3
    assert jobs.counts()["queued"] == 4
    (new,) = enqueue(jobs, "new")
    assert new.id == 11


def test_every_change_is_one_event(jobs: JobStore, events: EventLog) -> None:
    """A random walk: what clients are told is what the queue holds."""
    chance = random.Random(5)
    now_s = 0.0
    for _ in range(600):
        now_s += chance.random()
        id = chance.randint(1, 40)
        verb = chance.choice(("enqueue", "claim", "finish", "fail", "retry", "died", "cancel",
                              "release", "again", "expire"))  # fmt: skip
        if verb == "enqueue":
            enqueue(jobs, chance.randint(1, 30), priority=chance.choice(list(Priority)))
        elif verb == "claim":
            jobs.claim(now_s, chance.random() * 20)
        elif verb == "expire":
            jobs.release_expired(now_s)
        elif id <= len(jobs.list(limit=1000)):
            jobs.identify(id, f"sha{id % 7}", f"key{id % 7}")
            more: tuple[object, ...] = {
                "finish": (id, {"results": []}),
                "fail": (id, "no"),
                "retry": (id, "later", 3.0, now_s),
                "died": (id, "crash", now_s),
                "cancel": ([id],),
            }.get(verb, (id,))
            getattr(jobs, verb)(*more)
    held = {job.id: job.state for job in jobs.list(limit=1000)}
    known: dict[int | None, str] = {}
    closed = ("done", "failed", "canceled", "quarantined")
    for event in events.since(0, 100_000):
        state = event.data["state"]
        assert event.type == f"job.{state}"
        if known.get(event.job) in closed:
            assert state == "queued"  # only by asking again
            assert known[event.job] != "done"
        known[event.job] = state
    assert known == held
    assert set(held.values()) >= {"queued", "done", "failed", "canceled", "quarantined"}


# Kills

BUSY_PROGRAM = """
import sys, time
from pathlib import Path
from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.state.database import Database
from sidelight.state.events import EventLog
database = Database(Path(sys.argv[1]))
jobs = JobStore(database, EventLog(database))
jobs.release_all()
print("ready", flush=True)
number = 0
while True:
    names = [Path(f"/photos/{sys.argv[2]}-{number + n}.NEF") for n in range(3)]
    number += 3
    for job in jobs.enqueue([Request(name) for name in names], batch=sys.argv[2]):
        print("asked", job.id, flush=True)
    for _ in range(2):
        job = jobs.claim(time.monotonic(), 60.0)
        jobs.identify(job.id, f"sha-{job.id}", f"key-{job.id}")
        jobs.finish(job.id, {"results": [{"editor": "cube", "status": "written"}]})
        print("done", job.id, flush=True)
"""


def kill_a_busy_process(path: Path, name: str, after_s: float) -> list[tuple[str, int]]:
    """Return what it had said when it was killed."""
    command = [sys.executable, "-c", BUSY_PROGRAM, str(path), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        killer = threading.Timer(after_s, process.kill)
        killer.start()
        lines = process.stdout.read().splitlines(keepends=True)
        killer.join()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(word, int(id)) for word, id in whole]


def test_q1_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "sidelight.db"
    chance = random.Random(1)
    said: list[tuple[str, int]] = []
    for kill in range(KILLS):
        said += kill_a_busy_process(path, f"kill{kill}", chance.uniform(0.0, 0.08))
    asked = [id for word, id in said if word == "asked"]
    done = [id for word, id in said if word == "done"]
    assert len(asked) > KILLS
    assert len(done) == len(set(done))
    with closing(Database(path)) as database:
        assert database.read("PRAGMA integrity_check")[0][0] == "ok"
        events = EventLog(database)
        jobs = JobStore(database, events)
        states = {row["id"]: row["state"] for row in database.read("SELECT id, state FROM jobs")}
        assert set(asked) <= set(states)
        assert {states[id] for id in done} == {"done"}
        finished = Counter(
            row["job"] for row in database.read("SELECT job FROM events WHERE type = 'job.done'")
        )
        assert set(finished.values()) == {1}
        jobs.release_all()
        while job := jobs.claim(0.0, LEASE_S):
            jobs.finish(job.id, {})
        assert set(jobs.counts()) - {"done"} == {
            state for state, count in jobs.counts().items() if not count
        }
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
