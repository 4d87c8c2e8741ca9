"""A raw photo of a camera with a matrix of its own, a chart of greys, and the real program."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture

from sidelight.editors.base import Order
from sidelight.imaging.color import XYZ_TO_REC2020
from sidelight.learning.dng import Dng
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
SRGB_LIKE = np.array([[0.63, 0.33, 0.04], [0.07, 0.92, 0.01], [0.02, 0.09, 0.89]])

NEUTRAL = np.array([0.5, 1.0, 0.65])
BLACK, WHITE = 1024, 65000
PATCH_PX = 64
COMPLAINTS = ("mismatch", "not installed", "missing tags", "[lut3d]", "not used but enabled")

SIDECARS = Path(__file__).parents[3] / "xmp" / "darktable" / "sidecars"


@pytest.fixture
def info(tmp_path: Path) -> PhotoInfo:
    photo = tmp_path / "IMG_1.CR3"
    photo.write_bytes(b"original")
    balance = CameraWhiteBalance(XYZ_TO_CAMERA, np.array([2.1, 1.0, 1.6]), SRGB_LIKE)
    return PhotoInfo(photo, is_raw=True, white_balance=balance)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(tmp_path / "first_versions", "batch")


@pytest.fixture
def sidecar() -> Callable[[str], bytes]:
    """Return one of the sidecars that darktable itself wrote, by name."""
    return lambda name: (SIDECARS / f"{name}.xmp").read_bytes()


@dataclass(frozen=True)
class Greys:
    """A raw photo of grey patches side by side.

    Attributes:
        path: The file.
        values: What each holds, 1 = saturation, shape (N,).
    """

    path: Path
    values: NDArray[np.float64]

    def read(self, picture: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean of each patch's middle, shape (N, 3)."""
        count, inset = len(self.values), PATCH_PX // 4
        blocks = picture[:PATCH_PX, : count * PATCH_PX].reshape(PATCH_PX, count, PATCH_PX, 3)
        return blocks[inset:-inset, :, inset:-inset].mean(axis=(0, 2), dtype=np.float64)


@pytest.fixture
def greys(tmp_path: Path) -> Greys:
    """Twelve greys from -5 EV below 0.18 to just below saturation."""
    wanted = 0.18 * 2.0 ** np.linspace(-5.0, 2.35, 12)
    counts = np.rint(wanted[:, None] * NEUTRAL * (WHITE - BLACK))
    raw = (BLACK + counts).astype(np.uint16).repeat(PATCH_PX, axis=0)
    mosaic = np.empty((PATCH_PX, len(raw)), np.uint16)
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[y::2, x::2] = raw[x::2, channel]
    preview = io.BytesIO()
    Picture.new("RGB", (64, 48)).save(preview, "JPEG")
    dng = Dng(
        mosaic=mosaic,
        black=BLACK,
        white=WHITE,
        color_matrix=NEUTRAL[:, None] * XYZ_TO_REC2020,
        as_shot_neutral=NEUTRAL,
        jpeg=preview.getvalue(),
        jpeg_size=(64, 48),
        make="Sidelight",
        model="Chart",
        software="Sidelight",
        exposure_s=0.01,
        f_number=4.0,
        iso=100,
        focal_length_mm=35.0,
        captured="2024:05:01 12:00:00",
    )
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "IMG_1.dng").write_bytes(dng.to_bytes())
    return Greys(folder / "IMG_1.dng", counts.mean(axis=1) / NEUTRAL.mean() / (WHITE - BLACK))


RunDarktable = Callable[..., Path]


@pytest.fixture
def run_darktable(darktable_cli: str, tmp_path: Path) -> RunDarktable:
    """Render a photo with a sidecar by darktable-cli, which may not complain; return the file.

    All runs of one test share a configuration, and so the styles in it.
    """

    def run(
        photo: Path, sidecar: Path, out: str, *options: object, core: tuple[object, ...] = ()
    ) -> Path:
        result = tmp_path / out
        command = [darktable_cli, photo, sidecar, result, "--hq", "1", *options, "--core"]
        command += ["--configdir", tmp_path / "config", "--cachedir", tmp_path / "cache"]
        command += ["--disable-opencl", "-t", "1", *core]
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0 and result.is_file(), said
        assert not [text for text in COMPLAINTS if text in said], said
        return result

    return run
