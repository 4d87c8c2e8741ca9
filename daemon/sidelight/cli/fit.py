"""Find the settings that turn one picture into another.

BEFORE is a photo, AFTER a finished picture of the same view and framing.
"""

from __future__ import annotations

import argparse

from sidelight.cli.options import choose


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("before", metavar="BEFORE")
    parser.add_argument("after", metavar="AFTER")
    parser.add_argument("--editor", metavar="NAME", help="whose settings (the first configured)")
    parser.add_argument("--write", action="store_true", help="write them as BEFORE's sidecar")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing edit")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Fit and show the settings; return 1 if that failed."""
    from pathlib import Path

    from sidelight.cli.configuration import load_config
    from sidelight.cli.report import print_json, say
    from sidelight.emulators import EMULATORS
    from sidelight.paths import first_versions_folder, make_private, state_folder
    from sidelight.workflows.fit_pair import fit_pair

    config = load_config(arguments.parser)
    name = arguments.editor or config.editors[0]
    (editor,) = choose(arguments.parser, "editor", (name,), list(EMULATORS))
    if arguments.write:
        make_private(state_folder())
    result = fit_pair(
        Path(arguments.before),
        Path(arguments.after),
        editor,
        first_versions=first_versions_folder() if arguments.write else None,
        overwrite=arguments.overwrite,
    )
    if arguments.json:
        print_json(result.to_json())
    elif result.status == "error":
        say(result.status, result.before, result.reason)
    else:
        for slider in result.sliders:
            spread = slider["uncertainty"]
            say(
                f"{slider['label']:12}",
                f"{slider['value']:+.2f} {slider['unit']}",
                "" if spread is None else f"± {spread:.2f}",
            )
        say(
            f"{'match':12}", f"{result.psnr_db:.1f} dB (sliders alone {result.psnr_sliders_db:.1f})"
        )
        say(result.status if arguments.write else "", result.sidecar, result.reason)
    return 1 if result.status == "error" else 0
