"""Forget what Sidelight keeps about photos; sidecars and photos stay as they are.

Removes jobs, watched folders, known photos, waiting recipes, examples, the cache and the log. What
`undo` needs stays, unless --first-versions is given.
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--first-versions",
        action="store_true",
        help="also the sidecars as they were before; nothing can be undone afterwards",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Say what goes and what stays, ask, remove; return 1 if something could not be removed."""
    from sidelight.cli.question import confirm
    from sidelight.cli.report import print_json, say
    from sidelight.workflows.purge import Purged, parts, purge

    *always, first_versions = parts()
    going = (*always, first_versions) if arguments.first_versions else tuple(always)
    staying = () if arguments.first_versions else (first_versions,)
    if not arguments.json:
        for part in going:
            say("remove", _size(part.files, part.size_bytes), part.name)
        for part in staying:
            say("keep  ", _size(part.files, part.size_bytes), part.name)
        say("keep   the configuration, photos, and sidecars beside photos")
    question = "Remove this? It cannot be taken back."
    if arguments.first_versions:
        question = "Remove this? It cannot be taken back, and nothing can be undone afterwards."
    if not confirm(arguments.parser, question, yes=arguments.yes):
        say("nothing was removed")
        return 1
    failed = False
    kept = [Purged(part.name, part.files, part.size_bytes, "kept") for part in staying]
    for result in [*purge(going), *kept]:
        failed = failed or result.status == "error"
        if arguments.json:
            print_json(result.to_json())
        elif result.status != "kept":
            say(result.status, result.name, result.reason)
    return 1 if failed else 0


def _size(files: int, size_bytes: int) -> str:
    from sidelight.cli.text import counted

    return f"{counted(files, 'file'):>12} {size_bytes / 1e6:9.1f} MB"
