"""How far each operation of our darktable is from the program's, on a chart and on photos.

`python -m sidelight.learning.operation_error` renders one-slider sweeps and random combinations
with darktable-cli and writes the tables. With `--record FILE` it also keeps what the program made
of some of them, so that tests mean something where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.editors.darktable.operations import DEFAULT_EXPOSURE_EV, Operation
from sidelight.editors.darktable.sigmoid import MIDDLE_GREY, white_stops
from sidelight.editors.darktable.terms import placements_of
from sidelight.emulators.guide import exposure_guide, guide_peak
from sidelight.errors import ToolError
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.imaging.darktable_cli import darktable_cli
from sidelight.imaging.difference import delta_e_2000
from sidelight.imaging.lut import write_lut
from sidelight.learning.chart import Chart, Patches, patch_means, write_chart
from sidelight.learning.comparison import compare_renders
from sidelight.learning.darktable_render import linear_sidecar, render_darktable_batch
from sidelight.learning.emulator_error import as_shot_image
from sidelight.learning.operation_cases import (
    CONTRASTS,
    HEADROOMS,
    LUT_FILE,
    RECORDED,
    Case,
    cases,
    look,
    twin_case,
)
from sidelight.learning.test_set import build, default_data_root
from sidelight_xmp.darktable.history import HistoryEntry, with_edit
from sidelight_xmp.darktable.sidecar import merge_history

PHOTOS = ("virtual_05", "gopro_hero6_GOPR0024_demo.dng")
"""Photos of the table: one of the virtual test set, one real."""

LOWEST_EV = -7.0
"""Greys darker than this, about 0.18 before exposure, are not asked for."""

TWIN_RANGE_EV = (-6.4, 0.1)
"""Greys at which twins are compared, about middle grey after exposure; they stand 0.5 EV apart."""

_AT_ONCE = 16
_DIGITS = 5

Pixels = NDArray[np.float32]
Renders = dict[str, Patches]


@dataclass(frozen=True)
class ChartError:
    """Differences of one case on the chart.

    Attributes:
        case: What was rendered.
        color_max, color_mean: CIEDE2000 over the patches, white of the rendition at L* 100.
        grey_max, grey_mean: Relative error of luminance over the greys from `LOWEST_EV` on.
    """

    case: Case
    color_max: float
    color_mean: float
    grey_max: float
    grey_mean: float


def sidecar_of(operations: Iterable[Operation]) -> bytes:
    """Return the sidecar of some operations, in their order."""
    entries = [
        HistoryEntry.from_values(
            item.name,
            item.params,
            multi_name=item.multi_name,
            multi_priority=item.multi_priority,
        )
        for item in operations
    ]
    return merge_history(None, with_edit(None, entries, placements=placements_of(entries)))


def render_sidecars(jobs: Sequence[tuple[Path, bytes]]) -> Iterable[Pixels]:
    """Yield darktable's renders, a few photos in memory at a time.

    Raises:
        ToolError: darktable failed, or dropped an operation.
    """
    with tempfile.TemporaryDirectory() as luts:
        write_lut(Path(luts) / LUT_FILE, look())
        for start in range(0, len(jobs), _AT_ONCE):
            for render in render_darktable_batch(
                jobs[start : start + _AT_ONCE], lut_root=Path(luts)
            ):
                if render.dropped:
                    raise ToolError(f"darktable dropped an operation: {render.dropped[0]}")
                yield render.rgb


def render_chart(chart: Chart, some: Sequence[Case]) -> Renders:
    """Return the real program's patches of each case, (96, 3), as it left them."""
    jobs = [(chart.path, sidecar_of(case.chain(chart.image))) for case in some]
    names = [case.name for case in some]
    return {name: patch_means(rgb) for name, rgb in zip(names, render_sidecars(jobs), strict=True)}


def chart_error(chart: Chart, case: Case, theirs: Patches) -> ChartError:
    """Return how far our rendition of the chart is from the program's."""
    mine = case.display(patch_means(case.emulate(chart.image)))
    wanted = case.display(theirs)
    labs = [rgb_to_lab(np.clip(rgb / 2.0**case.headroom, 0.0, 1.0)) for rgb in (mine, wanted)]
    color = delta_e_2000(*labs)
    asked = chart.grey & (chart.rgb[:, 0] > 0.18 * 2.0**LOWEST_EV)
    grey = np.abs(luminance(mine) / luminance(wanted) - 1.0)[asked]
    return ChartError(
        case, float(color.max()), float(color.mean()), float(grey.max()), float(grey.mean())
    )


def twin_difference(chart: Chart, sdr: Patches, hdr: Patches) -> float:
    """Return the largest difference of two renditions' greys from -6 to 0 EV, in EV."""
    ev = np.log2(chart.rgb[chart.grey, 0] * 2.0**DEFAULT_EXPOSURE_EV / MIDDLE_GREY)
    low, high = TWIN_RANGE_EV
    near = np.flatnonzero(chart.grey)[(ev >= low) & (ev <= high)]
    return float(np.abs(np.log2(luminance(hdr)[near] / luminance(sdr)[near])).max())


def photo_errors(photo: Path, some: Sequence[Case]) -> dict[str, float]:
    """Return each case's mean ΔE2000 on a photo, as the emulator error is stated."""
    image = read_photo(photo)
    peak = guide_peak(exposure_guide(image))
    lights = [tuple(case.multipliers(image.info.white_balance).tolist()) for case in some]
    different = list(dict.fromkeys(lights))
    exports = render_sidecars([(photo, linear_sidecar(light)) for light in different])
    linear = dict(zip(different, exports, strict=True))
    jobs = [(photo, sidecar_of(case.chain(image))) for case in some]
    found = {}
    for case, light, theirs in zip(some, lights, render_sidecars(jobs), strict=True):
        full = as_shot_image(image, linear[light], light)
        ours = case.display(case.emulate(full, peak)) / 2.0**case.headroom
        wanted = case.display(theirs) / 2.0**case.headroom
        found[case.name] = compare_renders(ours, wanted, full.clipped).mean
    return found


def operation_table(errors: Sequence[ChartError], photos: dict[str, dict[str, float]]) -> str:
    """Return the table per operation; `photos` holds each photo's error by case."""
    lines = [
        "| operation | renditions | chart: ΔE2000 maximum / mean "
        "| chart, greys: relative error maximum / mean |"
        + "".join(f" {name}: ΔE2000 mean / worst rendition |" for name in photos),
        "|---" * (4 + len(photos)) + "|",
    ]
    for operation in dict.fromkeys(error.case.operation for error in errors):
        mine = [error for error in errors if error.case.operation == operation]
        cells = [
            operation,
            str(len(mine)),
            f"{max(e.color_max for e in mine):.2f} / {_mean(e.color_mean for e in mine):.3f}",
            f"{100 * max(e.grey_max for e in mine):.2f} % / "
            f"{100 * _mean(e.grey_mean for e in mine):.2f} %",
        ]
        for found in photos.values():
            values = [found[error.case.name] for error in mine]
            cells.append(f"{_mean(values):.3f} / {max(values):.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def white_table(errors: Sequence[ChartError]) -> str:
    """Return the greys' errors at each headroom and its white target, at contrast 0."""
    by_name = {error.case.name: error for error in errors}
    lines = [
        "| headroom | white target | greys: relative error of luminance, maximum / mean |",
        "|---|---|---|",
    ]
    for headroom in (0.0, *HEADROOMS):
        error = by_name[twin_case(0.0, headroom).name]
        lines.append(
            f"| {headroom:g} | {100 * 2 ** white_stops(headroom):.0f} % "
            f"| {100 * error.grey_max:.2f} % "
            f"/ {100 * error.grey_mean:.2f} % |"
        )
    return "\n".join(lines)


def twin_table(chart: Chart, renders: Renders) -> str:
    """Return the largest difference of HDR and SDR twins from -6 to 0 EV, by contrast."""
    lines = [
        "| contrast |" + "".join(f" headroom {headroom:g} |" for headroom in HEADROOMS),
        "|---" * (1 + len(HEADROOMS)) + "|",
    ]
    for contrast in sorted(CONTRASTS):
        sdr = renders[twin_case(contrast, 0.0).name]
        cells = [
            f"{twin_difference(chart, sdr, renders[twin_case(contrast, headroom).name]):.3f} EV"
            for headroom in HEADROOMS
        ]
        lines.append(f"| {contrast:+g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def darktable_version() -> str:
    """Return the installed darktable's version, like `"4.2.1"`.

    Raises:
        ToolError: It is not installed or does not tell.
    """
    command = [darktable_cli(), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    found = re.search(r"\d+(?:\.\d+)+", told)
    if found is None:
        raise ToolError("darktable-cli does not tell its version")
    return found.group()


def read_record(path: Path) -> tuple[str, Renders]:
    """Return the version of darktable that made a record, and its patches by case, (96, 3)."""
    stored = json.loads(path.read_text(encoding="ascii"))
    return stored["darktable"], {name: np.array(rows) for name, rows in stored["patches"].items()}


def write_record(path: Path, version: str, renders: Renders) -> None:
    """Keep the patches of some cases, five digits each, and the version that made them."""
    rows = []
    for name, values in renders.items():
        rounded = [[float(f"{value:.{_DIGITS}g}") for value in row] for row in values]
        rows.append(f"{json.dumps(name)}: {json.dumps(rounded, separators=(',', ':'))}")
    text = ",\n".join(rows)
    path.write_text(
        f'{{"darktable": {json.dumps(version)}, "patches": {{\n{text}}}}}\n', encoding="ascii"
    )


def _photos(names: Sequence[str], data_root: Path, folder: Path) -> list[Path]:
    virtual = [name for name in names if name.startswith("virtual")]
    built = {item.photo.name: item.raw for item in build(folder, data_root, only=virtual)}
    return [built.get(name) or data_root / "photos" / name for name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every operation and print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.operation_error")
    parser.add_argument("--data", type=Path, help="the shared data folder")
    parser.add_argument(
        "--photos", nargs="*", default=PHOTOS, metavar="NAME", help="of the test set; none: chart"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep what darktable rendered")
    options = parser.parse_args(arguments)

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    with tempfile.TemporaryDirectory() as scratch:
        version, tried = darktable_version(), cases()
        say("the chart")
        chart = write_chart(Path(scratch) / "chart.dng")
        renders = render_chart(chart, tried)
        errors = [chart_error(chart, case, renders[case.name]) for case in tried]
        photos = {}
        if options.photos:
            root = options.data or default_data_root()
            for photo in _photos(options.photos, root, Path(scratch) / "set"):
                say(photo.name)
                photos[photo.stem] = photo_errors(photo, tried)
        if options.record:
            write_record(options.record, version, {name: renders[name] for name in RECORDED})
    print(f"darktable {version}\n\n{operation_table(errors, photos)}")
    print(f"\n{white_table(errors)}\n\n{twin_table(chart, renders)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
