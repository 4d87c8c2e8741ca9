"""What a command says: a table or lines for people, one JSON object per line for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sidelight.workflows.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from sidelight.workflows.result import Result

_STYLES = {"written": "green", "kept": "yellow", "skipped": "dim", "error": "bold red"}
_WIDTH_OF_A_FILE = 200
_REASONS_SHOWN = 3


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own; undecodable names stay recoverable."""
    print(json.dumps(value, ensure_ascii=True, allow_nan=False), flush=True)


def say(*parts: object) -> None:
    """Print one line; parts that are empty or None are left out."""
    print("  ".join(printable(str(part)) for part in parts if part not in (None, "")))


class Report:
    """Collects the results of `auto` and shows them; use it as a context manager."""

    def __init__(self, total: int, *, as_json: bool) -> None:
        self.as_json = as_json
        self.counts: Counter[str] = Counter()
        self._total = total
        self._photos: set[Path] = set()
        self._results: list[Result] = []
        self._console: Console | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    @property
    def failed(self) -> bool:
        """Whether any photo failed."""
        return self.counts["error"] > 0

    def __enter__(self) -> Report:
        if self.as_json:
            return self
        from rich.console import Console

        self._console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
        if self._total > 1 and sys.stdout.isatty():
            from rich.progress import Progress

            self._progress = Progress(console=self._console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task("developing", total=self._total)
        return self

    def advance(self, photo: Path) -> None:
        """Move the progress on by one photo, once for each."""
        if self._progress and self._task is not None and photo not in self._photos:
            self._photos.add(photo)
            self._progress.advance(self._task)

    def add(self, result: Result) -> None:
        """Take one result; JSON is printed at once."""
        self.counts[result.status] += 1
        if self.as_json:
            print_json(result.to_json())
            return
        self._results.append(result)
        self.advance(result.photo)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress:
            self._progress.stop()
        if self._console:
            self._show(self._console)

    def _show(self, console: Console) -> None:
        if not self._results:
            say("no photos found")
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE, pad_edge=False)
        for heading in ("photo", "editor", "status", "what and why", "sure"):
            table.add_column(heading, overflow="fold")
        for result in self._results:
            sure = "" if result.confidence is None else f"{result.confidence:.0%}"
            table.add_row(
                Text(printable(str(result.photo))),
                result.editor,
                Text(result.status, style=_STYLES[result.status]),
                Text(_explanation(result)),
                sure,
            )
        console.print(table)
        order = [name for name in _STYLES if self.counts[name]]
        say(", ".join(f"{self.counts[name]} {_plain(name)}" for name in order))


def _plain(status: str) -> str:
    return "failed" if status == "error" else status


def _explanation(result: Result) -> str:
    """The outcome's own reason, then what the most telling sliders are for."""
    lines = [printable(result.reason)] if result.reason else []
    for reason in result.reasons[:_REASONS_SHOWN]:
        lines.append(printable(str(reason["text"])))
    left = len(result.reasons) - _REASONS_SHOWN
    if left > 0:
        lines.append(f"and {left} more (--json shows all)")
    return "\n".join(lines)
