"""Scenes with the tones of photographs, without any file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from sidelight.imaging.image import Image
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
DAYLIGHT = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])

ImageOf = Callable[..., Image]


@pytest.fixture(scope="session")
def image_of() -> ImageOf:
    """Makes an Image of pixels; keywords are those of PhotoInfo."""

    def make(rgb: ArrayLike, clipped: ArrayLike | None = None, **info: Any) -> Image:
        pixels = np.asarray(rgb, dtype=np.float32)
        mask = np.zeros(pixels.shape, dtype=bool)
        if clipped is not None:
            mask |= np.asarray(clipped, dtype=bool)
        about = PhotoInfo(Path("a.dng"), is_raw=True, white_balance=DAYLIGHT)
        return Image(pixels, mask, replace(about, **info))

    return make


@pytest.fixture(scope="session")
def landscape(image_of: ImageOf) -> Image:
    """Dark ground under a bright sky with a sun: 12 stops, 96 by 144 pixels."""
    random = np.random.default_rng(8)
    rows = np.linspace(0, 1, 96)[:, None, None]
    level = np.where(rows < 0.45, -0.3 + rows, -3.0 - 4.0 * (rows - 0.45))
    level = level + random.normal(0, 0.7, (96, 144, 1))
    level[6:12, 20:26] = 3.0
    color = np.where(rows < 0.45, [0.8, 1.0, 1.35], [1.1, 1.0, 0.6])
    rgb = 2.0**level * color * np.exp(random.normal(0, 0.1, (96, 144, 3)))
    return image_of(rgb)


@pytest.fixture(scope="session")
def interior(image_of: ImageOf) -> Image:
    """A dim room with a window on one side, four stops brighter."""
    random = np.random.default_rng(9)
    level = random.normal(-4.0, 1.0, (96, 144, 1))
    level[20:60, 110:136] += 5.0
    rgb = 2.0**level * np.exp(random.normal(0, 0.2, (96, 144, 3))) * [1.2, 1.0, 0.7]
    return image_of(rgb)
