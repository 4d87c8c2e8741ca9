"""Show what the daemon does: jobs, watched places, what waits, what failed.

With --follow it shows progress until everything that can be done is done.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as typing has it, whose import would slow down every command
if TYPE_CHECKING:
    from queue import SimpleQueue
    from typing import Any

    from sidelight.service.client import Client

_OPEN = ("queued", "leased")
_FAILED_SHOWN = 5
_ASKED_EVERY_S = 0.3
_WORDS = {
    "queued": "waiting",
    "leased": "in work",
    "done": "done",
    "failed": "failed",
    "quarantined": "given up",
    "canceled": "canceled",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--follow", action="store_true", help="show progress until nothing is left to do"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object; with --follow one for each event too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show it; return 1 if --follow finds no daemon."""
    from sidelight.cli.report import print_json
    from sidelight.service.client import find_daemon

    client = find_daemon()
    status = _of_daemon(client) if client else _of_database()
    if arguments.json:
        print_json(status)
    else:
        _show(status)
    if not arguments.follow:
        return 0
    if client is None:
        from sidelight.errors import ServiceError

        raise ServiceError("there is nothing to follow: the daemon is not running")
    last = _follow(client, status, as_json=arguments.json)
    if not arguments.json and last is not status:
        _show_work(last)
    return 0


def _of_daemon(client: Client) -> dict[str, Any]:
    status = client.request("GET", "/v1/status")
    daemon = {
        "running": True,
        "url": client.url,
        "version": status.pop("version", None),
        "uptime_s": status.pop("uptime_s", None),
    }
    return {"daemon": daemon, **status}


def _of_database() -> dict[str, Any]:
    from sidelight.cli.reach import open_own_database
    from sidelight.paths import database_file
    from sidelight.workflows.status import read_status

    daemon: dict[str, Any] = {"running": False, "url": None, "version": None, "uptime_s": None}
    nothing: dict[str, Any] = {
        "jobs": {},
        "held": 0,
        "roots": [],
        "failed": [],
        "quarantine": [],
        "waiting": 0,
    }
    if not database_file().exists():
        return {"daemon": daemon, **nothing, "warnings": []}
    with open_own_database() as database:
        return {"daemon": daemon, **read_status(database), "warnings": []}


def _show(status: dict[str, Any]) -> None:
    from sidelight.cli.report import say
    from sidelight.cli.text import duration

    daemon = status["daemon"]
    if daemon["running"]:
        since = f"version {daemon['version']}, for {duration(daemon['uptime_s'] or 0)}"
        say("daemon ", f"running at {daemon['url']}", since)
    else:
        say("daemon ", "not running", "(`sidelight serve` starts it)")
    for root in status["roots"]:
        say("watched", f"{root['state']:8}", root["path"], root["reason"])
    if not status["roots"]:
        say("watched", "nothing")
    _show_work(status)
    for warning in status["warnings"]:
        say("warning", warning)


def _show_work(status: dict[str, Any]) -> None:
    """Show how far the work is, what failed and what waits."""
    from sidelight.cli.report import say
    from sidelight.cli.text import counted

    counts = dict(status["jobs"])
    if "workers" not in status:  # nobody works: what was begun is done again
        counts["queued"] = sum(counts.pop(name, 0) for name in _OPEN)
    parts = [f"{status['settling']} arriving"] if status.get("settling") else []
    for name, word in _WORDS.items():
        if counts.get(name):
            held = status["held"] if name == "queued" else 0
            where = f" ({held} of a paused or missing place)" if held else ""
            parts.append(f"{counts[name]} {word}{where}")
    say("jobs   ", ", ".join(parts) or "none")
    for failed in status["failed"][:_FAILED_SHOWN]:
        say("failed ", failed["photo"], failed["reason"])
    if counts.get("failed", 0) > _FAILED_SHOWN:
        say("failed ", f"and {counts['failed'] - _FAILED_SHOWN} before these")
    for given_up in status["quarantine"]:
        say("left   ", given_up["photo"], given_up["reason"])
    if count := status["waiting"]:
        say("waiting", f"{counted(count, 'edit')} for the editor's plug-in or script to take")


def _follow(client: Client, status: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """Show events as they come until nothing is left to do; return how things stand then."""
    import sys

    from sidelight.cli.report import print_json

    open_jobs = _open_jobs(status)
    if not open_jobs:
        return status
    events = _listen(client)
    with _Bar(open_jobs, shown=not as_json and sys.stdout.isatty()) as bar:
        while open_jobs:
            # Events say when to ask; what they say was perhaps said before we listened.
            for event in _gather(events):
                if as_json:
                    print_json(event)
            status = _of_daemon(client)
            open_jobs = _open_jobs(status)
            bar.show(open_jobs)
        for event in _gather(events):
            if as_json:
                print_json(event)
    return status


def _open_jobs(status: dict[str, Any]) -> int:
    """Return how much is left to do, without what only the user or a drive can let go on."""
    open_jobs = sum(status["jobs"].get(name, 0) for name in _OPEN)
    return max(open_jobs - status["held"], 0) + status.get("settling", 0)


def _listen(client: Client) -> SimpleQueue[Any]:
    """Return a queue into which a thread puts events, and the error that ended them."""
    from queue import SimpleQueue
    from threading import Thread

    events: SimpleQueue[Any] = SimpleQueue()

    def read() -> None:
        try:
            for event in client.events():
                events.put(event)
        except Exception as error:
            events.put(error)

    Thread(target=read, daemon=True).start()
    return events


def _gather(events: SimpleQueue[Any]) -> list[dict[str, Any]]:
    """Return what comes within a short time; raises the error that ended the events."""
    import time
    from queue import Empty

    found: list[dict[str, Any]] = []
    until = time.monotonic() + _ASKED_EVERY_S
    while (left := until - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except Empty:
            break
        if isinstance(event, Exception):
            raise event
        found.append(event)
    return found


class _Bar:
    """A progress bar, or nothing; use it as a context manager."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total = total
        self._bar: Any = None
        if shown:
            from rich.progress import Progress

            self._bar = Progress(transient=True)
            self._task = self._bar.add_task("developing", total=total)

    def __enter__(self) -> _Bar:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, open_jobs: int) -> None:
        """Show that so many jobs are left; new ones lengthen the bar."""
        self._total = max(self._total, open_jobs)
        if self._bar:
            self._bar.update(self._task, total=self._total, completed=self._total - open_jobs)
