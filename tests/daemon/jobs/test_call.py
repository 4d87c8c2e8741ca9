"""How a call and its answer travel between processes."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from sidelight.errors import PhotoError, PhotoPathError, UnreadableError, WorkerError
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
    value = {"a": [1, 2.5, None, "é", True], "b": {"name": os.fsdecode(b"\xff.NEF")}}
    assert call.unpack_answer(call.pack_answer(value)) == value
    function, arguments = call._unpack_call(call.call_packed(operator.add, (1, b"y")))
    assert (function, arguments) == (operator.add, (1, b"y"))


def test_an_answer() -> None:
    answer = perform(operator.add, 1, 2)
    assert answer.good and not answer.tired
    assert call.unpack_answer(answer.packed) == 3


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


def test_an_error_without_a_usable_text() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    error = call.unpack_error(call._pack_error(Mute()))
    assert str(error) == "an unexpected Mute"


def test_pythons_own_errors_keep_what_is_plain() -> None:
    for error in (ValueError("odd"), OSError(28, "No space left on device", "/photos/a.NEF")):
        again = call.unpack_error(call._pack_error(error))
        assert type(again) is type(error) and str(again) == str(error)
    again = call.unpack_error(call._pack_error(OSError(5, "I/O error", b"\xff")))
    assert type(again) is OSError and "I/O error" in str(again)
    again = call.unpack_error(call._pack_error(UnicodeDecodeError("a", b"", 0, 1, "r")))
    assert type(again) is WorkerError and "an unexpected UnicodeDecodeError" in str(again)


def test_an_unknown_kind_of_ours_becomes_the_next_known_one() -> None:
    packed = call._pack_error(UnreadableError("no decoder opens it"))
    error = call.unpack_error(packed.replace(b"errors:UnreadableError", b"later:NewerError"))
    assert type(error) is PhotoError and str(error) == "no decoder opens it"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"nonsense",
        b"\x80\x04N.",
        b"cos\nsystem\n(S'false'\ntR.",
        b"[" * 100_000,
        b"1" * 100_000,
        b"\xff",
        b"null",
        b"[]",
        b'"no error"',
        b"{}",
        b'{"names": 1, "arguments": [], "text": ""}',
        b'{"names": [[]], "arguments": [], "text": ""}',
        b'{"names": ["builtins:OSError"], "arguments": [{}], "text": ""}',
        b'{"names": [], "arguments": [], "text": null}',
    ],
    ids=lambda data: repr(data[:40]),
)
def test_d1_hostile_bytes_are_one_error(message: bytes) -> None:
    with pytest.raises(WorkerError, match="cannot be read"):
        call.unpack_error(message)


@pytest.mark.parametrize(
    "name", ["os:system", "builtins:eval", "builtins:SystemExit", "builtins:print", "builtins:"]
)
def test_d1_only_errors_can_be_named(name: str) -> None:
    packed = json.dumps({"names": [name], "arguments": ["false"], "text": "odd"}).encode()
    error = call.unpack_error(packed)
    assert type(error) is WorkerError and str(error) == "odd"


def test_what_cannot_be_sent_is_one_error(
    behavior: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WorkerError, match="cannot be sent"):
        call.call_packed(lambda: 1, ())
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (b"bytes", behavior.Treacherous(), deep, {1, 2}):
        with pytest.raises(WorkerError, match="cannot be sent"):
            call.pack_answer(value)
    monkeypatch.setattr(call, "MOST_BYTES", 10)
    with pytest.raises(WorkerError, match="too large"):
        call.pack_answer("x" * 10)


def test_without_memory_the_answer_is_empty_and_the_process_tired() -> None:
    def no_memory(packed: bytes) -> Any:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        packed = call.call_packed(os.getpid, ())
        patch.setattr(call, "_unpack_call", no_memory)
        assert call.perform(packed, 1.0) == call.Answer(False, b"", True)


def test_tired_after_many_calls() -> None:
    tired = [perform(os.getpid).tired for _ in range(call.MOST_CALLS)]
    assert tired == [False] * (call.MOST_CALLS - 1) + [True]


def test_tired_when_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    start = call._workers[0].start_bytes
    for bytes_now, tired in [(1.5 * start, False), (1.5 * start + (201 << 20), True)]:
        monkeypatch.setattr(call, "_resident_bytes", lambda bytes_now=bytes_now: bytes_now)
        assert perform(os.getpid).tired is tired
