"""Rendering virtual photos for the scene table: default rendering, both twins, the camera's JPEG.

Lightroom renders by its emulator, darktable by darktable-cli.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines import load_engine
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.rendered_scene import RenderedScene
from sidelight.learning.test_set import BuiltPhoto, VirtualPhoto
from sidelight.learning.twins import fitted, recipe_sidecar
from sidelight.recipe import Recipe

COLOR_ROWS = frozenset({3, 4, 6, 11})
"""Rows whose colour is compared with a neutral render of equal brightness, as skin always is."""

NEUTRAL_EV = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0)

Pixels = NDArray[np.float32]
Jobs = list[tuple[Recipe, float]]


def counterpart_of(photo: VirtualPhoto, table: Sequence[VirtualPhoto]) -> VirtualPhoto:
    """Return the well-exposed photo of the same view and sensor; itself if it is that."""
    view = _view(photo)
    return next(item for item in table if not item.shot.exposure_ev and _view(item) == view)


def render_scenes(
    photos: Sequence[BuiltPhoto],
    images: Sequence[Image],
    editor: str,
    headroom: float,
    engine: str = "auto",
    progress: Callable[[str], None] = lambda name: None,
) -> list[RenderedScene]:
    """Edit photos for one editor and render as shot and both twins, on the pixels of the truth."""
    predictor = load_engine(engine)
    recipes = []
    for item, image in zip(photos, images, strict=True):
        progress(f"{editor} {item.photo.name}")
        recipes.append(predictor.predict(image, editor, headroom).recipe)
    jobs = [
        [(Recipe(exposure_ev=ev), 0.0) for ev in _neutral_exposures(item.photo)]
        + [(recipe, 0.0), (recipe, headroom)]
        for item, recipe in zip(photos, recipes, strict=True)
    ]
    truths = [item.truth() for item in photos]
    render_all = _darktable if editor == "darktable" else _lightroom
    rendered = [
        [fitted(part, truth.heads.shape, max(truth.heads.shape)) for part in parts]
        for parts, truth in zip(render_all(images, jobs), truths, strict=True)
    ]
    table = [item.photo for item in photos]
    scenes = []
    for number, photo in enumerate(table):
        well_exposed = table.index(counterpart_of(photo, table))
        *neutrals, sdr, hdr = rendered[number]
        scenes.append(
            RenderedScene(
                photo=photo.name,
                row=photo.row or photo.like,
                editor=editor,
                headroom=headroom,
                recipe=recipes[number],
                truth=truths[number],
                skins=tuple(head.skin for head in photo.shot.heads),
                as_shot=neutrals[_neutral_exposures(photo).index(0.0)],
                sdr=sdr,
                hdr=hdr,
                neutrals=tuple(rendered[well_exposed][:-2]),
                camera=_camera(images[well_exposed]),
                counterpart=None if well_exposed == number else rendered[well_exposed][-2],
            )
        )
    return scenes


def _neutral_exposures(photo: VirtualPhoto) -> tuple[float, ...]:
    """Return exposures of the editor's default rendering that colour is compared with, in EV."""
    asked = (photo.row or photo.like) in COLOR_ROWS or photo.shot.heads
    return NEUTRAL_EV if asked and not photo.shot.exposure_ev else (0.0,)


def _lightroom(images: Sequence[Image], jobs: Sequence[Jobs]) -> Iterable[list[Pixels]]:
    emulator = load_emulator("lightroom")
    for image, wanted in zip(images, jobs, strict=True):
        guide = emulator.guide(image)
        yield [render(emulator, image, recipe, level, guide) for recipe, level in wanted]


def _darktable(images: Sequence[Image], jobs: Sequence[Jobs]) -> Iterable[list[Pixels]]:
    renders = iter(
        render_darktable_batch(
            [
                (image.info.path, recipe_sidecar(image, recipe, level))
                for image, wanted in zip(images, jobs, strict=True)
                for recipe, level in wanted
            ]
        )
    )
    for wanted in jobs:
        yield [next(renders).rgb for _ in wanted]


def _camera(image: Image) -> Pixels:
    assert image.preview is not None, "every virtual photo has a JPEG"
    return np.asarray(
        apply_matrix(srgb_decode(image.preview.rgb / np.float32(255.0)), SRGB_TO_REC2020),
        dtype=np.float32,
    )


def _view(photo: VirtualPhoto) -> tuple[object, ...]:
    return photo.scene, photo.shot.window, photo.shot.heads, photo.shot.sensor
