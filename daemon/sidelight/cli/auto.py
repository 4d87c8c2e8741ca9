"""Predict an edit for each photo and write it as sidecars.

An edit that is already there is kept unless --overwrite is given; `sidelight undo` puts back what
was there before. Photos of one series are edited alike. Originals are never changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sidelight.cli.options import choose, number, whole_number

if TYPE_CHECKING:
    from pathlib import Path

    from sidelight.workflows.photos import Photo


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("photos", nargs="+", metavar="PHOTO|FOLDER")
    parser.add_argument("--editor", metavar="NAMES", help="lightroom, darktable or both")
    parser.add_argument("--engine", metavar="NAME", help="what predicts the edit (auto)")
    parser.add_argument(
        "--headroom",
        type=number(0, 4),
        metavar="STOPS",
        help="stops above SDR white, 0 to 4 (2.3 = 1000 nits); given here, darktable also gets the "
        "HDR twin, as a duplicate",
    )
    parser.add_argument(
        "--strength", type=number(0, 1), metavar="0-1", help="how much of the edit is used (1)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing edits")
    parser.add_argument("--dry-run", action="store_true", help="predict, but write no sidecar")
    parser.add_argument(
        "--preview",
        metavar="DIR",
        help="write STEM_before.jpg, STEM_sdr.jpg and STEM_hdr.jpg there",
    )
    parser.add_argument(
        "--dtstyle",
        metavar="DIR",
        help="write the HDR twin for darktable's export dialog there, as STEM_hdr.dtstyle",
    )
    parser.add_argument(
        "--no-series",
        action="store_true",
        help="edit each photo by itself, also those taken one after the other of the same thing",
    )
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="PHOTO",
        help="one of the photos, whose edit its series follows; may be given several times",
    )
    parser.add_argument("--workers", type=whole_number, metavar="N", help="processes at once")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Develop the photos; return 1 if any failed."""
    from dataclasses import replace
    from pathlib import Path

    from sidelight.cli.configuration import load_config
    from sidelight.cli.report import Report
    from sidelight.emulators import EMULATORS
    from sidelight.engines import ENGINES
    from sidelight.paths import first_versions_folder, make_private, state_folder
    from sidelight.workflows.develop import STYLES_OF, Options, develop, new_batch
    from sidelight.workflows.photos import find_photos

    config = load_config(arguments.parser)
    named = arguments.editor.split(",") if arguments.editor else config.editors
    editors = choose(
        arguments.parser, "editor", tuple(name.strip() for name in named), list(EMULATORS)
    )
    (engine,) = choose(
        arguments.parser, "engine", (arguments.engine or config.engine,), list(ENGINES)
    )
    if arguments.dtstyle and STYLES_OF not in editors:
        arguments.parser.error(f"--dtstyle needs {STYLES_OF} among the editors")
    options = Options(
        editors=editors,
        engine=engine,
        headroom=_or(arguments.headroom, config.headroom),
        strength=_or(arguments.strength, config.strength),
        overwrite=arguments.overwrite,
        dry_run=arguments.dry_run,
        preview=Path(arguments.preview) if arguments.preview else None,
        # What is configured is for every photo: a second version of each must be asked for.
        duplicate=bool(arguments.headroom),
        dtstyle=Path(arguments.dtstyle) if arguments.dtstyle else None,
        series=config.series and not arguments.no_series,
        first_versions=first_versions_folder(),
        batch=new_batch(),
    )
    if not arguments.dry_run:
        make_private(state_folder())
    photos = find_photos(Path(text) for text in arguments.photos)
    options = replace(options, anchors=_anchors(arguments, photos))
    with Report(len(photos), as_json=arguments.json) as report:
        workers = _or(arguments.workers, config.workers)
        for results in develop(photos, options, workers, report.advance):
            for result in results:
                report.add(result)
    return 1 if report.failed else 0


def _anchors(arguments: argparse.Namespace, photos: Sequence[Photo]) -> tuple[Path, ...]:
    """Return the anchors as the photos are named; end the command where one is none of them."""
    from pathlib import Path

    if arguments.anchor and arguments.no_series:
        arguments.parser.error("--anchor and --no-series exclude one another")
    named = {photo.path.absolute(): photo.path for photo in photos if not photo.reason}
    anchors = [Path(text) for text in arguments.anchor]
    for anchor in anchors:
        if anchor.absolute() not in named:
            arguments.parser.error(f"--anchor {anchor} is not among the photos to develop")
    return tuple(named[anchor.absolute()] for anchor in anchors)


def _or(given: float | None, configured: float):
    return configured if given is None else given
