"""One talk with a script: two files that only grow, its orders one way, our answers the other.

A script inside an editor has neither sockets nor pipes that leave the editor alive; it can write
a file and look into another. The first line of the orders says what is wanted.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from sidelight.errors import ServiceError
from sidelight.service.plugin.message import Message

PROTOCOL: Final = 1
LOOK_S: Final = 0.03
SILENCE_S: Final = 900.0
"""A script that says nothing for so long is gone."""

_LONGEST: Final = 1 << 20


class Conversation:
    """The files of one talk, to be used as a context.

    Attributes:
        header: The first line.

    Args:
        orders: What the script writes; answers go beside it, to `ORDERS.answers`.
        silence_s: How long to wait for the next order.

    Raises:
        ServiceError: The orders cannot be read, or do not begin as they must.
        OSError: The answers cannot be written.
    """

    def __init__(self, orders: Path, silence_s: float = SILENCE_S) -> None:
        self._orders = orders
        self._silence_s = silence_s
        self._parent = os.getppid()
        self._read = 0
        self._pending = b""
        self._waiting: list[Message] = []
        self._lock = threading.Lock()
        self.answers = orders.with_name(orders.name + ".answers")
        first = next(self.orders(block=False), None)
        if first is None or first.word != "sidelight":
            raise ServiceError("this is not a file of orders of Sidelight's scripts")
        self.header = first
        self._file = self.answers.open("x", encoding="ascii", newline="\n")

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def tell(self, word: str, **fields: object) -> None:
        """Answer something, from any thread; it is in the file on return."""
        line = Message(word, {key: str(value) for key, value in fields.items()}).to_line()
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def orders(self, *, block: bool = True) -> Iterator[Message]:
        """Yield orders as they come, without `end`, which ends them.

        They also end when the script has gone: its file or its process vanished, or it was
        silent for too long.

        Args:
            block: Wait for more; otherwise only those that are there.
        """
        heard = time.monotonic()
        while True:
            self._look()
            if self._waiting:
                heard = time.monotonic()
                message = self._waiting.pop(0)
                if message.word == "end":
                    return
                yield message
            elif not block or self._is_gone() or time.monotonic() - heard > self._silence_s:
                return
            else:
                time.sleep(LOOK_S)

    def _is_gone(self) -> bool:
        return os.getppid() != self._parent or not self._orders.exists()

    def _look(self) -> None:
        try:
            with self._orders.open("rb") as file:
                file.seek(self._read)
                data = file.read(_LONGEST)
        except FileNotFoundError:
            return
        except OSError as error:
            raise ServiceError("the orders of the script cannot be read") from error
        self._read += len(data)
        *lines, self._pending = (self._pending + data).split(b"\n")
        try:
            self._waiting += [Message.from_line(line.decode("ascii")) for line in lines]
        except ValueError as error:
            raise ServiceError("the orders of the script cannot be understood") from error
