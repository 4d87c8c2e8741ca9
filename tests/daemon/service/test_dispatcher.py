"""Who goes first, who waits, and how everything stops; with real worker processes."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace

from sidelight.errors import StateError
from sidelight.jobs.model import Priority
from sidelight.service import course as module


def test_batch_work_is_nice_and_urgent_work_is_not(bench) -> None:
    (slow,) = bench.enqueue(bench.photo("a.nef"))
    (fast,) = bench.enqueue(bench.photo("b.nef"), priority=Priority.INTERACTIVE)
    bench.run(lambda _: bench.settled())
    if hasattr(os, "nice"):
        nice = {bench.jobs.get(job.id).result["prediction"]["nice"] for job in (slow, fast)}
        assert nice == {os.nice(0), os.nice(0) + 10}


def test_a_job_that_comes_while_all_sleep_wakes_the_dispatcher(bench) -> None:
    async def scenario(dispatcher) -> None:
        await asyncio.sleep(0.1)
        bench.enqueue(bench.photo("a.nef"))
        dispatcher.wake()
        await bench.settled()

    bench.run(scenario)
    assert bench.jobs.counts()["done"] == 1


def test_a_twin_that_somebody_waits_for_overtakes(bench) -> None:
    """Who waits at the screen holds the batch lane back, so must never wait for it."""
    for name in ("a.nef", "b.nef"):
        (bench.folder / name).write_bytes(b"sleep the same")
    bench.enqueue(bench.folder / "a.nef")
    bench.enqueue(bench.folder / "b.nef", priority=Priority.INTERACTIVE)
    bench.run(lambda _: bench.settled())
    assert bench.jobs.counts()["done"] == 2


def test_q6_somebody_who_waits_holds_the_batch_back(bench) -> None:
    photos = [bench.photo(f"{number}.nef", "sleep") for number in range(8)]
    bench.enqueue(*photos)
    (urgent,) = bench.enqueue(bench.photo("urgent.nef"), priority=Priority.INTERACTIVE)
    seen = []

    async def scenario(_) -> None:
        await bench.until(lambda: bench.state(urgent) == "done")
        seen.append(bench.jobs.counts()["done"])
        await bench.settled()

    bench.run(scenario)
    assert seen[0] <= 2
    assert bench.jobs.counts()["done"] == 9


def test_q6_cancel_ends_the_worker_and_leaves_nothing(bench) -> None:
    photos = [bench.photo(f"{number}.nef", "hang") for number in range(6)]
    jobs = bench.enqueue(*photos, batch="mine")
    pool = bench.pools[Priority.BATCH]

    async def scenario(dispatcher) -> None:
        await bench.until(pool.pids)
        await asyncio.sleep(0.3)
        started = time.monotonic()
        canceled = await dispatcher.cancel(batch="mine")
        assert len(canceled) == 6
        assert time.monotonic() - started < 5
        await bench.until(lambda: dispatcher.running == 0)
        await bench.until(lambda: not pool.active)

    bench.run(scenario)
    assert {bench.state(job) for job in jobs} == {"canceled"}
    assert not list(bench.folder.glob("*.xmp"))


def test_q6_a_job_that_is_being_written_is_finished_not_canceled(bench) -> None:
    bench.handler.writing_s = 0.5
    (job,) = bench.enqueue(bench.photo("a.nef"))

    async def scenario(dispatcher) -> None:
        await bench.until(lambda: ("finish", "a.nef") in bench.handler.calls)
        assert await dispatcher.cancel(ids=[job.id]) == []

    bench.run(scenario)
    assert bench.state(job) == "done"
    assert (bench.folder / "a.nef.xmp").exists()


def test_q2_stopping_gives_back_what_is_not_done(bench) -> None:
    photos = [bench.photo(f"{number}.nef", "hang") for number in range(3)]
    jobs = bench.enqueue(*photos)

    async def scenario(_) -> None:
        await bench.until(bench.pools[Priority.BATCH].pids)

    started = time.monotonic()
    bench.run(scenario, replace(module.JobTiming(), photo_timeout_s=60))
    assert time.monotonic() - started < 10
    assert {bench.state(job) for job in jobs} == {"queued"}
    assert {bench.jobs.get(job.id).attempts for job in jobs} == {0}


def test_q5_a_jump_of_the_clock_retries_nothing(bench, monkeypatch) -> None:
    (job,) = bench.enqueue(bench.photo("a.nef", "sleep"))
    real = time.time

    async def scenario(_) -> None:
        await bench.until(lambda: bench.state(job) == "leased")
        for days in (1, -2, 30):
            monkeypatch.setattr(time, "time", lambda days=days: real() + 86400 * days)
            await asyncio.sleep(0.05)
        await bench.settled()

    bench.run(scenario)
    assert (bench.state(job), bench.jobs.get(job.id).attempts) == ("done", 0)
    assert len(bench.handler.calls) == 2


def test_a_queue_that_refuses_for_a_while_loses_nothing(bench, monkeypatch) -> None:
    real_claim, real_finish = bench.jobs.claim, bench.jobs.finish
    troubles = {"claim": 2, "finish": 2}

    def claim(*arguments, **more):
        if troubles["claim"]:
            troubles["claim"] -= 1
            raise StateError("the disk is full")
        return real_claim(*arguments, **more)

    def finish(*arguments):
        if troubles["finish"]:
            troubles["finish"] -= 1
            raise StateError("the disk is full")
        return real_finish(*arguments)

    monkeypatch.setattr(bench.jobs, "claim", claim)
    monkeypatch.setattr(bench.jobs, "finish", finish)
    (job,) = bench.enqueue(bench.photo("a.nef"))
    bench.run(lambda _: bench.settled())
    assert bench.state(job) == "done"
    assert troubles == {"claim": 0, "finish": 0}
