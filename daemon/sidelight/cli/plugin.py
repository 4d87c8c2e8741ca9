"""Do what an editor's script orders in a file; not for people.

The script of darktable calls it. ORDERS is a file that the script goes on writing; answers go
beside it.
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("orders", metavar="ORDERS")


def run(arguments: argparse.Namespace) -> int:
    """Talk with the script until it ends; return 1 if it could not be served."""
    from pathlib import Path

    from sidelight.service.plugin.serve import serve

    return 0 if serve(Path(arguments.orders)) else 1
