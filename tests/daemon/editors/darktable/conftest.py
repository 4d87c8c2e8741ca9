"""A raw photo of a camera with a matrix of its own, and where its first versions go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
SRGB_LIKE = np.array([[0.63, 0.33, 0.04], [0.07, 0.92, 0.01], [0.02, 0.09, 0.89]])


@pytest.fixture
def info(tmp_path: Path) -> PhotoInfo:
    photo = tmp_path / "IMG_1.CR3"
    photo.write_bytes(b"original")
    balance = CameraWhiteBalance(XYZ_TO_CAMERA, np.array([2.1, 1.0, 1.6]), SRGB_LIKE)
    return PhotoInfo(photo, is_raw=True, white_balance=balance)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(tmp_path / "first_versions", "batch")
