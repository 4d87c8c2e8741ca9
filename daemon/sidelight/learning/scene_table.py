"""The scene table, measured: what Auto makes of every scene and what a photographer expects.

`python -m sidelight.learning.scene_table` builds the test set, edits it for each editor, renders
the twins (Lightroom by its emulator, darktable by darktable-cli) and prints every check, the
figures of `sidelight.learning.twins` and the ΔE ITP guard.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from sidelight.imaging import read_photo
from sidelight.learning.darktable_render import default_sidecar, render_darktable_batch
from sidelight.learning.metrics import ItpGuard, itp_guard
from sidelight.learning.rendered_scene import RenderedScene, SceneCheck
from sidelight.learning.scene_checks import (
    exposure_variant,
    hdr_column,
    midtones,
    must_not,
    sliders,
)
from sidelight.learning.scene_principles import (
    brightness,
    headroom_by_area,
    heads,
    white_balance,
)
from sidelight.learning.scene_render import counterpart_of, render_scenes
from sidelight.learning.test_set import TEST_SET, TUNING_SET, BuiltPhoto, VirtualPhoto, build
from sidelight.learning.twins import (
    DIFFUSE_WHITE_ROWS,
    Evaluation,
    evaluate_twins,
)

HEADROOM_STOPS = 2.3
HEADROOM_LIMIT_STOPS = 0.25
GREY_LIFT_LIMIT_EV = 0.05

Pixels = NDArray[np.float32]

_RULES = (
    midtones, sliders, hdr_column, must_not, heads, exposure_variant,
    headroom_by_area, brightness, white_balance,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SceneResult:
    """All that was measured on one photo for one editor.

    Attributes:
        checks: Of the scene table.
        evaluation: Headroom, grey lift, black, SDR use.
        guard: Colour difference to the reference rendition.
    """

    checks: tuple[SceneCheck, ...]
    evaluation: Evaluation
    guard: ItpGuard

    def figures(self) -> dict[str, bool]:
        """Return whether each figure of the twins is reached."""
        measured = self.evaluation
        return {
            "headroom": measured.headroom.within(HEADROOM_LIMIT_STOPS),
            "grey lift": measured.grey_lift_ev <= GREY_LIFT_LIMIT_EV,
            "black": measured.black.within(),
            "SDR use": measured.sdr_use.within(measured.row in DIFFUSE_WHITE_ROWS),
            "HDR nearer than SDR": self.guard.hdr < self.guard.sdr,
        }


def checks_of(scene: RenderedScene) -> tuple[SceneCheck, ...]:
    """Return every check that the table and its principles make on a photo."""
    return tuple(check for rule in _RULES for check in rule(scene))


def measure(
    photos: Sequence[BuiltPhoto],
    editors: Sequence[str],
    headroom: float = HEADROOM_STOPS,
    engine: str = "auto",
    progress: Callable[[str], None] = lambda name: None,
) -> list[SceneResult]:
    """Edit, render and measure virtual photos for each editor, in order of editors, then photos.

    darktable's own default rendition, part of the guard, is rendered only where darktable is
    among the editors.

    Args:
        photos: Each variant's well-exposed photo among them.
        editors: `lightroom`, `darktable`.
        headroom: Stops above SDR white of the HDR twins.
        engine: Name of the engine.
        progress: Called with what is being done.

    Raises:
        ToolError: darktable-cli is missing or failed.
    """
    images = [read_photo(item.raw) for item in photos]
    defaults: list[Pixels] | None = None
    if "darktable" in editors:
        progress("darktable's default rendition")
        jobs = [
            (image.info.path, default_sidecar(image.info.white_balance.multipliers(), headroom))
            for image in images
        ]
        defaults = [item.rgb for item in render_darktable_batch(jobs)]
    results = []
    for editor in editors:
        for number, scene in enumerate(
            render_scenes(photos, images, editor, headroom, engine, progress)
        ):
            twins = (scene.sdr, scene.hdr)
            results.append(
                SceneResult(
                    checks_of(scene),
                    evaluate_twins(scene.photo, scene.row, editor, scene.truth, twins, headroom),
                    itp_guard(
                        scene.truth.limited(),
                        *twins,
                        headroom,
                        None if defaults is None else defaults[number],
                    ),
                )
            )
    return results


def report(results: Sequence[SceneResult]) -> str:
    """Return every check, then what each editor reaches."""
    lines = []
    for result in results:
        lines += [_line(check) for check in result.checks]
    for editor in dict.fromkeys(item.evaluation.editor for item in results):
        mine = [item for item in results if item.evaluation.editor == editor]
        lines += ["", f"{editor}, {len(mine)} photos", *_summary(mine)]
    return "\n".join(lines)


def expected_share(results: Sequence[SceneResult]) -> float:
    """Return the share of *expected* ranges that are met, 0 to 1."""
    return float(np.mean([check.passed for check in _kind(results, "expected")]))


def broken(results: Sequence[SceneResult]) -> list[SceneCheck]:
    """Return every *must not* that happened."""
    return [check for check in _kind(results, "must not") if not check.passed]


def figure_shares(results: Sequence[SceneResult]) -> dict[str, float]:
    """Return the share of photos, 0 to 1, that reach each figure of the twins."""
    reached = [item.figures() for item in results]
    return {name: float(np.mean([one[name] for one in reached])) for name in reached[0]}


def guard_means(results: Sequence[SceneResult]) -> dict[str, float]:
    """Return mean ΔE ITP of SDR twins, HDR twins and darktable's default; NaN if not rendered."""
    guards = [item.guard for item in results]
    return {
        name: float(np.mean([getattr(guard, name) for guard in guards]))
        for name in ("sdr", "hdr", "default")
    }


def _kind(results: Sequence[SceneResult], kind: str) -> list[SceneCheck]:
    return [check for item in results for check in item.checks if check.kind == kind]


def _line(check: SceneCheck) -> str:
    verdict = "pass" if check.passed else "FAIL"
    return (
        f"{check.photo:<16} {check.editor:<9} {check.kind:<9} {check.name:<28} "
        f"{check.value:8.3f} {_range(check):<18} {check.unit:<15} {verdict}"
    )


def _range(check: SceneCheck) -> str:
    if np.isinf(check.low):
        return f"<= {check.high:g}"
    if np.isinf(check.high):
        return f">= {check.low:g}"
    return f"{check.low:g} ... {check.high:g}"


def _summary(results: Sequence[SceneResult]) -> list[str]:
    lines = []
    for kind in ("must not", "expected", "principle"):
        checks = _kind(results, kind)
        failed = [check for check in checks if not check.passed]
        met = len(checks) - len(failed)
        lines.append(f"  {kind}: {met} of {len(checks)} kept ({100 * met / len(checks):.1f} %)")
        lines += [
            f"    {one.photo:<16} {one.name:<28} {one.value:8.3f}, {_range(one)} {one.unit}"
            for one in failed
        ]
    for name, share in figure_shares(results).items():
        missed = [item for item in results if not item.figures()[name]]
        told = ", ".join(f"{item.evaluation.photo} {_figure(item, name)}" for item in missed)
        lines.append(f"  {name}: {100 * share:.1f} %" + (f"; not {told}" if told else ""))
    means = guard_means(results)
    lines.append(
        f"  mean ΔE ITP to the reference: SDR twin {means['sdr']:.2f}, "
        f"HDR twin {means['hdr']:.2f}, darktable's default {means['default']:.2f}"
    )
    return lines


def _figure(result: SceneResult, name: str) -> str:
    measured = result.evaluation
    return {
        "headroom": f"{measured.headroom.stops:.2f}",
        "grey lift": f"{measured.grey_lift_ev:.3f}",
        "black": f"{measured.black.level:.4f} ({100 * measured.black.crushed:.2f} % crushed)",
        "SDR use": f"{measured.sdr_use.white:.3f} ({100 * measured.sdr_use.clipped:.2f} % clipped)",
        "HDR nearer than SDR": f"{result.guard.hdr:.1f} > {result.guard.sdr:.1f}",
    }[name]


def _with_counterparts(
    only: Collection[str] | None, table: Sequence[VirtualPhoto]
) -> list[str] | None:
    if only is None:
        return None
    wanted = [photo for photo in table if photo.name in only]
    return [*only, *(counterpart_of(photo, table).name for photo in wanted)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the scene table and print it."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.scene_table")
    parser.add_argument("--editors", default="lightroom,darktable", help="with a comma between")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these virtual photos only")
    parser.add_argument("--engine", default="auto", help="whose settings are measured")
    parser.add_argument("--headroom", type=float, default=HEADROOM_STOPS, help="stops")
    parser.add_argument("--set", type=Path, help="folder of the virtual photos, built if needed")
    parser.add_argument("--tuning", action="store_true", help="the tuning scenes instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args(arguments)
    table = TUNING_SET if options.tuning else TEST_SET
    with tempfile.TemporaryDirectory() as scratch:
        photos = build(
            options.set or Path(scratch),
            only=_with_counterparts(options.only, table),
            photos=table,
        )
        results = measure(
            photos,
            options.editors.split(","),
            options.headroom,
            options.engine,
            lambda text: print(text, file=sys.stderr),
        )
    print(report(results))
    if options.json:
        rows = [
            {
                "photo": item.evaluation.photo,
                "editor": item.evaluation.editor,
                "checks": [asdict(check) | {"passed": check.passed} for check in item.checks],
                "evaluation": item.evaluation,
                "guard": item.guard,
                "figures": item.figures(),
            }
            for item in results
        ]
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
