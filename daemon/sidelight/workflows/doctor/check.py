"""One finding of `doctor`, and how a check that breaks becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sidelight.workflows.result import sentence


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        level: `"failed"` means that something will not work.
        text: One sentence.
    """

    name: str
    level: Literal["ok", "warning", "failed"]
    text: str


Checks = tuple[tuple[str, Callable[[], Check | Iterable[Check]]], ...]
"""Name and function of each check."""


def guarded(checks: Checks) -> Iterator[Check]:
    """Make one check after the other; one that breaks is a failed check."""
    for name, check in checks:
        try:
            found = check()
            yield from (found,) if isinstance(found, Check) else found
        except Exception as error:  # one broken check must not hide the others
            yield Check(name, "failed", sentence(error))
