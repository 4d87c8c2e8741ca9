"""Fit our idea of Lightroom to photos that it exported.

PLACE is a raw file or a folder. Of each photo it takes three things: the raw file, Lightroom's
settings (its XMP), and the exported JPEG or TIFF of the same name. Gain-map JPEGs of HDR edits
tell how Lightroom's SDR rendition follows its HDR one. Constants are kept only if they do better
on photos held back.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from sidelight.workflows.calibration_report import CalibrationReport


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("places", metavar="PLACE", nargs="*")
    parser.add_argument(
        "--exports", metavar="DIR", help="where the exports are (beside each raw file)"
    )
    parser.add_argument("--dry-run", action="store_true", help="fit and report, keep nothing")
    parser.add_argument(
        "--reset", action="store_true", help="forget what was fitted; the defaults count again"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Fit, report, keep; return 1 if there was too little to fit."""
    from pathlib import Path

    from sidelight.cli.report import print_json, say
    from sidelight.workflows.calibrate import reset

    if arguments.reset:
        if arguments.places or arguments.exports:
            arguments.parser.error("--reset takes no photos")
        status = "removed" if reset() else "unchanged"
        print_json({"status": status}) if arguments.json else say(status)
        return 0
    if not arguments.places:
        arguments.parser.error("name raw files or folders")
    exports = None if arguments.exports is None else Path(arguments.exports)
    if exports is not None and not exports.is_dir():
        arguments.parser.error(f"{arguments.exports} is no folder")
    report = _calibrate(list(map(Path, arguments.places)), exports, arguments)
    if arguments.json:
        print_json(report.to_json())
    else:
        _show(report)
    return 1 if report.status == "too few" else 0


def _calibrate(
    places: list[Path], exports: Path | None, arguments: argparse.Namespace
) -> CalibrationReport:
    import sys

    from rich.console import Console
    from rich.progress import Progress

    from sidelight.workflows.calibrate import calibrate

    shown = sys.stderr.isatty() and not arguments.json
    with Progress(console=Console(stderr=True), transient=True, disable=not shown) as bar:
        task = bar.add_task("reading", total=None)
        return calibrate(
            places,
            exports,
            dry_run=arguments.dry_run,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _show(report: CalibrationReport) -> None:
    from rich.console import Console

    from sidelight.cli.report import say

    console = Console()
    if report.sliders:
        console.print(_sliders(report))
    for item in report.gain_maps:
        say(item.path)
        say(
            f"  its SDR rendition by its HDR one: we are off by {item.before_rms:.2f} EV, "
            f"at most {item.before_largest:.2f}"
        )
        say(
            f"  fitted to it alone we are off by {item.alone_rms:.2f} EV, "
            f"at most {item.alone_largest:.2f}"
        )
        if item.note:
            say(f"  no fit uses it: {item.note}")
    if report.gain_map_error:
        say("gain maps held back:", _change(report.gain_map_error, "EV"))
    by_reason: dict[str, list[Path]] = {}
    for skip in report.skipped:
        by_reason.setdefault(skip.reason, []).append(skip.path)
    for reason, paths in by_reason.items():
        others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        say(f"not used: {paths[0]}{others}: {reason}")
    say(f"{report.status}: {report.reason}")


def _sliders(report: CalibrationReport) -> Any:
    from rich import box
    from rich.table import Table

    from sidelight.recipe.fields import BY_NAME

    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("slider", "photos", "ΔE2000 before", "after", "constants"):
        table.add_column(heading)
    for item in report.sliders:
        constants = ", ".join(
            f"{name.removeprefix(item.slider).lstrip('_')} {before:.2f}→{after:.2f}"
            for name, (before, after) in item.constants.items()
        )
        table.add_row(
            BY_NAME[item.slider].label,
            f"{item.moved_by} ({item.share:.0%})",
            _number(item.before),
            _number(item.after),
            constants if item.fitted else "too few photos",
        )
    table.add_section()
    held = f"{report.held_back} held back"
    table.add_row("all, mean", held, _number(report.before["mean"]), _number(report.after["mean"]))
    table.add_row("all, P95", held, _number(report.before["p95"]), _number(report.after["p95"]))
    return table


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.2f}"


def _change(error: dict[str, float], unit: str) -> str:
    return f"{error['before']:.2f} {unit} before, {error['after']:.2f} {unit} after"
