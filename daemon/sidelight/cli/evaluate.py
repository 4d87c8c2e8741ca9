"""Measure edits, ours and other programs', against references, and write a report.

The first name is a protocol (folder, virtual or fivek) or a folder of photos. References are
sidecars or finished pictures beside the photos, or in the folder that --reference names.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sidelight.cli.options import choose

if TYPE_CHECKING:
    from sidelight.learning.evaluation.results import Evaluation

_SHOWN = ("psnr_db", "ssim", "delta_e_2000", "tone_curve", "neutral_error_deg")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("where", nargs="+", metavar="PROTOCOL|FOLDER")
    parser.add_argument("--editor", metavar="NAME", help="whose settings (the first configured)")
    parser.add_argument(
        "--methods",
        metavar="LIST",
        help="what to compare, with commas: engines, baselines, xmp:FOLDER, renders:FOLDER "
        "(all engines and baselines that can run)",
    )
    parser.add_argument("--reference", metavar="DIR", help="folder of the references")
    parser.add_argument(
        "--split", metavar="NAME", help="scenes, folds, tenth or lists (the protocol's own)"
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of drawn splits (0)")
    parser.add_argument(
        "--size", type=_size, metavar="PX", help="of the compared pixels, 64 to 1024"
    )
    parser.add_argument("--only", metavar="NAMES", help="names of photos, with commas")
    parser.add_argument(
        "--out", metavar="DIR", default="evaluation", help="folder of the report (evaluation)"
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; return 1 if a photo failed or nothing could be measured."""
    from pathlib import Path

    from sidelight.cli.configuration import load_config
    from sidelight.cli.report import print_json, say
    from sidelight.emulators import EMULATORS
    from sidelight.learning.evaluation.methods import default_methods
    from sidelight.learning.evaluation.protocol import PROTOCOLS, Request, build_protocol
    from sidelight.learning.evaluation.report import to_json, write_report
    from sidelight.learning.evaluation.run import evaluate, load_methods
    from sidelight.learning.evaluation.splits import SPLITS
    from sidelight.paths import cache_folder, first_versions_folder, make_private

    config = load_config(arguments.parser)
    (editor,) = choose(
        arguments.parser, "editor", (arguments.editor or config.editors[0],), list(EMULATORS)
    )
    if arguments.split:
        choose(arguments.parser, "split", (arguments.split,), list(SPLITS))
    _check_methods(arguments)
    name, folders = "folder", list(arguments.where)
    if folders[0] in PROTOCOLS:
        name = folders.pop(0)
    only = (part.strip() for part in (arguments.only or "").split(","))
    request = Request(
        folders=tuple(Path(text) for text in folders),
        editor=editor,
        reference=Path(arguments.reference) if arguments.reference else None,
        split=arguments.split or "",
        seed=arguments.seed,
        size_px=arguments.size,
        only=frozenset(filter(None, only)),
        cache=make_private(cache_folder() / "virtual_photos") if name == "virtual" else None,
        first_versions=first_versions_folder(),
    )
    named = arguments.methods.split(",") if arguments.methods else []
    methods, not_run = load_methods(
        [text.strip() for text in named] or default_methods(), editor, needed=bool(named)
    )
    protocol = build_protocol(name, request)
    with _Progress(show=not arguments.json) as progress:
        found = evaluate(protocol, methods, editor, config.headroom, not_run, progress.step)
    written = write_report(found, Path(arguments.out))
    if arguments.json:
        print_json(to_json(found))
    else:
        _show(found)
        say("written", *written)
    return 1 if found.failed or not found.photos else 0


def _check_methods(arguments: argparse.Namespace) -> None:
    from sidelight.learning.evaluation.methods import is_method, known_methods

    for text in (arguments.methods or "").split(",") if arguments.methods else ():
        if not is_method(text.strip()):
            arguments.parser.error(
                f"there is no method {text.strip()!r}; there are: {', '.join(known_methods())}"
            )


class _Progress:
    """A bar on a terminal, nothing elsewhere; use it as a context manager."""

    def __init__(self, *, show: bool) -> None:
        import sys

        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self._bar = Progress(
            console=console, transient=True, disable=not (show and sys.stderr.isatty())
        )
        self._task = self._bar.add_task("evaluating", total=1.0)

    def step(self, text: str, share: float) -> None:
        """Show what is being done and how much is done."""
        from rich.markup import escape

        from sidelight.workflows.printable import printable

        self._bar.update(self._task, completed=share, description=escape(printable(text))[:60])

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()


def _show(evaluation: Evaluation) -> None:
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sidelight.cli.report import say
    from sidelight.cli.text import counted
    from sidelight.learning.evaluation.intervals import LEAST_SCENES
    from sidelight.learning.evaluation.summary import ALL_METRICS, summarize
    from sidelight.workflows.printable import printable

    metrics = [metric for metric in ALL_METRICS if metric.name in _SHOWN]
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("method", "photos", *(metric.label for metric in metrics)):
        table.add_column(heading, justify="left" if heading == "method" else "right")
    summaries = summarize(evaluation)
    for method in evaluation.methods:
        figures = summaries[method.name].figures
        photos = max((found.photos for found in figures.values()), default=0)
        cells = []
        for metric in metrics:
            found = figures.get(metric.name)
            text = "" if found is None else f"{found.mean:.{metric.digits}f}"
            if found is not None and found.low is not None:
                text += f"\n{found.low:.{metric.digits}f}…{found.high:.{metric.digits}f}"
            cells.append(text)
        table.add_row(Text(printable(method.label)), str(photos), *cells)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    scenes = len({photo.case.scene for photo in evaluation.photos})
    shown = "below each mean its 95 % interval over scenes"
    if scenes < LEAST_SCENES:
        shown = f"no intervals below {LEAST_SCENES} scenes"
    say(
        f"{counted(len(evaluation.photos), 'photo')} of {counted(scenes, 'scene')}, "
        f"split {evaluation.protocol.split.name}; {shown}"
    )
    for name, reason in evaluation.not_run.items():
        say("not run", name, reason)
    for name, reason in evaluation.failed:
        say("error", name, reason)
    if evaluation.protocol.left_out:
        say(f"{counted(len(evaluation.protocol.left_out), 'photo')} without a reference left out")


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 64 <= int(text[:5]) <= 1024):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 64 to 1024")
    return int(text)
