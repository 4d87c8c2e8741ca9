"""Ask before doing what cannot be taken back."""

from __future__ import annotations

import argparse
import sys

from sidelight.workflows.printable import printable


def confirm(parser: argparse.ArgumentParser, question: str, *, yes: bool) -> bool:
    """Whether the user agrees; without a terminal to ask on, only `--yes` agrees.

    The question goes to standard error, so that it never mixes with `--json`.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        parser.error(f"{printable(question)} Answer with --yes, there is no terminal to ask on.")
    print(f"{printable(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
