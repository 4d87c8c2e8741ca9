"""Photos made here: a scene of gradients and patches, as a DNG with known pixels."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sidelight.learning.dng import Dng


class Sensor:
    """A made-up RGGB sensor: levels, colour, and mosaics of scenes."""

    black, white = 512, 15871
    color_matrix = np.array([[0.9, -0.3, -0.1], [-0.4, 1.2, 0.2], [-0.1, 0.2, 0.7]])
    neutral = np.array([0.5, 1.0, 0.7])

    def smooth(self, height: int, width: int) -> NDArray[np.float64]:
        """Camera RGB 0..1, shape (H, W, 3), a greyish gradient in both directions."""
        y, x = np.mgrid[0:height, 0:width] / max(height, width)
        level = 0.02 + 0.5 * x + 0.2 * y
        return np.asarray(level[..., None] * self.neutral * [1.0, 1.0, 0.9])

    def mosaic(self, camera: NDArray[np.float64], ceiling: float = 1.0) -> NDArray[np.uint16]:
        """Camera RGB as the sensor stores it; it saturates at `ceiling` of the white level."""
        values = np.empty(camera.shape[:2])
        for (row, column), color in {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}.items():
            values[row::2, column::2] = camera[row::2, column::2, color]
        span = self.white - self.black
        return np.round(self.black + np.minimum(values, ceiling) * span).astype(np.uint16)


@pytest.fixture(scope="session")
def sensor() -> Sensor:
    """The sensor of every photo made here."""
    return Sensor()


def jpeg_bytes(code: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(code).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def write_dng(tmp_path: Path, sensor: Sensor) -> Callable[..., Path]:
    """Write a mosaic as a DNG and return its path; keywords replace fields of the record."""

    def write(mosaic: NDArray[np.uint16], name: str = "photo.dng", **fields: object) -> Path:
        code = np.tile(np.arange(96, dtype=np.uint8)[None, :, None] * 2, (72, 1, 3))
        dng = Dng(
            mosaic=mosaic,
            black=sensor.black,
            white=sensor.white,
            color_matrix=sensor.color_matrix,
            as_shot_neutral=sensor.neutral,
            jpeg=jpeg_bytes(code),
            jpeg_size=(96, 72),
            make="Maker",
            model="Model",
            software="1.0",
            exposure_s=1 / 60,
            f_number=5.6,
            iso=200,
            focal_length_mm=24.0,
            captured="2025:06:01 12:00:00",
        )
        path = tmp_path / name
        path.write_bytes(replace(dng, **fields).to_bytes())  # type: ignore[arg-type]
        return path

    return write
