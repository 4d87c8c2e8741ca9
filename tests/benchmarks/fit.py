"""Speed and convergence of `fit` on random Recipes, and its ratio to Adam through torch."""

from __future__ import annotations

import report  # isort: skip

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Context, Emulator, context_of, run
from sidelight.emulators.fit import fit_two_steps, psnr_db
from sidelight.emulators.sample import stratified_pixels
from sidelight.emulators.slope import keep_rising
from sidelight.imaging import read_photo
from sidelight.imaging.image import Image
from sidelight.learning import test_set
from sidelight.learning.random_recipe import SEED, random_recipes, rises
from sidelight.recipe import Hdr, PhotoInfo, Recipe
from sidelight.recipe.fields import VECTOR_SIZE
from sidelight.recipe.white_balance import RelativeWhiteBalance

PIXELS = 1000
HEADROOMS = {"sdr": 0.0, "hdr": 2.3}
ADAM_STEPS = 800
ADAM_SIZE_PX = 256
SCENES = ("virtual_01", "virtual_05", "virtual_06", "virtual_10", "virtual_11", "virtual_12_b")

Pixels = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Case:
    """One pair: pixels, what a known Recipe made of them, and as many held back."""

    context: Context
    held_context: Context
    rgb: Pixels
    held: Pixels
    target: Pixels
    held_target: Pixels
    recipe: Recipe


def photos(quick: bool) -> tuple[str, list[Image]]:
    """Return where the pixels come from, and the photos."""
    if not report.DATA.is_dir():
        return "synthetic log-normal", [_synthetic(seed) for seed in range(3)]
    names = SCENES[:2] if quick else SCENES
    built = test_set.build(report.PHOTOS, report.DATA, only=names)
    paths = [photo.raw for photo in built]
    if not quick:
        paths += [report.DATA / "photos" / name for name in test_set.REAL_PHOTOS[:3]]
    return ", ".join(path.stem for path in paths), [read_photo(path) for path in paths]


def _synthetic(seed: int) -> Image:
    random = np.random.default_rng(seed)
    level = 2.0 ** random.normal(-3.0, 2.0, (256, 384, 1))
    rgb = (level * np.exp(random.normal(0, 0.2, (256, 384, 3)))).astype(np.float32)
    info = PhotoInfo(Path("synthetic"), False, RelativeWhiteBalance(), "none")
    return Image(rgb, np.zeros(rgb.shape, dtype=bool), info)


def cases(
    emulator: Emulator, images: Sequence[Image], recipes: Sequence[Recipe], headroom: float
) -> Iterator[Case]:
    """Yield a pair for every Recipe, the photos taking turns."""
    guides = [emulator.guide(image).reshape(-1) for image in images]
    for number, drawn in enumerate(recipes):
        which = number % len(images)
        image, guide = images[which], guides[which]
        recipe = replace(drawn, hdr=Hdr(headroom > 0, headroom or 2.3))
        usable = np.asarray(~image.clipped.any(axis=-1))
        index = stratified_pixels(image.rgb, 2 * PIXELS, usable=usable, seed=number)
        context = context_of(image, recipe, headroom, guide)
        theta = recipe.to_vector().astype(np.float32)
        sides = []
        for part in (index[::2], index[1::2]):
            bound, rgb = context.take(part), image.rgb.reshape(-1, 3)[part]
            sides.append((bound, rgb, run(emulator.stages(bound), rgb, theta)))
        (fitted, rgb, target), (held, held_rgb, held_target) = sides
        yield Case(fitted, held, rgb, held_rgb, target, held_target, recipe)


def measure(emulator: Emulator, pairs: Sequence[Case]) -> dict[str, Any]:
    """Return milliseconds and held-back PSNR over the pairs."""
    fit_two_steps(emulator, pairs[0].context, pairs[0].rgb, pairs[0].target)
    wall, cpu, psnr = [], [], []
    for case in pairs:
        started, process = time.perf_counter(), time.process_time()
        solutions = fit_two_steps(emulator, case.context, case.rgb, case.target)
        wall.append(1e3 * (time.perf_counter() - started))
        cpu.append(1e3 * (time.process_time() - process))
        stages = emulator.stages(case.held_context)
        found = [
            case.recipe.with_vector(keep_rising(emulator, solution.theta)).to_vector()
            for solution in solutions
        ]
        psnr.append(
            max(
                psnr_db(run(stages, case.held, theta.astype(np.float32)), case.held_target)
                for theta in found
            )
        )
    return {
        "milliseconds_wall": report.summary(wall),
        "milliseconds_process": report.summary(cpu),
        "psnr_db": report.summary(psnr),
    }


def adam_seconds(
    emulator: Emulator, image: Image, recipe: Recipe, headroom: float, steps: int
) -> dict[str, Any] | None:
    """Return the time of 800 Adam steps on a 256-px image, scaled from `steps`; None untested."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    small = _reduced(image)
    guide = torch.from_numpy(emulator.guide(small).reshape(-1).copy())
    recipe = replace(recipe, hdr=Hdr(headroom > 0, headroom or 2.3))
    stages = emulator.stages(context_of(small, recipe, headroom, guide))
    rgb = torch.from_numpy(np.ascontiguousarray(small.rgb.reshape(-1, 3)))

    def coded(theta: Any) -> Any:
        return torch.log2(1 + 63 * run(stages, rgb, theta).clamp(min=0)) / 6

    with torch.no_grad():
        target = coded(torch.from_numpy(recipe.to_vector().astype(np.float32)))
    theta = torch.zeros(VECTOR_SIZE, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.05)
    times = []
    for _ in range(steps + 3):
        started = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.mean((coded(theta) - target) ** 2)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            theta.clamp_(-1.0, 1.0)
        times.append(time.perf_counter() - started)
    finite = bool(torch.isfinite(theta).all())
    step = report.summary(times[3:])
    return {
        "pixels": len(rgb),
        "steps_measured": steps,
        "milliseconds_per_step": {**step, **{k: 1e3 * step[k] for k in ("median", "p5", "p95")}},
        "seconds_800_steps_scaled": ADAM_STEPS * step["median"],
        "settings_finite": finite,
    }


def _reduced(image: Image) -> Image:
    """Return the image at 256 px, averaged over whole blocks in linear light."""
    block = max(round(max(image.rgb.shape[:2]) / ADAM_SIZE_PX), 1)
    rows, columns = (side // block for side in image.rgb.shape[:2])
    cut = image.rgb[: rows * block, : columns * block]
    rgb = cut.reshape(rows, block, columns, block, 3).mean(axis=(1, 3))
    return replace(image, rgb=rgb.astype(np.float32), clipped=np.zeros(rgb.shape, dtype=bool))


def main() -> None:
    options = report.arguments(__doc__ or "")
    source, images = photos(options.quick)
    count = 10 if options.quick else 100
    figures: dict[str, Any] = {"pixels": PIXELS, "seed": SEED, "recipes": count, "photos": source}
    for name in EMULATORS:
        emulator = load_emulator(name)
        recipes = random_recipes(count, SEED, accept=rises(emulator))
        for mode, headroom in HEADROOMS.items():
            found = measure(emulator, list(cases(emulator, images, recipes, headroom)))
            steps = 5 if options.quick else 40
            adam = adam_seconds(emulator, images[0], recipes[0], headroom, steps)
            if adam is None:
                found["adam"] = "skipped: torch is not installed"
            else:
                ours = found["milliseconds_wall"]["median"] / 1e3
                found["adam"] = adam
                found["times_faster_than_adam"] = adam["seconds_800_steps_scaled"] / ours
            figures[f"{name} {mode}"] = found
    report.write("fit", figures, options)


if __name__ == "__main__":
    main()
