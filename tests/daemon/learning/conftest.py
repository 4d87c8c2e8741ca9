"""A small scene to photograph, without any shared data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sidelight.learning.camera_look import LOOKS
from sidelight.learning.radiance import RadianceMap, View
from sidelight.learning.rendered_scene import RenderedScene
from sidelight.learning.truth import Truth
from sidelight.learning.virtual_camera import Shot
from sidelight.recipe import Recipe


@pytest.fixture(scope="session")
def lut_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a LUT for every film of every look; each darkens a little."""
    folder = tmp_path_factory.mktemp("luts")
    values = ((r, g, b) for b in (0, 0.9) for g in (0, 0.9) for r in (0, 0.9))
    table = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for r, g, b in values)
    for look in LOOKS.values():
        (folder / look.film).write_text(table, encoding="ascii")
    return folder


@pytest.fixture(scope="session")
def patches() -> RadianceMap:
    """A flat picture of 48 even patches, 14 stops apart from end to end, half of them coloured."""
    random = np.random.default_rng(3)
    level = 2.0 ** np.linspace(-8, 6, 48).reshape(6, 8)
    color = 1.0 + 0.5 * random.uniform(-1, 1, (6, 8, 3)) * (np.arange(8)[:, None] % 2)
    small = (level[..., None] * color).astype(np.float32)
    return RadianceMap(np.repeat(np.repeat(small, 64, axis=0), 64, axis=1), is_panorama=False)


@pytest.fixture(scope="session")
def shot() -> Shot:
    """A plain exposure of the whole picture."""
    return Shot(View(crop=(0.0, 0.0, 1.0)), seed=7)


@pytest.fixture(scope="session")
def rendered_scene() -> Callable[..., RenderedScene]:
    """Make a scene of true luminance or RGB; what is not given is the truth itself, within 0..1."""

    def make(true: np.ndarray, row: int = 0, editor: str = "lightroom", **given) -> RenderedScene:
        rgb = true if true.ndim == 3 else np.repeat(true[..., None], 3, axis=2)
        plain = np.clip(rgb, 0.0, 1.0).astype(np.float32)
        truth = Truth(
            rgb=rgb.astype(np.float32),
            camera_from_rgb=np.eye(3),
            balanced_from_rgb=np.eye(3),
            full_well_e=40000.0,
            read_noise_e=3.0,
            heads=given.pop("heads", np.zeros(rgb.shape[:2], np.uint8)),
        )
        values = {
            "headroom": 2.0,
            "recipe": Recipe(),
            "skins": (),
            "as_shot": plain,
            "sdr": plain,
            "hdr": plain,
            "neutrals": (plain,),
            "camera": plain,
        }
        return RenderedScene(photo="p", row=row, editor=editor, truth=truth, **(values | given))

    return make


@pytest.fixture
def truth() -> Truth:
    """A grey ramp of nine stops before a sensor whose channels are the working ones."""
    y = np.exp2(np.linspace(-8, 1, 64 * 48)).reshape(48, 64)
    return Truth(
        rgb=np.repeat(y[..., None], 3, axis=2).astype(np.float32),
        camera_from_rgb=np.eye(3),
        balanced_from_rgb=np.eye(3),
        full_well_e=40000.0,
        read_noise_e=3.0,
        heads=np.zeros((48, 64), dtype=np.uint8),
    )
