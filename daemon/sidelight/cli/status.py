"""Show what the daemon does: jobs, watched places, what waits, what was given up.

With --follow it shows progress until no job is open.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queue import SimpleQueue

    from sidelight.service.client import Client

_OPEN = ("queued", "leased")
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
    parser.add_argument("--follow", action="store_true", help="show progress until no job is open")
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
    _follow(client, status, as_json=arguments.json)
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
    nothing: dict[str, Any] = {"jobs": {}, "roots": [], "quarantine": [], "waiting": 0}
    if not database_file().exists():
        return {"daemon": daemon, **nothing, "warnings": []}
    with open_own_database() as database:
        return {"daemon": daemon, **read_status(database), "warnings": []}


def _show(status: dict[str, Any]) -> None:
    from sidelight.cli.report import say

    daemon = status["daemon"]
    if daemon["running"]:
        hours = (daemon["uptime_s"] or 0) / 3600
        say("daemon ", f"running at {daemon['url']}", f"version {daemon['version']}, {hours:.1f} h")
    else:
        say("daemon ", "not running", "(`sidelight serve` starts it)")
    jobs = [f"{count} {_WORDS.get(name, name)}" for name, count in status["jobs"].items() if count]
    say("jobs   ", ", ".join(jobs) or "none")
    for root in status["roots"]:
        say("watched", f"{root['state']:8}", root["path"], root["reason"])
    if not status["roots"]:
        say("watched", "nothing")
    if status["waiting"]:
        say("waiting", f"{status['waiting']} edits wait for an editor to take them")
    for given_up in status["quarantine"]:
        say("left   ", given_up["photo"], given_up["reason"])
    for warning in status["warnings"]:
        say("warning", warning)


def _follow(client: Client, status: dict[str, Any], *, as_json: bool) -> None:
    """Show events as they come until no job is open."""
    import sys

    from sidelight.cli.report import print_json

    open_jobs = _open_jobs(status)
    if not open_jobs:
        return
    events = _listen(client)
    with _Bar(open_jobs, shown=not as_json and sys.stdout.isatty()) as bar:
        while open_jobs:
            # Events say when to ask; what they say was perhaps said before we listened.
            for event in _gather(events):
                if as_json:
                    print_json(event)
            open_jobs = _open_jobs(client.request("GET", "/v1/status"))
            bar.show(open_jobs)
        for event in _gather(events):
            if as_json:
                print_json(event)


def _open_jobs(status: dict[str, Any]) -> int:
    return sum(status["jobs"].get(name, 0) for name in _OPEN)


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
