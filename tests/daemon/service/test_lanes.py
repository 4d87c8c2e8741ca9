"""Who waits at the screen goes first."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

import pytest

from sidelight.jobs.model import Priority
from sidelight.service.lanes import AHEAD, Lanes


class _Pool:
    """Remembers what it was given and answers when told to."""

    def __init__(self) -> None:
        self.given: list[Future[Any]] = []

    def submit(self, function, *args, timeout_s):
        self.given.append(Future())
        return self.given[-1]

    def stop(self, grace_s):
        for future in self.given:
            future.cancel()


@pytest.fixture
def pools() -> tuple[_Pool, _Pool]:
    return _Pool(), _Pool()


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_pool_gets_one_more_than_it_has_workers(pools) -> None:
    async def scenario() -> None:
        lanes = Lanes(*pools, workers=2)
        tasks = [
            asyncio.create_task(lanes.work(Priority.BATCH, print, timeout_s=1)) for _ in range(9)
        ]
        await _turns()
        assert len(pools[1].given) == 2 + AHEAD
        pools[1].given[0].set_result("done")
        await _turns()
        assert len(pools[1].given) == 3 + AHEAD
        assert tasks[0].result() == "done"
        for task in tasks:
            task.cancel()

    asyncio.run(scenario())


def test_q6_batch_work_is_held_back_while_somebody_waits(pools) -> None:
    async def scenario() -> None:
        lanes = Lanes(*pools, workers=1)
        quiet = []
        lanes.on_quiet = lambda: quiet.append(True)
        answer = asyncio.create_task(lanes.answer(print, timeout_s=1))
        await _turns()
        assert not lanes.is_quiet
        work = asyncio.create_task(lanes.work(Priority.BATCH, print, timeout_s=1))
        await _turns()
        assert not pools[1].given
        pools[0].given[0].set_result(1)
        assert await answer == 1
        await _turns()
        assert len(pools[1].given) == 1
        assert quiet == [True]
        work.cancel()

    asyncio.run(scenario())


def test_cancelling_reaches_the_pool(pools) -> None:
    async def scenario() -> None:
        lanes = Lanes(*pools, workers=1)
        work = asyncio.create_task(lanes.work(Priority.BATCH, print, timeout_s=1))
        await _turns()
        work.cancel()
        await asyncio.wait([work])
        assert pools[1].given[0].cancelled()

    asyncio.run(scenario())
