"""Put sidecars back as they were before Sidelight wrote them, byte for byte.

A sidecar that was edited since is left alone and named.
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("photos", nargs="*", metavar="PHOTO|FOLDER")
    parser.add_argument(
        "--last", action="store_true", help="undo the last command that wrote sidecars"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Undo; return 1 if any sidecar could not be put back."""
    from pathlib import Path

    from sidelight.cli.report import print_json, say
    from sidelight.paths import first_versions_folder
    from sidelight.workflows.undo import undo_last, undo_photos

    if bool(arguments.photos) == arguments.last:
        arguments.parser.error("name the photos or folders to undo, or give --last")
    folder = first_versions_folder()
    if arguments.last:
        results = undo_last(folder)
    else:
        results = undo_photos((Path(text) for text in arguments.photos), folder)
    failed = False
    count = 0
    for result in results:
        failed = failed or result.status == "error"
        count += 1
        if arguments.json:
            print_json(result.to_json())
        else:
            say(result.status, result.sidecar, result.reason)
    if not count and not arguments.json:
        say("nothing to undo")
    return 1 if failed else 0
