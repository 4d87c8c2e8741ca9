"""Put sidecars back as they were before Sidelight wrote them, byte for byte.

A sidecar that was edited since is left alone and named. An edit that still waits for an editor is
dropped, and of a batch also what is not written yet.
"""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False  # as typing has it, whose import would slow down every command
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from sidelight.service.client import Client

_PAGE = 1000


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
    from pathlib import Path

    from sidelight.cli.report import print_json, say
    from sidelight.cli.text import counted

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
    dropped = _drop_waiting([Path(text) for text in arguments.photos])
    if dropped and not arguments.json:
        say(f"{counted(dropped, 'edit')} waited for an editor and will not be offered any more")
    return 1 if failed else 0


def _results(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from pathlib import Path

    from sidelight.paths import first_versions_folder
    from sidelight.service.client import find_daemon
    from sidelight.workflows.undo import last_batch, undo_batch, undo_photos

    folder = first_versions_folder()
    if arguments.photos:
        # Photos need not lie where the daemon may look, and what it writes is safe from us.
        undone = undo_photos((Path(text) for text in arguments.photos), folder)
        return (result.to_json() for result in undone)
    client = find_daemon()
    if client is not None:
        wanted = {"last": True} if arguments.last else {"batch": arguments.batch}
        return list(client.request("POST", "/v1/undo", wanted)["results"])
    batch = last_batch(folder) if arguments.last else arguments.batch
    if batch is None:
        return []
    _close_batch(batch)
    return (result.to_json() for result in undo_batch(batch, folder))


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


def _drop_waiting(named: list[Path]) -> int:
    """Let no edit of these photos, and of photos below these folders, wait for an editor."""
    from sidelight.cli.reach import open_own_database
    from sidelight.paths import database_file
    from sidelight.service.client import find_daemon
    from sidelight.state.waiting import WaitingRecipes

    if not (named and database_file().exists()):
        return 0
    client = find_daemon()
    if client is not None:
        return _drop_in_daemon(client, named)
    with open_own_database() as database:
        waiting = WaitingRecipes(database)
        ids, after = [], 0
        while page := waiting.list(after=after, limit=_PAGE):
            ids += [recipe.id for recipe in page if _is_among(str(recipe.photo), named)]
            after = page[-1].id
        for id in ids:
            waiting.take(id)
    return len(ids)


def _drop_in_daemon(client: Client, named: list[Path]) -> int:
    from sidelight.service.client import AnswerError

    ids, after, dropped = [], 0, 0
    while page := client.request("GET", f"/v1/recipes?limit={_PAGE}&after={after}")["recipes"]:
        ids += [recipe["id"] for recipe in page if _is_among(recipe["photo"], named)]
        after = page[-1]["id"]
    for id in ids:
        try:
            client.request("DELETE", f"/v1/recipes/{id}")
        except AnswerError as error:
            if error.status != 404:  # its editor was quicker
                raise
        else:
            dropped += 1
    return dropped


def _is_among(photo: str, named: list[Path]) -> bool:
    """Whether a photo is one of these, or lies below one, however they are spelled."""
    spelled = {photo, os.path.realpath(photo)}
    for path in named:
        for text in {os.path.abspath(path), os.path.realpath(path)}:  # noqa: PTH100
            if any(one == text or one.startswith(os.path.join(text, "")) for one in spelled):  # noqa: PTH118
                return True
    return False
