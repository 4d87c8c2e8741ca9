"""Put sidecars back as they were before Sidelight wrote them, byte for byte.

A sidecar that was edited since is left alone and named. Where a daemon runs, it takes back a whole
batch itself, so that it does not go on writing it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("photos", nargs="*", metavar="PHOTO|FOLDER")
    parser.add_argument(
        "--last", action="store_true", help="undo the last command or batch that wrote sidecars"
    )
    parser.add_argument("--batch", metavar="NAME", help="undo what was written under this name")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Undo; return 1 if any sidecar could not be put back."""
    from sidelight.cli.report import print_json, say

    if bool(arguments.photos) + arguments.last + (arguments.batch is not None) != 1:
        arguments.parser.error("name the photos or folders to undo, or give --last or --batch")
    failed = False
    count = 0
    for result in _results(arguments):
        failed = failed or result["status"] == "error"
        count += 1
        if arguments.json:
            print_json(result)
        else:
            say(result["status"], result["sidecar"], result["reason"])
    if not count and not arguments.json:
        say("nothing to undo")
    return 1 if failed else 0


def _results(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from pathlib import Path

    from sidelight.paths import first_versions_folder
    from sidelight.workflows.undo import undo_last, undo_photos

    folder = first_versions_folder()
    if arguments.photos:
        # Photos need not lie where the daemon may look, and what it writes is safe from us.
        undone = undo_photos((Path(text) for text in arguments.photos), folder)
        return (result.to_json() for result in undone)
    from sidelight.service.client import find_daemon

    client = find_daemon()
    if client is not None:
        wanted = {"last": True} if arguments.last else {"batch": arguments.batch}
        return list(client.request("POST", "/v1/undo", wanted)["results"])
    if arguments.last:
        return (result.to_json() for result in undo_last(folder))
    from sidelight.workflows.undo import undo_batch

    _close_batch(arguments.batch)
    return (result.to_json() for result in undo_batch(arguments.batch, folder))


def _close_batch(batch: str) -> None:
    """Cancel what of a batch is still open, and forget what of it waits for an editor."""
    from sidelight.cli.reach import open_own_database
    from sidelight.jobs.store import JobStore
    from sidelight.paths import database_file
    from sidelight.state.events import EventLog
    from sidelight.state.waiting import WaitingRecipes

    if not database_file().exists():
        return
    with open_own_database() as database:
        JobStore(database, EventLog(database)).cancel(batch=batch)
        WaitingRecipes(database).remove_batch(batch)
