"""How far our darktable is from darktable: emulator error and end-to-end error per photo.

Emulator error: our render of darktable's own linear export against darktable's render of our
sidecar, both at full size. End-to-end error: our render of our own decode instead.
`python -m sidelight.learning.emulator_error` edits the test set with Auto and writes the table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import context_of, run
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.image import Image
from sidelight.learning.comparison import Difference, compare_renders
from sidelight.learning.darktable_render import linear_sidecar, render_darktable
from sidelight.learning.evaluate import recipe_sidecar
from sidelight.learning.test_set import (
    REAL_PHOTO_APART,
    build,
    default_data_root,
    real_photos,
)
from sidelight.recipe import Recipe

_BAND = 1 << 18


@dataclass(frozen=True)
class EmulatorError:
    """Differences of one photo, mean ΔE2000 at 128 px with clipped pixels apart.

    Attributes:
        photo: Its name.
        kind: `"real"`, `"apart"` or `"virtual"`.
        emulator: Our render of darktable's linear export against darktable's render.
        end_to_end: Our render of our own decode against darktable's render.
        dropped: Lines of darktable that tell of a dropped entry.
    """

    photo: str
    kind: str
    emulator: Difference
    end_to_end: Difference
    dropped: tuple[str, ...]


def measure(photo: Path, recipe: Recipe | None = None, kind: str = "real") -> EmulatorError:
    """Measure one photo; Auto's Recipe when none is given."""
    image = read_photo(photo)
    if recipe is None:
        recipe = load_engine("auto").predict(image, "darktable").recipe
    recipe = replace(recipe, lut=None)
    theirs = render_darktable(photo, recipe_sidecar(image, recipe, 0.0))
    multipliers = image.info.white_balance.multipliers(recipe.temperature_mired, recipe.tint)
    export = render_darktable(photo, linear_sidecar(multipliers))
    back = np.linalg.inv(image.info.white_balance.matrix(recipe.temperature_mired, recipe.tint))
    as_shot = np.ascontiguousarray(export.rgb @ back.T.astype(np.float32))
    full = replace(image, rgb=as_shot, clipped=np.zeros(as_shot.shape, dtype=bool))
    clipped = np.asarray(image.clipped.any(axis=-1))
    return EmulatorError(
        photo=photo.stem,
        kind=kind,
        emulator=compare_renders(
            render_in_bands(full, recipe), theirs.rgb, _resized(clipped, as_shot.shape[:2])
        ),
        end_to_end=compare_renders(render_in_bands(image, recipe), theirs.rgb, clipped),
        dropped=theirs.dropped,
    )


def render_in_bands(
    image: Image, recipe: Recipe, headroom: float = 0.0, editor: str = "darktable"
) -> NDArray[np.float32]:
    """Render a photo of any size without holding every stage of it in memory."""
    emulator = load_emulator(editor)
    flat = image.rgb.reshape(-1, 3)
    context = context_of(image, recipe, headroom, emulator.guide(image).reshape(-1))
    theta = recipe.to_vector().astype(np.float32)
    out = np.empty_like(flat)
    for start in range(0, len(flat), _BAND):
        part = slice(start, start + _BAND)
        out[part] = run(emulator.stages(context.take(part)), flat[part], theta)
    return out.reshape(image.rgb.shape)


def _resized(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    return mask[np.ix_(rows, columns)]


def measure_test_set(
    folder: Path,
    data_root: Path,
    progress: Callable[[str], None] = lambda name: None,
) -> list[EmulatorError]:
    """Measure real photos, the one apart, and the virtual photos built into `folder`."""
    photos = [(path, "real") for path in real_photos(data_root)]
    photos.append((data_root / "photos" / REAL_PHOTO_APART, "apart"))
    photos += [(item.raw, "virtual") for item in build(folder, data_root)]
    found = []
    for path, kind in photos:
        progress(path.name)
        found.append(measure(path, kind=kind))
    return found


def means(errors: Sequence[EmulatorError], kind: str) -> tuple[float, float]:
    """Return the mean emulator and end-to-end error of one kind of photo."""
    mine = [error for error in errors if error.kind == kind]
    return (
        float(np.mean([error.emulator.mean for error in mine])),
        float(np.mean([error.end_to_end.mean for error in mine])),
    )


def markdown(errors: Sequence[EmulatorError]) -> str:
    """Return the table per photo and the means per kind."""
    lines = [
        "| photo | kind | emulator mean | emulator P95 | end-to-end mean | end-to-end P95 "
        "| clipped pixels: share, end-to-end mean |",
        "|---|---|---|---|---|---|---|",
    ]
    for error in errors:
        inside, whole = error.emulator, error.end_to_end
        apart = "–"
        if whole.clipped_share > 0:
            apart = f"{100 * whole.clipped_share:.1f} %, {whole.clipped_mean:.1f}"
        lines.append(
            f"| {error.photo} | {error.kind} | {inside.mean:.2f} | {inside.p95:.2f} "
            f"| {whole.mean:.2f} | {whole.p95:.2f} | {apart} |"
        )
    for kind in ("real", "virtual"):
        emulator, end_to_end = means(errors, kind)
        lines.append(f"| **mean of {kind}** | | **{emulator:.2f}** | | **{end_to_end:.2f}** | | |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the test set and print its table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.emulator_error")
    parser.add_argument("--data", type=Path, help="the shared data folder")
    parser.add_argument("--set", type=Path, help="folder of an already built test set")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        errors = measure_test_set(
            options.set or Path(scratch),
            options.data or default_data_root(),
            lambda name: print(name, file=sys.stderr),
        )
    print(markdown(errors))
    for error in errors:
        for line in error.dropped:
            print(f"{error.photo}: {line}", file=sys.stderr)
    return 1 if any(error.dropped for error in errors) else 0


if __name__ == "__main__":
    sys.exit(main())
