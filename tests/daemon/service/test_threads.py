"""Blocking calls leave the event loop and keep their order."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sidelight.service.threads import Threads
from sidelight.state.faults import GoneStateError


def test_each_kind_of_call_has_its_own_thread() -> None:
    async def scenario() -> list[str]:
        threads = Threads()
        name = lambda: threading.current_thread().name  # noqa: E731
        names = [
            await threads.in_store(name),
            await threads.in_writer(name),
            await threads.in_files(name),
        ]
        threads.stop()
        return names

    assert [name.partition("_")[0] for name in asyncio.run(scenario())] == [
        "store",
        "writer",
        "files",
    ]


def test_the_database_thread_keeps_the_order() -> None:
    async def scenario() -> list[int]:
        threads, seen = Threads(), []
        await asyncio.gather(*(threads.in_store(seen.append, number) for number in range(100)))
        threads.stop()
        return seen

    assert asyncio.run(scenario()) == list(range(100))


def test_q3_a_database_that_vanished_is_reported() -> None:
    def vanish() -> None:
        raise GoneStateError("gone")

    async def scenario() -> list[str]:
        told: list[str] = []
        threads = Threads(on_gone=lambda: told.append("gone"))
        with pytest.raises(GoneStateError):
            await threads.in_store(vanish)
        threads.stop()
        return told

    assert asyncio.run(scenario()) == ["gone"]
