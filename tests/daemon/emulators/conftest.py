"""A scene with the tones and colours of a photograph, without any file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging.image import Image
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])


@pytest.fixture(scope="session")
def white_balance() -> CameraWhiteBalance:
    """As shot in about 5100 K."""
    return CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, [2.1, 1.0, 1.6])


@pytest.fixture(scope="session")
def photo(white_balance: CameraWhiteBalance) -> Image:
    """Ten stops of patches and texture, 96 by 144 pixels, up to three times saturation."""
    random = np.random.default_rng(11)
    level = 2.0 ** random.uniform(-8.5, 1.0, (12, 18, 1))
    color = np.exp(random.normal(0.0, 0.25, (12, 18, 3)))
    patches = np.repeat(np.repeat(level * color, 8, axis=0), 8, axis=1)
    rgb = patches * np.exp(random.normal(0.0, 0.08, patches.shape))
    info = PhotoInfo(Path("a.dng"), is_raw=True, white_balance=white_balance)
    return Image(rgb.astype(np.float32), np.zeros(rgb.shape, dtype=bool), info)
