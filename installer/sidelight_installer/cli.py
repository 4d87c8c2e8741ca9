"""The command line of the installer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sidelight_installer.demo import demo
from sidelight_installer.steps import Console, StepFailed
from sidelight_installer.tests import test

CHECKOUT = Path(__file__).resolve().parent.parent.parent

DESCRIPTION = """\
Set up this source tree of Sidelight in a private Python environment (.environment/) and use it.
Needs Python 3.11 or newer and nothing else; the packages come from the network the first time.
"""

EPILOGUE = """\
examples:
  python3 installer demo --open         develop four small RAWs, and look at the result
  python3 installer test --fast         the checks and the quick tests
  python3 installer test -- -k curve    the tests whose name has "curve"
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python3 installer",
        description=DESCRIPTION,
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="demo | test", required=True)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--fresh", action="store_true", help="build the environment anew")

    developing = commands.add_parser(
        "demo",
        parents=[both],
        help="develop four small RAWs into demo/",
        description="Develop four small RAWs into demo/: sidecars for Lightroom and darktable, "
        "an SDR and an HDR JPEG each, and a page that shows them.",
    )
    developing.add_argument("--open", action="store_true", help="open the page in a browser")

    testing = commands.add_parser(
        "test",
        parents=[both],
        usage="python3 installer test [--fresh] [--fast] [--wheel] [--learn] "
        "[--newest-darktable] [-- PYTEST ARGUMENTS]",
        help="install what the tests need, and run them",
        description="Run ruff, mypy, lint-imports and pytest. Debian packages that tests use "
        "(darktable, RawTherapee and others) are installed where that is allowed.",
    )
    testing.add_argument("--fast", action="store_true", help="leave out tests marked slow")
    testing.add_argument(
        "--wheel",
        action="store_true",
        help="also build a wheel and develop a photo with it in an empty environment",
    )
    testing.add_argument(
        "--learn",
        action="store_true",
        help="also install torch (hundreds of megabytes) and test what runs on it",
    )
    testing.add_argument(
        "--newest-darktable",
        action="store_true",
        help="also unpack darktable of Debian unstable (half a gigabyte) and test with it; "
        "the system's own stays as it is",
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 usage, 130 stopped."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    words, further = split_words(words)
    top = parser()
    options = top.parse_args(words)
    if further and options.command != "test":
        top.error("only `test` takes arguments after --")
    console = Console()
    try:
        if options.command == "demo":
            return demo(console, CHECKOUT, fresh=options.fresh, show=options.open)
        return test(
            console,
            CHECKOUT,
            fresh=options.fresh,
            fast=options.fast,
            wheel=options.wheel,
            learn=options.learn,
            newest=options.newest_darktable,
            words=further,
        )
    except StepFailed as failure:
        console.failed(failure)
        return failure.code
    except KeyboardInterrupt:
        console.say("Stopped. Run the command again to go on.")
        return 130


def split_words(words: list[str]) -> tuple[list[str], list[str]]:
    """Split arguments at the first `--` into ours and those for pytest."""
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]
