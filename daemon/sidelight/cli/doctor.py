"""Check that everything Sidelight needs is in place.

Exits with 1 if something will not work.
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Show each finding as it is made; return 1 if one failed."""
    from dataclasses import asdict
    from itertools import chain

    from sidelight.cli.report import print_json, say
    from sidelight.service.doctor import examine_daemon
    from sidelight.workflows.doctor import examine

    failed = False
    for check in chain(examine(), examine_daemon()):
        failed = failed or check.level == "failed"
        if arguments.json:
            print_json(asdict(check))
        else:
            say(f"{check.level:8}", f"{check.name:15}", check.text)
    return 1 if failed else 0
