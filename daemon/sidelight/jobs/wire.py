"""How a worker process speaks to its pool: plain values, never pickles.

A worker has read photos that nobody vouches for. Should one of them have taken it over, then
what it sends may be wrong, but it is neither code nor larger than an answer can be.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from pebble.common import Result, ResultStatus
from pebble.pool.process import Acknowledgement, TaskResult

from sidelight.jobs.call import MOST_BYTES, Answer

_HEAD_BYTES = 1 << 10


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of a message; what follows it is `Answer.packed`.

    With a `pid` the message only says that this process has taken up the task.
    """

    task: int
    pid: int = 0
    good: bool = False
    tired: bool = True


def speak(work: Callable[..., None], parameters: Any, channel: Any) -> None:
    """Do pebble's work in a worker process whose messages are written by `encode`."""
    writer = channel.writer
    writer.send = lambda message: writer.send_bytes(encode(message))
    work(parameters, channel)


def listen(reader: Connection) -> None:
    """Make a pool's end of the pipe understand what `speak` sends, and nothing else."""
    reader.recv = lambda: decode(reader.recv_bytes(MOST_BYTES + _HEAD_BYTES))  # type: ignore[method-assign]


def encode(message: Any) -> bytes:
    """Return one of pebble's messages as bytes."""
    if isinstance(message, Acknowledgement):
        return msgspec.json.encode(_Head(message.task, pid=message.worker)) + b"\n"
    # A call that could not even be tried is out of memory.
    value = message.result.value if isinstance(message, TaskResult) else None
    answer = value if isinstance(value, Answer) else Answer(False, b"", True)
    head = _Head(message.task, good=answer.good, tired=answer.tired)
    return msgspec.json.encode(head) + b"\n" + answer.packed


def decode(data: bytes) -> Acknowledgement | TaskResult:
    """Return the message that `encode` was given.

    Raises:
        OSError: It is none; pebble then gives up the process.
    """
    line, _, packed = data.partition(b"\n")
    try:
        head = msgspec.json.decode(line[:_HEAD_BYTES], type=_Head)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise OSError("a worker process sent nonsense") from error
    if head.pid:
        return Acknowledgement(head.pid, head.task)
    answer = Answer(head.good, packed, head.tired)
    return TaskResult(head.task, Result(ResultStatus.SUCCESS, answer))
