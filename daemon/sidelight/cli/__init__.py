"""The `sidelight` command. Each sub-command is one module, imported light, run heavy.

Exit codes: 0 done; 1 something failed, each time named with its reason; 2 usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from sidelight import __version__
from sidelight.cli import (
    auto,
    calibrate,
    doctor,
    evaluate,
    fit,
    lut,
    plugin,
    purge,
    serve,
    setup,
    status,
    undo,
    watch,
)
from sidelight.errors import SidelightError

COMMANDS = {
    "auto": auto,
    "fit": fit,
    "calibrate": calibrate,
    "evaluate": evaluate,
    "lut": lut,
    "undo": undo,
    "serve": serve,
    "watch": watch,
    "status": status,
    "setup": setup,
    "doctor": doctor,
    "purge": purge,
    "plugin": plugin,
}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="sidelight",
        description="HDR-aware edits for RAW photos, as sidecars that Lightroom and darktable "
        "honour. Originals are never changed; nothing leaves this machine.",
        epilog="Exit codes: 0 done, 1 something failed, 2 wrong usage, 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sidelight {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").partition("\n")[0].rstrip(".")
        command = commands.add_parser(
            name, help=summary, description=module.__doc__, allow_abbrev=False
        )
        module.configure(command)
        command.set_defaults(parser=command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = make_parser().parse_args(argv)
    try:
        code = COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; a second flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (SidelightError, OSError) as error:
        from sidelight.workflows.printable import printable
        from sidelight.workflows.result import sentence

        print(f"sidelight: {printable(sentence(error))}", file=sys.stderr)
        return 1
