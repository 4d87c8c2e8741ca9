"""Scenes with the tones of photographs, without any file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import REC2020_TO_SRGB
from sidelight.imaging.image import Image, Preview
from sidelight.imaging.transfer import srgb_encode
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
DAYLIGHT = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])

ImageOf = Callable[..., Image]
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


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


@pytest.fixture(scope="session")
def portrait(image_of: ImageOf) -> Image:
    """A face in the shade under a bright blue sky."""
    random = np.random.default_rng(10)
    rows, columns = np.ogrid[:96, :144]
    rgb = 0.12 * 2.0 ** random.normal(0, 1.2, (96, 144, 1)) * np.array([1.0, 1.0, 0.9])
    rgb[:30] = 2.0 ** random.normal(-0.4, 0.2, (30, 144, 1)) * np.array([0.85, 1.0, 1.35])
    rgb[(rows - 56) ** 2 + (columns - 72) ** 2 < 200] = [0.051, 0.038, 0.025]
    return image_of(rgb * np.exp(random.normal(0, 0.03, (96, 144, 3))))


@pytest.fixture(scope="session")
def camera_curve() -> Callable[[ArrayLike], NDArray[np.float64]]:
    """What a camera shows levels of its sensor as, in EV: 0 as +0.35, then a shoulder."""

    def show(ev: ArrayLike) -> NDArray[np.float64]:
        light = 0.18 * 2.0 ** np.asarray(ev, dtype=np.float64)
        shown = 1.0 - np.exp(-((light / 0.18) ** 1.15) * 0.2609)
        return np.log2(np.maximum(shown, 2.0**-14) / 0.18)

    return show


@pytest.fixture(scope="session")
def camera_jpeg(camera_curve: Callable[..., NDArray[np.float64]]) -> Callable[..., Preview]:
    """Makes the JPEG that this camera makes of raw pixels, with so much of their chroma."""

    def make(rgb: ArrayLike, chroma: float = 1.0) -> Preview:
        pixels = np.asarray(rgb, dtype=np.float64)
        y = np.maximum(pixels @ LUMINANCE, 2.0**-14)[..., None]
        shown = 0.18 * 2.0 ** camera_curve(np.log2(y / 0.18))
        light = shown * (1.0 + chroma * (pixels / y - 1.0))
        codes = 255 * srgb_encode(np.clip(light @ REC2020_TO_SRGB.T, 0.0, 1.0))
        return Preview(np.rint(codes).astype(np.uint8), True, "this test made it")

    return make
