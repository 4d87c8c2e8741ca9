"""Measuring Auto's twins on virtual photos, whose truth is known.

`python -m sidelight.learning.evaluate` builds the test set, edits it for each editor, renders both
twins (Lightroom by its emulator, darktable by darktable-cli) and writes a table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.editors.darktable.editor import recipe_to_entries
from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.emulators.guide import exposure_boost, exposure_guide
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.metrics import (
    Black,
    HeadroomError,
    SdrUse,
    black,
    grey_lift,
    headroom_error,
    reference_rendition,
    sdr_use,
)
from sidelight.learning.test_set import TEST_SET, TUNING_SET, BuiltPhoto, build
from sidelight.learning.truth import Truth
from sidelight.recipe import Recipe
from sidelight_xmp.darktable.history import History
from sidelight_xmp.darktable.sidecar import merge_history

DIFFUSE_WHITE_ROWS = frozenset({1, 3, 4, 6, 7, 8, 10})
"""Rows of the scene table that hold a diffuse white."""

HEADROOM_LIMIT_STOPS = 0.4
GREY_LIFT_LIMIT_EV = 0.1

Pixels = NDArray[np.float32]
Twins = tuple[Pixels, Pixels]


@dataclass(frozen=True)
class Evaluation:
    """What was measured on one photo for one editor.

    Attributes:
        photo: Name of the virtual photo.
        row: Its row in the scene table.
        editor: Whose rendering.
        headroom: Headroom error.
        grey_lift_ev: Grey lift.
        black: Black of the SDR twin.
        sdr_use: Use of the SDR range.
    """

    photo: str
    row: int
    editor: str
    headroom: HeadroomError
    grey_lift_ev: float
    black: Black
    sdr_use: SdrUse

    def passed(self) -> dict[str, bool]:
        """Return whether each figure is reached."""
        return {
            "headroom": self.headroom.within(HEADROOM_LIMIT_STOPS),
            "grey lift": self.grey_lift_ev <= GREY_LIFT_LIMIT_EV,
            "black": self.black.within(),
            "SDR use": self.sdr_use.within(self.row in DIFFUSE_WHITE_ROWS),
        }


def evaluate_twins(
    name: str, row: int, editor: str, truth: Truth, twins: Twins, headroom: float
) -> Evaluation:
    """Measure rendered twins against the truth of a virtual photo.

    Args:
        name, row: Of the virtual photo.
        editor: Whose rendering.
        truth: The scene.
        twins: SDR and HDR twin, each (H, W, 3), display-linear Rec.2020, any size.
        headroom: Stops above SDR white of the HDR twin.
    """
    long_side = min(max(twins[0].shape[:2]), max(truth.heads.shape))
    small = truth.averaged(long_side)
    sdr, hdr = (fitted(twin, small.rgb.shape[:2], long_side) for twin in twins)
    sdr_y, hdr_y, true_y = luminance(sdr), luminance(hdr), luminance(small.rgb)
    reference = reference_rendition(small.limited(), sdr, headroom)
    return Evaluation(
        photo=name,
        row=row,
        editor=editor,
        headroom=headroom_error(hdr_y, luminance(reference), headroom),
        grey_lift_ev=grey_lift(hdr_y, sdr_y, true_y),
        black=black(sdr_y, true_y, small.noise_sigma()),
        sdr_use=sdr_use(sdr, small.clipped().any(axis=-1)),
    )


def fitted(rgb: Pixels, shape: tuple[int, int], long_side: int) -> Pixels:
    """Bring a render to the truth's size; darktable crops a few border pixels, evenly."""
    out = box_average(rgb, long_side) if max(rgb.shape[:2]) > long_side else rgb
    missing = [max(want - have, 0) for want, have in zip(shape, out.shape[:2], strict=True)]
    padding = [(gap // 2, gap - gap // 2) for gap in missing]
    return np.pad(out, [*padding, (0, 0)], mode="edge")[: shape[0], : shape[1]]


def lightroom_twins(image: Image, recipe: Recipe, headroom: float) -> Twins:
    """Render both twins with Lightroom's emulator."""
    emulator = load_emulator("lightroom")
    guide = emulator.guide(image)
    return (
        render(emulator, image, recipe, 0.0, guide),
        render(emulator, image, recipe, headroom, guide),
    )


def recipe_sidecar(image: Image, recipe: Recipe, headroom: float = 0.0) -> bytes:
    """Return a new darktable sidecar of one twin of a Recipe, as the editor writes it."""
    boost = exposure_boost(exposure_guide(image), recipe.exposure_ev)
    if recipe.hdr.enabled:
        headroom = min(headroom, recipe.hdr.headroom)
    entries = recipe_to_entries(recipe, image.info, boost, headroom)
    return merge_history(None, History(tuple(entries), history_end=len(entries)))


def darktable_twins(
    edits: Sequence[tuple[Image, Recipe]], headroom: float
) -> tuple[list[Twins], list[str]]:
    """Render both twins of several photos with darktable-cli.

    Returns:
        The twins, and every line that told of a dropped entry.
    """
    jobs: list[tuple[Path, bytes]] = []
    dropped: list[str] = []
    for level in (0.0, headroom):
        for image, recipe in edits:
            jobs.append((image.info.path, recipe_sidecar(image, recipe, level)))
    renders = render_darktable_batch(jobs)
    for item in renders:
        dropped += item.dropped
    half = len(edits)
    twins = [(renders[i].rgb, renders[half + i].rgb) for i in range(half)]
    return twins, dropped


def evaluate_test_set(
    photos: Iterable[BuiltPhoto],
    editors: Sequence[str],
    headroom: float = 2.3,
    engine: str = "auto",
    progress: Callable[[str], None] = lambda name: None,
) -> list[Evaluation]:
    """Edit and measure virtual photos for each editor, in order of photos, then editors."""
    photos = list(photos)
    engine_ = load_engine(engine)
    found: list[Evaluation] = []
    images = [read_photo(item.raw) for item in photos]
    for editor in editors:
        edits = []
        for item, image in zip(photos, images, strict=True):
            progress(f"{editor} {item.photo.name}")
            edits.append((image, engine_.predict(image, editor, headroom).recipe))
        if editor == "darktable":
            twins, _ = darktable_twins(edits, headroom)
        else:
            twins = [lightroom_twins(image, recipe, headroom) for image, recipe in edits]
        found += [
            evaluate_twins(item.photo.name, item.photo.row, editor, item.truth(), pair, headroom)
            for item, pair in zip(photos, twins, strict=True)
        ]
    return found


def shares(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the share of photos, 0 to 1, that reach each figure."""
    results = [item.passed() for item in evaluations]
    return {figure: float(np.mean([result[figure] for result in results])) for figure in results[0]}


def markdown(evaluations: Sequence[Evaluation]) -> str:
    """Return one table per editor; a figure that is not reached stands in bold."""
    lines = []
    for editor in dict.fromkeys(item.editor for item in evaluations):
        mine = [item for item in evaluations if item.editor == editor]
        lines += [
            f"### {editor}",
            "",
            "| photo | headroom error (stops) | grey lift (EV) | black P0.5 | crushed % "
            "| SDR P99.5 | clipped % |",
            "|---|---|---|---|---|---|---|",
            *[_table_row(item) for item in mine],
            "",
            "Reached: "
            + ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares(mine).items())
            + f" of {len(mine)} photos.",
            "",
        ]
    return "\n".join(lines)


def _table_row(item: Evaluation) -> str:
    passed = item.passed()

    def cell(text: str, figure: str) -> str:
        return text if passed[figure] else f"**{text}**"

    white = f"{item.sdr_use.white:.2f}"
    if item.row not in DIFFUSE_WHITE_ROWS:
        white += " (not asked)"
    return " | ".join(
        [
            f"| {item.photo}",
            cell(f"{item.headroom.stops:.2f}", "headroom"),
            cell(f"{item.grey_lift_ev:.3f}", "grey lift"),
            cell(f"{item.black.level:.4f}" + (" (flat)" if item.black.is_flat else ""), "black"),
            cell(f"{100 * item.black.crushed:.2f}", "black"),
            cell(white, "SDR use"),
            cell(f"{100 * item.sdr_use.clipped:.2f}", "SDR use") + " |",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the evaluation and print its tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.evaluate")
    parser.add_argument("--editors", default="lightroom,darktable")
    parser.add_argument("--headroom", type=float, default=2.3)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--set", type=Path, help="folder of an already built test set")
    parser.add_argument("--only", nargs="*", help="names of virtual photos")
    parser.add_argument("--tuning", action="store_true", help="the tuning scenes instead")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        table = TUNING_SET if options.tuning else TEST_SET
        photos = build(options.set or Path(scratch), only=options.only, photos=table)
        print(
            markdown(
                evaluate_test_set(
                    photos,
                    options.editors.split(","),
                    options.headroom,
                    options.engine,
                    lambda name: print(name, file=sys.stderr),
                )
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
