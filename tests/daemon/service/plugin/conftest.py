"""A script's part of a talk with the real helper program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidelight.service.plugin.message import Message


class Script:
    """Writes orders, reads answers.

    Args:
        folder: Where the files go.
        home: Sidelight's folders.
        header: Fields of the first line, without the protocol.
    """

    def __init__(self, folder: Path, home: Path, **header: object) -> None:
        self.orders = folder / "talk.orders"
        self.answers = folder / "talk.orders.answers"
        self.said: list[Message] = []
        self.send("sidelight", **{"protocol": 1, "version": "test", **header})
        self.helper = subprocess.Popen(
            [sys.executable, "-P", "-m", "sidelight", "plugin", str(self.orders)],
            env={**os.environ, "SIDELIGHT_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def send(self, word: str, **fields: object) -> None:
        """Give an order."""
        with self.orders.open("a", encoding="ascii", newline="\n") as file:
            file.write(Message(word, {key: str(value) for key, value in fields.items()}).to_line())

    def hear(self, word: str, timeout_s: float = 60.0, **wanted: object) -> Message:
        """Return the first answer of this word and fields, waiting for it."""
        ends = time.monotonic() + timeout_s
        while True:
            ended = self.helper.poll() is not None
            for answer in self.all():
                same = all(answer.fields.get(key) == str(value) for key, value in wanted.items())
                if answer.word == word and same:
                    return answer
            assert not ended, f"the helper ended: {self.output()}"
            assert time.monotonic() < ends, f"no {word} after {timeout_s:g} s"
            time.sleep(0.03)

    def all(self) -> list[Message]:
        """Return all answers so far."""
        if not self.answers.exists():
            return []
        lines = self.answers.read_text(encoding="ascii").split("\n")[:-1]
        return [Message.from_line(line) for line in lines]

    def end(self) -> int:
        """Say that this was all; return the helper's exit code."""
        self.send("end")
        return self.helper.wait(60)

    def output(self) -> str:
        """Return what the ended helper printed."""
        return self.helper.communicate()[0].decode()


StartScript = Callable[..., Script]


@pytest.fixture
def script(tmp_path: Path) -> Iterator[StartScript]:
    """Start a talk: `script(home, action="auto", …)`."""
    started: list[Script] = []

    def start(home: Path, **header: object) -> Script:
        folder = tmp_path / f"talk{len(started)}"
        folder.mkdir()
        started.append(Script(folder, home, **header))
        return started[-1]

    yield start
    for one in started:
        one.helper.kill()
        one.helper.communicate()
