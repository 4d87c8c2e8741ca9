"""Answer this machine's plug-ins and commands, and watch folders, until stopped.

One runs for each user; a second one names the address of the first and ends.
"""

from __future__ import annotations

import argparse

from sidelight.cli.options import whole_number


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--port", type=_port, metavar="N", help="where to listen on this machine; 0: any free one"
    )
    parser.add_argument("--workers", type=whole_number, metavar="N", help="processes at once")
    parser.add_argument(
        "--verbose", action="store_true", help="log more, and name photos with their folders"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal; return 0 then, and when another one serves already."""
    from dataclasses import replace

    from sidelight.cli.configuration import load_config
    from sidelight.service.daemon import serve

    config = load_config(arguments.parser)
    if arguments.port is not None:
        config = replace(config, port=arguments.port)
    if arguments.workers is not None:
        config = replace(config, workers=arguments.workers)
    return serve(config, say=_say, verbose=arguments.verbose)


def _say(line: str) -> None:
    print(line, flush=True)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)
