"""How far our darktable is from darktable: emulator error and end-to-end error per photo.

Emulator error: our render of darktable's own linear export against darktable's render of our
sidecar, both at full size. End-to-end error: our render of our own decode instead.
`python -m sidelight.learning.emulator_error` measures the test set with random Recipes, or with
Auto's, and writes the tables.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.emulators.guide import guide_peak
from sidelight.engines import load_engine
from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.imaging.image import Image
from sidelight.learning.comparison import Difference, compare_renders
from sidelight.learning.darktable_render import Render, linear_sidecar, render_darktable_batch
from sidelight.learning.random_recipe import recipes_for
from sidelight.learning.test_set import (
    REAL_PHOTO_APART,
    TEST_SET,
    build,
    default_data_root,
    real_photos,
)
from sidelight.learning.twins import recipe_sidecar
from sidelight.recipe import Recipe

RECIPES = 10
"""Random Recipes per photo."""

EMULATOR_MEAN_LIMIT = 1.0
EMULATOR_P95_LIMIT = 3.0
END_TO_END_MEAN_LIMIT = 2.0

_AT_ONCE = 4


@dataclass(frozen=True)
class EmulatorError:
    """Differences of one render, mean ΔE2000 at 128 px with clipped pixels apart.

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
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Figures over the renders (photo x Recipe) of one kind of photo.

    Attributes:
        renders: How many.
        emulator_mean, emulator_p95: Mean and 95th percentile of the renders' emulator errors.
        end_to_end_mean, end_to_end_p95: The same of their end-to-end errors.
    """

    renders: int
    emulator_mean: float
    emulator_p95: float
    end_to_end_mean: float
    end_to_end_p95: float

    def within(self) -> bool:
        """Whether the limits are met."""
        return (
            self.emulator_mean <= EMULATOR_MEAN_LIMIT
            and self.emulator_p95 <= EMULATOR_P95_LIMIT
            and self.end_to_end_mean <= END_TO_END_MEAN_LIMIT
        )


def measure(
    photo: Path, recipes: Sequence[Recipe] | None = None, kind: str = "real"
) -> list[EmulatorError]:
    """Measure one photo with each Recipe, SDR; with Auto's alone when none are given."""
    image = read_photo(photo)
    if recipes is None:
        recipes = [load_engine("auto").predict(image, "darktable").recipe]
    found = []
    for start in range(0, len(recipes), _AT_ONCE):
        some = [replace(recipe, lut=None) for recipe in recipes[start : start + _AT_ONCE]]
        for recipe, (theirs, export) in zip(some, _darktable(image, some), strict=True):
            found.append(_compare(image, recipe, theirs, export, kind))
    return found


def _darktable(image: Image, recipes: Sequence[Recipe]) -> Iterator[tuple[Render, Render]]:
    """Yield darktable's render of each Recipe, and its linear export at its white balance.

    One export cannot stand for all: darktable demosaics and reconstructs highlights after white
    balance.
    """
    jobs = []
    for recipe in recipes:
        multipliers = image.info.white_balance.multipliers(recipe.temperature_mired, recipe.tint)
        jobs.append((image.info.path, recipe_sidecar(image, recipe, 0.0)))
        jobs.append((image.info.path, linear_sidecar(multipliers)))
    renders = render_darktable_batch(jobs)
    yield from zip(renders[::2], renders[1::2], strict=True)


def as_shot_image(image: Image, export: NDArray[np.float32], multipliers: ArrayLike) -> Image:
    """Return darktable's linear export at other multipliers, (3,), as an as-shot image."""
    balance = image.info.white_balance
    gains = balance.multipliers() / np.asarray(multipliers)
    back = np.linalg.solve(
        balance.camera_from_working, gains[:, None] * balance.camera_from_working
    )
    rgb = np.ascontiguousarray(export @ back.T.astype(np.float32))
    return replace(image, rgb=rgb, clipped=_resized(image.clipped, rgb.shape[:2]))


def _compare(
    image: Image, recipe: Recipe, theirs: Render, export: Render, kind: str
) -> EmulatorError:
    emulator = load_emulator("darktable")
    multipliers = image.info.white_balance.multipliers(recipe.temperature_mired, recipe.tint)
    full = as_shot_image(image, export.rgb, multipliers)
    # The mask's exposure is a setting of the sidecar, chosen by the proxy that was edited.
    ours = render(emulator, full, recipe, peak=guide_peak(emulator.guide(image)))
    whole = render(emulator, image, recipe)
    return EmulatorError(
        photo=image.info.path.name,
        kind=kind,
        emulator=compare_renders(ours, theirs.rgb, full.clipped),
        end_to_end=compare_renders(whole, theirs.rgb, image.clipped),
        dropped=theirs.dropped,
    )


def render_in_bands(image: Image, recipe: Recipe) -> NDArray[np.float32]:
    """Return darktable's SDR twin as our emulator renders it."""
    return render(load_emulator("darktable"), image, recipe)


def _resized(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    return mask[np.ix_(rows, columns)]


def measure_test_set(
    folder: Path,
    data_root: Path,
    recipes: int | None = RECIPES,
    only: Collection[str] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> list[EmulatorError]:
    """Measure real photos, the one apart, and the virtual photos built into `folder`.

    Args:
        folder: Where the virtual photos are or go.
        data_root: The shared data folder.
        recipes: Random Recipes per photo; None measures Auto's.
        only: File names to measure, all if None.
        progress: Called with each photo's name before it is measured.

    Raises:
        SidelightError: A name is not in the test set, or the data cannot be read.
    """
    virtual = {f"{photo.name}.dng": photo.name for photo in TEST_SET}
    kinds = {path.name: "real" for path in real_photos(data_root)}
    kinds |= {REAL_PHOTO_APART: "apart"} | dict.fromkeys(virtual, "virtual")
    names = list(kinds) if only is None else list(only)
    if unknown := [name for name in names if name not in kinds]:
        raise SidelightError(f"not in the test set: {', '.join(unknown)}")
    photos = [data_root / "photos" / name for name in names if name not in virtual]
    wanted = [virtual[name] for name in names if name in virtual]
    photos += [item.raw for item in build(folder, data_root, only=wanted)]
    emulator = load_emulator("darktable")
    found = []
    for path in photos:
        progress(path.name)
        drawn = None if recipes is None else recipes_for(path.name, recipes, emulator)
        found += measure(path, drawn, kinds[path.name])
    return found


def summary(errors: Sequence[EmulatorError], kind: str) -> Summary | None:
    """Return the figures of one kind of photo, None if there is none."""
    mine = [error for error in errors if error.kind == kind]
    if not mine:
        return None
    inside = np.array([error.emulator.mean for error in mine])
    whole = np.array([error.end_to_end.mean for error in mine])
    return Summary(
        len(mine),
        float(inside.mean()),
        float(np.percentile(inside, 95)),
        float(whole.mean()),
        float(np.percentile(whole, 95)),
    )


def markdown(errors: Sequence[EmulatorError]) -> str:
    """Return the table per kind with its limits, and the table per photo."""
    lines = [
        "| photos | renders | emulator mean (≤ 1.0) | emulator P95 of renders (≤ 3.0) "
        "| end-to-end mean (≤ 2.0) | end-to-end P95 of renders | within |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in ("real", "virtual", "apart"):
        total = summary(errors, kind)
        if total is not None:
            verdict = "–" if kind == "apart" else "yes" if total.within() else "**no**"
            lines.append(
                f"| {kind} | {total.renders} | {total.emulator_mean:.2f} "
                f"| {total.emulator_p95:.2f} | {total.end_to_end_mean:.2f} "
                f"| {total.end_to_end_p95:.2f} | {verdict} |"
            )
    lines += [
        "",
        "| photo | kind | emulator: mean, worst render | end-to-end: mean, worst render "
        "| clipped pixels: share, end-to-end mean |",
        "|---|---|---|---|---|",
    ]
    for photo in dict.fromkeys(error.photo for error in errors):
        lines.append(_row([error for error in errors if error.photo == photo]))
    return "\n".join(lines)


def _row(errors: Sequence[EmulatorError]) -> str:
    inside = [error.emulator.mean for error in errors]
    whole = [error.end_to_end.mean for error in errors]
    share = float(np.mean([error.end_to_end.clipped_share for error in errors]))
    apart = "–"
    if share > 0:
        mean = float(np.mean([error.end_to_end.clipped_mean for error in errors]))
        apart = f"{100 * share:.1f} %, {mean:.1f}"
    return (
        f"| {errors[0].photo} | {errors[0].kind} | {np.mean(inside):.2f}, {max(inside):.2f} "
        f"| {np.mean(whole):.2f}, {max(whole):.2f} | {apart} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the test set and print its tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.emulator_error")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--recipes", type=int, default=RECIPES, metavar="N", help="random Recipes per photo"
    )
    which.add_argument("--auto", action="store_true", help="Auto's Recipe instead")
    parser.add_argument("--data", type=Path, help="the shared data folder")
    parser.add_argument("--set", type=Path, help="folder of an already built test set")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these files only")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        errors = measure_test_set(
            options.set or Path(scratch),
            options.data or default_data_root(),
            None if options.auto else options.recipes,
            options.only,
            lambda name: print(name, file=sys.stderr),
        )
    print(markdown(errors))
    for error in errors:
        for line in error.dropped:
            print(f"{error.photo}: {line}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
