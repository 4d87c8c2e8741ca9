"""What a worker process may say to its pool."""

from __future__ import annotations

from multiprocessing import get_context
from types import SimpleNamespace

import pytest
from pebble.common import Result, ResultStatus
from pebble.pool.process import Acknowledgement, TaskProblem, TaskResult

from sidelight.jobs import wire
from sidelight.jobs.call import Answer


@pytest.mark.parametrize(
    "answer",
    [Answer(True, b'{"a": 1}', False), Answer(False, b"", True), Answer(True, b"\n\n", True)],
)
def test_there_and_back(answer: Answer) -> None:
    message = TaskResult(7, Result(ResultStatus.SUCCESS, answer))
    assert wire.decode(wire.encode(message)) == message
    begun = Acknowledgement(4711, 7)
    assert wire.decode(wire.encode(begun)) == begun


@pytest.mark.parametrize(
    "message",
    [
        TaskResult(7, Result(ResultStatus.FAILURE, MemoryError())),
        TaskProblem(7, TypeError("not to be pickled")),
    ],
)
def test_a_call_that_could_not_be_tried_ran_out_of_memory(message: object) -> None:
    answer = wire.decode(wire.encode(message))
    assert answer == TaskResult(7, Result(ResultStatus.SUCCESS, Answer(False, b"", True)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}",
        b"null\n",
        b'{"task": "7"}\n',
        b'{"task": 7, "more": 1}\n',
        b"[" * 100_000,
        b"\x80\x04N.",
        b"cos\nsystem\n(S'false'\ntR.",
        b"\xff",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_d1_anything_else_is_a_broken_pipe(data: bytes) -> None:
    with pytest.raises(OSError, match="nonsense"):
        wire.decode(data)


def test_d1_a_pipe_carries_no_pickles_and_nothing_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "MOST_BYTES", 100)
    for data in (b"cos\nsystem\n(S'false'\ntR.", b"x" * 5000):
        reader, writer = get_context("spawn").Pipe(duplex=False)
        with reader, writer:
            wire.listen(reader)
            writer.send_bytes(data)
            with pytest.raises(OSError):
                reader.recv()


def test_a_worker_speaks_what_its_pool_understands() -> None:
    reader, writer = get_context("spawn").Pipe(duplex=False)
    message = Acknowledgement(4711, 7)
    with reader, writer:
        wire.listen(reader)
        channel = SimpleNamespace(writer=writer)
        wire.speak(lambda parameters, channel: channel.writer.send(parameters), message, channel)
        assert reader.recv() == message
