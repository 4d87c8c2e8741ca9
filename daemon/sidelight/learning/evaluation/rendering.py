"""Renditions: Recipes by their editor, sidecars by the program that reads them.

Lightroom is our emulator, since the real one cannot be run; darktable is darktable-cli.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.errors import PhotoError, ToolError
from sidelight.imaging.darktable_cli import darktable_cli
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.twins import recipe_sidecar
from sidelight.recipe import Recipe

PROXY_PX = 1024
"""Long side of the proxies that engines see, as in every command, and of the pixels kept."""

SAME_SHAPE = 0.03
"""Largest relative difference of two pictures' proportions."""

LABELS = {"lightroom": "Lightroom (emulated)", "darktable": "darktable"}

Pixels = NDArray[np.float32]
SidecarRender = tuple[Pixels, tuple[str, ...]]


def render_recipe(editor: str, image: Image, recipe: Recipe, headroom: float = 0.0) -> Pixels:
    """Render a Recipe with an editor's emulator: display-linear Rec.2020, shape (H, W, 3)."""
    return render(load_emulator(editor), image, recipe, headroom)


def render_recipes(
    editor: str, edits: Sequence[tuple[Image, Recipe]], headroom: float = 0.0
) -> list[Pixels | str]:
    """Render Recipes as their editor does.

    Args:
        editor: `"lightroom"`, emulated, or `"darktable"`, by darktable-cli.
        edits: Photos with their settings.
        headroom: Stops above SDR white; 0 renders the SDR twin.

    Returns:
        For each, display-linear Rec.2020 of at most 1024 px, or a sentence why there is none.
    """
    if editor != "darktable":
        return [render_recipe(editor, image, recipe, headroom) for image, recipe in edits]
    jobs = [(image.info.path, recipe_sidecar(image, recipe, headroom)) for image, recipe in edits]
    return [found if isinstance(found, str) else found[0] for found in render_sidecars(jobs)]


def render_sidecars(jobs: Sequence[tuple[Path, bytes]]) -> list[SidecarRender | str]:
    """Render photos with sidecars of darktable, by darktable-cli at full size.

    Returns:
        For each, the pixels averaged to at most 1024 px and the lines that tell of an entry that
        took no part; or a sentence why there are none.
    """
    if not jobs:
        return []
    try:
        renders = render_darktable_batch(jobs)
    except ToolError as error:
        # One photo that fails takes the others of its run with it.
        return [str(error)] if len(jobs) == 1 else [render_sidecars([job])[0] for job in jobs]
    return [(box_average(item.rgb, PROXY_PX), item.dropped) for item in renders]


def check_renderer(editor: str) -> None:
    """Check that what renders an editor's Recipes is there.

    Raises:
        ToolError: It is darktable's, and darktable-cli is not installed.
    """
    if editor == "darktable":
        darktable_cli()


def check_framing(rgb: Pixels, image_rgb: Pixels) -> None:
    """Check that two pictures have the same proportions.

    Raises:
        PhotoError: They do not show the same framing.
    """
    height, width = rgb.shape[:2]
    rows, columns = image_rgb.shape[:2]
    if abs(columns * height / (rows * width) - 1.0) > SAME_SHAPE:
        raise PhotoError("it does not show the same framing (cropped or turned)")
