"""The store of sidecars as they were before we wrote them, and the record of our writes.

A folder with one file per content, named by its SHA-256, and `index.jsonl` with one line
per write and per undo. A line torn by a crash is skipped; nothing is ever rewritten.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sidelight_xmp.errors import UndoError
from sidelight_xmp.files import close, create_temp, remove, sync_folder, write_all

ABSENT: Final = "absent"
"""Stands for the content of a file that did not exist."""

_INDEX = "index.jsonl"


@dataclass(frozen=True, slots=True)
class Write:
    """One line: we were about to replace `sha256` by `written`."""

    sidecar: str
    sha256: str
    size: int
    written: str
    batch: str
    time: str


@dataclass(frozen=True, slots=True)
class Undo:
    """One line: the last `undone` writes of a sidecar were taken back."""

    sidecar: str
    undone: int
    time: str


@dataclass(frozen=True, slots=True)
class Closed:
    """One line: a batch was undone as far as it could be."""

    closed: str
    time: str


def content_name(data: bytes | None) -> str:
    """Return the SHA-256 of a content in hexadecimal, `ABSENT` for no file."""
    return ABSENT if data is None else hashlib.sha256(data).hexdigest()


def now() -> str:
    """Return the present moment as the index writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class FirstVersions:
    """The store in `folder`, which is made when first needed. Raises OSError throughout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes | None) -> str:
        """Store a content unless it is there, and return its name; durable on return."""
        name = content_name(data)
        if data is None:
            return name
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / name
        if path.exists():
            return name
        descriptor, temp = create_temp(self.folder, 0o600)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
            descriptor = close(descriptor)
            temp.replace(path)
        except BaseException:
            close(descriptor)
            remove(temp)
            raise
        sync_folder(self.folder)
        return name

    def read(self, name: str) -> bytes:
        """Return a kept content. Raises UndoError when it is gone or no longer itself."""
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            data = None
        if content_name(data) != name:
            raise UndoError("The kept version of this sidecar is missing, so it was left alone.")
        assert data is not None
        return data

    def append(self, line: Write | Undo | Closed) -> None:
        """Add a line to the index; durable on return."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self.folder / _INDEX, flags, 0o600)
        try:
            text = json.dumps(asdict(line)) + "\n"
            # A line torn by a crash must not swallow the next one.
            lead = "" if _ends_with_newline(descriptor) else "\n"
            write_all(descriptor, (lead + text).encode("ascii"))
            os.fsync(descriptor)
        finally:
            close(descriptor)
        sync_folder(self.folder)

    def lines(self) -> list[Write | Undo | Closed]:
        """Return the readable lines, oldest first."""
        try:
            content = (self.folder / _INDEX).read_bytes()
        except FileNotFoundError:
            return []
        parsed = (_parse(line) for line in content.split(b"\n"))
        return [line for line in parsed if line is not None]

    def live_writes(self) -> dict[str, list[Write]]:
        """Return the writes not taken back, by sidecar, oldest first."""
        stacks: dict[str, list[Write]] = {}
        for line in self.lines():
            if isinstance(line, Write):
                stacks.setdefault(line.sidecar, []).append(line)
            elif isinstance(line, Undo):
                stack = stacks.get(line.sidecar, [])
                del stack[max(0, len(stack) - line.undone) :]
        return stacks

    def last_batch(self) -> str | None:
        """Return the batch of the last write that is neither taken back nor closed."""
        lines = self.lines()
        closed = {line.closed for line in lines if isinstance(line, Closed)}
        alive = {write.batch for stack in self.live_writes().values() for write in stack}
        for line in reversed(lines):
            if isinstance(line, Write) and line.batch in alive and line.batch not in closed:
                return line.batch
        return None


def _ends_with_newline(descriptor: int) -> bool:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _parse(line: bytes) -> Write | Undo | Closed | None:
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        fields = json.loads(line)
        for kind in (Write, Undo, Closed):
            if isinstance(fields, dict) and set(fields) == set(kind.__slots__):
                types = {name: (int if name in ("size", "undone") else str) for name in fields}
                if all(isinstance(fields[name], types[name]) for name in fields):
                    return kind(**fields)
    return None
