"""One unit of queued work: what is asked for one photo, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

State = Literal["queued", "leased", "done", "failed", "quarantined", "canceled"]

OPEN_STATES: tuple[State, ...] = ("queued", "leased")


class Priority(IntEnum):
    """Who waits: somebody at the screen, or nobody. The smaller is claimed first."""

    INTERACTIVE = 0
    BATCH = 1


@dataclass(frozen=True)
class Request:
    """What somebody asks for one photo.

    Attributes:
        photo: The file, absolute.
        options: Plain JSON values that the job's handler reads.
        kind: Name of the handler.
        sha256: Of the photo's content in hexadecimal, where it is known already.
    """

    photo: Path
    options: dict[str, Any] = field(default_factory=dict)
    kind: str = "develop"
    sha256: str | None = None


@dataclass(frozen=True)
class Job:
    """A Request in the queue.

    Attributes:
        id: Unique for ever.
        kind: Name of the handler.
        photo: The file, absolute.
        options: Plain JSON values that the handler reads.
        priority: Who waits for it.
        state: Where it stands.
        attempts: How often a worker process died of it or it had to be tried again.
        batch: Name under which one undo finds everything that was asked together.
        root: The watched root it comes from, or None.
        sha256: Of the photo's content, once known.
        key: Content, engine and settings as one name, once known; jobs of one key share the work.
        reason: One sentence on why it failed, waits or was given up; may be empty.
        result: Plain JSON values of the handler, when done.
        created: UTC time in ISO 8601.
        finished: UTC time in ISO 8601, or None.
    """

    id: int
    kind: str
    photo: Path
    options: dict[str, Any]
    priority: Priority
    state: State
    attempts: int
    batch: str
    root: int | None = None
    sha256: str | None = None
    key: str | None = None
    reason: str = ""
    result: dict[str, Any] | None = None
    created: str = ""
    finished: str | None = None
