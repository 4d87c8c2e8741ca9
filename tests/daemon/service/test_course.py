"""Every way a job may go, with real worker processes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from sidelight.jobs.model import Request
from sidelight.service import course as module


def test_a_job_is_done_and_recorded(bench) -> None:
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    done = bench.jobs.get(job.id)
    assert done.state == "done"
    assert done.result["prediction"]["order"] == "fine"
    assert done.sha256
    assert (bench.folder / "a.nef.xmp").exists()
    assert bench.handler.calls == [("before", "a.nef"), ("finish", "a.nef")]


def test_an_answer_joins_what_is_near(bench) -> None:
    bench.handler.others = {"b.nef": {}, "a.nef": {}}
    (job,) = bench.enqueue(bench.photo("c.nef"))
    bench.run(lambda _: bench.settled())
    prediction = bench.jobs.get(job.id).result["prediction"]
    assert prediction["joined"] == ["a.nef", "b.nef"]
    assert prediction["name"] == str(bench.folder / "c.nef")
    assert prediction["order"] == "fine"


def test_an_answer_that_cannot_join_stands_alone(bench) -> None:
    bench.handler.others = {"abort": {}}
    (job,) = bench.enqueue(bench.photo("c.nef"))
    bench.run(lambda _: bench.settled())
    done = bench.jobs.get(job.id)
    assert done.state == "done"
    assert "joined" not in done.result["prediction"]


def test_photos_of_one_folder_join_and_are_written_one_at_a_time(bench) -> None:
    seen: list[tuple[str, int]] = []
    near, finish = bench.handler.near, bench.handler.finish

    def watched_near(job, answer, context):
        seen.append(("near", job.id))
        return near(job, answer, context)

    def watched_finish(job, answer, context):
        seen.append(("finish", job.id))
        return finish(job, answer, context)

    bench.handler.near, bench.handler.finish = watched_near, watched_finish
    bench.handler.writing_s = 0.05
    jobs = bench.enqueue(*(bench.photo(f"{n}.nef") for n in range(4)))
    bench.run(lambda _: bench.settled())
    order = [id for _, id in seen[::2]]
    assert sorted(order) == [job.id for job in jobs]
    assert seen == [(what, id) for id in order for what in ("near", "finish")]


def test_the_same_content_is_worked_on_once(bench) -> None:
    photos = [bench.folder / f"copy {number}.nef" for number in range(4)]
    for photo in photos:
        photo.write_bytes(b"sleep the same")
    jobs = bench.enqueue(*photos)
    bench.run(lambda _: bench.settled())
    results = [bench.jobs.get(job.id).result["prediction"] for job in jobs]
    assert all(result == results[0] for result in results)
    assert len([call for call in bench.handler.calls if call[0] == "finish"]) == 4


def test_what_is_kept_is_not_decoded(bench) -> None:
    bench.handler.early = {"results": [{"status": "kept"}]}
    (job,) = bench.enqueue(bench.photo("a.nef", "abort"))
    bench.run(lambda _: bench.settled())
    assert bench.jobs.get(job.id).result == bench.handler.early


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("unreadable", "this file cannot be read"),
        ("foreign", "an unexpected KeyError"),
        ("bomb", "not enough memory"),
    ],
)
def test_d1_trouble_in_the_worker_fails_one_job(bench, order: str, reason: str) -> None:
    (bad,) = bench.enqueue(bench.photo("bad.nef", order))
    (good,) = bench.enqueue(bench.photo("good.nef"))
    bench.run(lambda _: bench.settled(), replace(module.JobTiming(), photo_timeout_s=20.0))
    assert bench.state(bad) == "failed"
    assert reason in bench.jobs.get(bad.id).reason
    assert bench.state(good) == "done"


@pytest.mark.parametrize(("order", "reason"), [("abort", "stopped"), ("hang", "too long")])
def test_d2_what_kills_two_workers_is_left_alone(bench, order: str, reason: str) -> None:
    bad_photo, good_photo = bench.photo("bad.nef", order), bench.photo("good.nef")
    (bad,), (good,) = bench.enqueue(bad_photo), bench.enqueue(good_photo)
    bench.run(lambda _: bench.settled())
    found = bench.jobs.get(bad.id)
    assert (found.state, bench.state(good)) == ("quarantined", "done")
    assert reason in found.reason
    copy = bench.folder / "copy.nef"
    copy.write_bytes(bad_photo.read_bytes())
    (again,) = bench.enqueue(copy)
    started = time.monotonic()
    bench.run(lambda _: bench.settled())
    assert bench.state(again) == "quarantined"
    assert "twice" in bench.jobs.get(again.id).reason
    assert time.monotonic() - started < 20
    bad_photo.write_bytes(b"fine now")
    (changed,) = bench.enqueue(bad_photo)
    bench.run(lambda _: bench.settled())
    assert bench.state(changed) == "done"


def test_a_job_of_which_every_editor_failed_has_failed(bench) -> None:
    bench.handler.early = {"results": [{"status": "error", "reason": "a damaged sidecar"}]}
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    failed = bench.jobs.get(job.id)
    assert (failed.state, failed.reason) == ("failed", "a damaged sidecar")
    assert failed.result == bench.handler.early


def test_a_photo_that_vanished_fails_with_a_sentence(bench) -> None:
    (job,) = bench.enqueue(bench.folder / "gone.nef")
    bench.run(lambda _: bench.settled())
    assert bench.state(job) == "failed"
    assert bench.jobs.get(job.id).reason == "the photo is no longer there"


def test_a_photo_that_changes_under_the_worker_is_read_again(bench) -> None:
    photo = bench.photo("a.nef", "sleep")
    (job,) = bench.enqueue(photo)

    async def scenario(_) -> None:
        await bench.until(lambda: ("before", "a.nef") in bench.handler.calls)
        await asyncio.sleep(0.1)
        photo.write_bytes(b"fine and longer")
        await bench.settled()

    bench.run(scenario)
    done = bench.jobs.get(job.id)
    assert (done.result["prediction"]["order"], done.attempts) == ("fine", 1)
    assert done.sha256 == module.read_content(photo).sha256


def test_s4_a_full_disk_is_tried_again(bench) -> None:
    bench.handler.retries = 3
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    done = bench.jobs.get(job.id)
    assert (done.state, done.attempts) == ("done", 3)


def test_a_network_drive_that_fails_is_tried_again(bench, monkeypatch) -> None:
    failures = iter([OSError(5, "input/output error"), None])
    real = module.read_content

    def read(photo, inside=None):
        error = next(failures, None)
        if error:
            raise error
        return real(photo, inside)

    monkeypatch.setattr(module, "read_content", read)
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    assert (bench.state(job), bench.jobs.get(job.id).attempts) == ("done", 1)


def test_a_handler_that_breaks_costs_one_job(bench, monkeypatch) -> None:
    def broken(job, context):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(bench.handler, "before", broken)
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    assert bench.state(job) == "failed"
    assert "RuntimeError" in bench.jobs.get(job.id).reason


def test_what_the_watcher_has_just_read_is_not_read_again(bench, monkeypatch) -> None:
    photo = bench.photo("a.nef")
    (job,) = bench.enqueue(photo)
    content = replace(module.read_content(photo), sha256="ab" * 32)
    bench.run(lambda _: bench.settled(), known=lambda job: content)
    assert bench.jobs.get(job.id).sha256 == "ab" * 32


def test_what_changed_since_is_read_again(bench) -> None:
    photo = bench.photo("a.nef")
    content = replace(module.read_content(photo), sha256="ab" * 32)
    photo.write_bytes(b"fine but other")
    (job,) = bench.enqueue(photo)
    bench.run(lambda _: bench.settled(), known=lambda job: content)
    assert bench.jobs.get(job.id).sha256 == module.read_content(photo).sha256


class _Elsewhere:
    def __init__(self, new=None, away=0) -> None:
        self.new, self.away = new, away

    def new_name(self, job):
        return self.new

    def is_out_of_reach(self, job):
        self.away -= 1
        return self.away >= 0


def test_w4_a_photo_renamed_before_its_turn_is_done_under_its_new_name(bench) -> None:
    new = bench.photo("new.nef")
    (job,) = bench.jobs.enqueue([Request(bench.folder / "old.nef")], batch="b", root=1)
    bench.run(lambda _: bench.settled(), whereabouts=_Elsewhere(new))
    closed, followed = bench.jobs.list()
    assert (closed.id, closed.state, closed.reason) == (job.id, "done", "it is called new.nef now")
    assert (followed.photo, followed.state, followed.batch) == (new, "done", "b")


def test_w7_a_photo_whose_drive_is_away_is_waited_for(bench) -> None:
    photo = bench.folder / "a.nef"
    (job,) = bench.jobs.enqueue([Request(photo)], batch="b", root=1)

    async def scenario(_) -> None:
        await bench.until(lambda: bench.jobs.get(job.id).attempts > 4)
        bench.photo("a.nef")
        await bench.settled()

    bench.run(scenario, whereabouts=_Elsewhere(away=1000))
    assert bench.state(job) == "done"


def test_a_photo_deleted_from_a_watched_folder_fails_in_the_end(bench) -> None:
    (job,) = bench.jobs.enqueue([Request(bench.folder / "a.nef")], batch="b", root=1)
    bench.run(lambda _: bench.settled(), whereabouts=_Elsewhere(away=2))
    assert (bench.state(job), bench.jobs.get(job.id).attempts) == ("failed", 5)
