"""Watch folders and catalogs: new photos get their edit by themselves.

Watching begins with photos that arrive from now on. It is `sidelight serve` that does the work;
what is added, paused or removed while it does not run counts from its next start.
"""

from __future__ import annotations

import argparse
import os

from sidelight.cli.options import choose, number

TYPE_CHECKING = False  # as typing has it, whose import would slow down every command
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from sidelight.cli.reach import Roots

_STATES = {"watching": "watching", "paused": "paused", "missing": "not there"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = _action(actions, "add", "watch a folder or a catalog from now on")
    add.add_argument("place", metavar="FOLDER|CATALOG")
    add.add_argument("--editor", metavar="NAMES", help="lightroom, darktable or both")
    add.add_argument("--engine", metavar="NAME", help="what predicts the edit (auto)")
    add.add_argument(
        "--headroom", type=number(0, 4), metavar="STOPS", help="stops above SDR white, 0 to 4"
    )
    add.add_argument(
        "--strength", type=number(0, 1), metavar="0-1", help="how much of the edit is used (1)"
    )
    add.add_argument(
        "--existing", action="store_true", help="also the photos that are there; counts and asks"
    )
    add.add_argument("--yes", action="store_true", help="do not ask")
    _action(actions, "list", "show what is watched")
    for name, summary in (
        ("remove", "watch it no more; sidecars stay"),
        ("pause", "leave new photos alone for now"),
        ("resume", "go on; what arrived meanwhile is developed"),
    ):
        _action(actions, name, summary).add_argument("place", metavar="FOLDER|CATALOG")


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="one JSON object per watched place")
    parser.set_defaults(parser=parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says; return 1 if it was declined."""
    from sidelight.cli.reach import reach_roots

    with reach_roots() as roots:
        if arguments.action == "add":
            return _add(arguments, roots)
        if arguments.action == "list":
            found = roots.list()
            if not (found or arguments.json):
                _say("nothing is watched")
        elif arguments.action == "remove":
            root = _named(arguments, roots)
            roots.remove(root["id"])
            found = [{**root, "state": "removed", "reason": ""}]
        else:
            root = _named(arguments, roots)
            found = [roots.set_paused(root["id"], arguments.action == "pause")]
    for root in found:
        _show(root, as_json=arguments.json)
    return 0


def _add(arguments: argparse.Namespace, roots: Roots) -> int:
    from sidelight.cli.question import confirm
    from sidelight.service.existing import photos_there
    from sidelight.workflows.watch import check_place

    settings = _settings(arguments)
    place = _absolute(arguments.place)
    kind = check_place(place)
    if arguments.existing:
        count = len(photos_there(place, kind))
        question = f"{_are_there(count)} already. Develop {'it' if count == 1 else 'them'} too?"
        if count and not confirm(arguments.parser, question, yes=arguments.yes):
            _say("nothing is watched that was not before")
            return 1
    root = roots.add(place, settings, existing=arguments.existing)
    _show(root, as_json=arguments.json)
    if not arguments.json:
        _say(_about_existing(root.get("photos", 0), asked=arguments.existing))
    return 0


def _about_existing(count: int, *, asked: bool) -> str:
    if not count:
        return "no photo to develop is there yet" if asked else ""
    if asked:
        return f"{_are_there(count)} already and will be developed"
    left = "is left as it is" if count == 1 else "are left as they are"
    return f"{_are_there(count)} already and {left}; --existing would develop them, too"


def _are_there(count: int) -> str:
    from sidelight.cli.text import counted

    return f"{counted(count, 'photo')} {'is' if count == 1 else 'are'} there"


def _settings(arguments: argparse.Namespace):
    from sidelight.cli.configuration import load_config
    from sidelight.emulators import EMULATORS
    from sidelight.engines import ENGINES
    from sidelight.workflows.predict import Settings

    config = load_config(arguments.parser)
    named = arguments.editor.split(",") if arguments.editor else config.editors
    editors = tuple(name.strip() for name in named)
    engine = (arguments.engine or config.engine,)
    return Settings(
        editors=choose(arguments.parser, "editor", editors, list(EMULATORS)),
        engine=choose(arguments.parser, "engine", engine, list(ENGINES))[0],
        headroom=config.headroom if arguments.headroom is None else arguments.headroom,
        strength=config.strength if arguments.strength is None else arguments.strength,
    )


def _named(arguments: argparse.Namespace, roots: Roots) -> dict[str, Any]:
    """Return the root that is meant, however its path is spelled.

    Raises:
        RootError: It is not watched.
    """
    from sidelight.errors import RootError
    from sidelight.state.values import path_to_text

    place = _absolute(arguments.place)
    known = roots.list()
    wanted = {path_to_text(place), path_to_text(place.resolve())}
    for root in known:
        if wanted & {root["path"], os.path.realpath(root["path"])}:
            return root
    raise RootError(f"{arguments.place} is not watched; `sidelight watch list` shows what is")


def _absolute(text: str) -> Path:
    # Not resolved: a place keeps the name its owner gave it.
    from pathlib import Path

    return Path(os.path.abspath(text))  # noqa: PTH100


def _show(root: dict[str, Any], *, as_json: bool) -> None:
    from sidelight.cli.report import print_json

    if as_json:
        print_json(root)
        return
    settings = f"{', '.join(root['editors'])}; {root['engine']}, {root['headroom']:g} stops"
    if root["strength"] != 1.0:
        settings += f", strength {root['strength']:g}"
    state = _STATES.get(root["state"], root["state"])
    _say(f"{state:9}", root["path"], f"({settings})", root["reason"])


def _say(*parts: object) -> None:
    from sidelight.cli.report import say

    if any(parts):
        say(*parts)
