"""Install the plug-in into an editor, or take it out again; without a name, show what is installed.

The editor loads a plug-in at its next start. What you have in its configuration stays as it is.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as typing has it, whose import would slow down every command
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidelight.workflows.setup import Outcome

_SHOWN = {"absent": "not installed", "error": "failed"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("editor", nargs="?", metavar="EDITOR", help="darktable or lightroom")
    parser.add_argument("--remove", action="store_true", help="take the plug-in out again")
    parser.add_argument(
        "--config-dir",
        metavar="DIR",
        help="the editor's configuration folder, where it is not the usual one",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per folder")


def run(arguments: argparse.Namespace) -> int:
    """Install, remove or show; return 1 if that failed somewhere."""
    from sidelight.cli.report import print_json, say

    failed = False
    for outcome in _outcomes(arguments):
        failed = failed or outcome.status == "error"
        if arguments.json:
            print_json(outcome.to_json())
            continue
        status = _SHOWN.get(outcome.status, outcome.status)
        say(f"{outcome.editor:9}", f"{status:9}", outcome.version, outcome.folder, outcome.reason)
        for note in outcome.notes:
            say(f"{'':9}", note)
    return 1 if failed else 0


def _outcomes(arguments: argparse.Namespace) -> Iterator[Outcome]:
    from pathlib import Path

    from sidelight.cli.options import choose
    from sidelight.workflows.setup import PLUG_INS, inspect, install, uninstall

    if arguments.editor is None:
        if arguments.remove or arguments.config_dir is not None:
            arguments.parser.error("name the editor, as in `sidelight setup darktable`")
        for editor in PLUG_INS:
            yield from inspect(editor)
        return
    choose(arguments.parser, "plug-in for", (arguments.editor,), list(PLUG_INS))
    named = None if arguments.config_dir is None else Path(arguments.config_dir)
    yield from (uninstall if arguments.remove else install)(arguments.editor, named)
