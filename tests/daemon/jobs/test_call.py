"""How a call and its answer travel between processes."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from sidelight.errors import PhotoPathError, UnreadableError, WorkerError
from sidelight.jobs import call


@pytest.fixture(autouse=True)
def this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make this process a worker without confining it."""
    monkeypatch.setattr(call, "confine", lambda limits, nice: None)
    monkeypatch.setattr(call, "allow_cpu", lambda seconds: None)
    monkeypatch.setattr(call, "_has_children", lambda: False)
    call.begin(call.Limits(), 0, ["colorsys", "no.such.module"])
    yield
    call._workers.clear()


def perform(function: Callable[..., Any], *arguments: Any) -> call.Answer:
    return call.perform(call.call_packed(function, arguments), 1.0)


def test_there_and_back() -> None:
    value = {"a": [1, 2.5, None, "é"], "b": ("x", b"y")}
    assert call.unpack(call.pack(value)) == value


def test_an_answer() -> None:
    answer = perform(operator.add, 1, 2)
    assert answer.good and not answer.tired
    assert call.unpack(answer.packed) == 3


def test_an_error_keeps_its_type_where_it_can(behavior: ModuleType) -> None:
    answer = perform(behavior.raise_known)
    error = call.unpack_error(answer.packed)
    assert not answer.good and type(error) is UnreadableError
    assert str(error) == "no decoder opens it"
    for function in (behavior.raise_unreadable, behavior.answer_a_lambda, behavior.leave_politely):
        error = call.unpack_error(perform(function).packed)
        assert type(error) is WorkerError


def test_our_own_errors_need_no_text() -> None:
    error = call.unpack_error(call._pack_error(PhotoPathError()))
    assert type(error) is PhotoPathError
    assert str(error) == PhotoPathError.SENTENCE
    assert isinstance(call.unpack_error(call.pack("no error")), WorkerError)


def test_an_error_without_a_usable_text() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    error = call.unpack_error(call._pack_error(Mute()))
    assert str(error) == "an unexpected Mute"


def test_what_cannot_be_read_is_one_error(behavior: ModuleType) -> None:
    with pytest.raises(WorkerError, match="ValueError: exploded"):
        call.unpack(call.pack(behavior.Treacherous()))
    with pytest.raises(WorkerError, match="cannot be read"):
        call.unpack(b"nonsense")
    with pytest.raises(WorkerError, match="cannot be sent"):
        call.call_packed(lambda: 1, ())


def test_without_memory_the_answer_is_empty_and_the_process_tired() -> None:
    def no_memory(packed: bytes) -> Any:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        packed = call.call_packed(os.getpid, ())
        patch.setattr(call, "unpack", no_memory)
        assert call.perform(packed, 1.0) == call.Answer(False, b"", True)


def test_tired_after_many_calls() -> None:
    tired = [perform(os.getpid).tired for _ in range(call.MOST_CALLS)]
    assert tired == [False] * (call.MOST_CALLS - 1) + [True]


def test_tired_when_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    start = call._workers[0].start_bytes
    for bytes_now, tired in [(1.5 * start, False), (1.5 * start + (201 << 20), True)]:
        monkeypatch.setattr(call, "_resident_bytes", lambda bytes_now=bytes_now: bytes_now)
        assert perform(os.getpid).tired is tired
