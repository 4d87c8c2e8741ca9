"""Photos made here: a scene of gradients and patches, as a DNG with known pixels."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from sidelight.jobs.worker import Limits, WorkerPool
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


def picture() -> NDArray[np.uint8]:
    y, x = np.mgrid[0:96, 0:144] / 144
    bow = 0.5 + 0.4 * np.sin(9 * x + 4 * y)
    return (255 * np.stack([x, bow, y], axis=-1)).astype(np.uint8)


def saved(name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[271], exif[274] = "Maker", 6
    Image.fromarray(picture()).save(file, name, exif=exif, **options)
    return file.getvalue()


def tiff(samples: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric="rgb", **options)
    return file.getvalue()


@pytest.fixture
def small_photos(write_dng: Callable[..., Path], sensor: Sensor) -> dict[str, list[bytes]]:
    """Whole files of 144 x 96 pixels, by extension."""
    deep = picture().astype(np.uint16) * 257
    dng = write_dng(sensor.mosaic(sensor.smooth(96, 144)))
    raw = dng.read_bytes()
    dng.unlink()
    return {
        ".dng": [raw],
        ".jpg": [saved("JPEG"), saved("JPEG", progressive=True)],
        ".tif": [
            tiff(picture(), compression="lzw"),
            tiff(deep, compression="zlib", predictor=True, rowsperstrip=16),
            tiff((deep / 65535).astype(np.float32), tile=(32, 32)),
        ],
        ".png": [saved("PNG"), saved("PNG", icc_profile=bytes(500))],
    }


READER = """
from pathlib import Path
import numpy as np
from sidelight.errors import PhotoError
from sidelight.imaging import read_photo

def read(path):
    image = read_photo(Path(path))
    assert image.rgb.dtype == np.float32 and np.isfinite(image.rgb).all()
    assert max(image.rgb.shape) <= 1024
    return list(image.rgb.shape)

def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))

def growth(path):
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_mib()
    try:
        outcome = read(path)
    except PhotoError as error:
        outcome = str(error)
    return outcome, peak_mib() - before
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """`read` and `growth` of a photo's path, which worker processes can import by name."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "photo_reader.py").write_text(READER, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("photo_reader")
    sys.path.remove(str(folder))
    del sys.modules["photo_reader"]


@pytest.fixture(scope="module")
def decoders() -> Iterator[WorkerPool]:
    """Two worker processes, limited as the daemon's are."""
    with WorkerPool(2, limits=Limits(memory_mib=3072), preload=["sidelight.imaging.raw"]) as pool:
        yield pool
