"""A chart of known colors as a raw file, to see what a program makes of each.

It is a Bayer DNG whose camera is Rec.2020 itself, so balanced camera RGB is working RGB and every
patch is known exactly.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import XYZ_TO_REC2020
from sidelight.imaging.image import Image
from sidelight.learning.dng import Dng
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

Pixels = NDArray[np.float32]
Patches = NDArray[np.float64]

NEUTRAL = np.array([0.5, 1.0, 0.65])
"""What the camera sees of a neutral, by channel."""

PATCH_PX = 48
COLUMNS = 12
GREYS = 24

_BLACK, _WHITE = 1024, 65000
_MARGIN_PX = 14
_BRIGHTEST = 0.98
_JPEG_SIZE = (64, 48)


@dataclass(frozen=True, eq=False)
class Chart:
    """The chart as a file and as numbers.

    Attributes:
        path: The DNG.
        rgb: What each patch holds, linear Rec.2020 at as-shot white balance, shape (96, 3).
        grey: Which patches are grey; they come first.
        image: The whole chart as decoded without error, shape (H, W, 3).
    """

    path: Path
    rgb: Patches
    grey: NDArray[np.bool_]
    image: Image

    @property
    def white_balance(self) -> CameraWhiteBalance:
        """The camera's."""
        balance = self.image.info.white_balance
        assert isinstance(balance, CameraWhiteBalance)
        return balance

    def unclipped(self, mired: float = 0.0, tint: float = 0.0) -> NDArray[np.bool_]:
        """Return which patches stay below the sensor's limit at a shift of white balance."""
        camera = self.rgb @ self.white_balance.matrix(mired, tint).T
        limit = self.white_balance.multipliers(mired, tint).min()
        return np.asarray(camera.max(axis=1) < 0.97 * limit)


def patches() -> tuple[Patches, NDArray[np.bool_]]:
    """Return 24 greys from -9 to +2.4 EV of 0.18 and 72 colors from pale to spectral."""
    greys = 0.18 * 2.0 ** np.linspace(-9.0, 2.4, GREYS)
    rng = np.random.default_rng(20)
    hue = np.eye(3)[np.arange(72) % 3] * 1.0 + np.roll(np.eye(3), 1, 0)[np.arange(72) % 3] * (
        rng.uniform(0, 1, (72, 1))
    )
    purity = np.tile([0.15, 0.4, 0.7, 0.9, 0.97, 1.0], 12)[:, None]
    level = 0.18 * 2.0 ** rng.uniform(-6.0, 2.0, (72, 1))
    colors = level * (purity * hue + (1.0 - purity))
    rgb = np.concatenate([np.repeat(greys[:, None], 3, 1), colors])
    # Whole counts of the file, so that the numbers below are exactly what it holds.
    counts = np.rint(np.minimum(rgb, _BRIGHTEST) * NEUTRAL * (_WHITE - _BLACK))
    return counts / (_WHITE - _BLACK) / NEUTRAL, np.arange(len(rgb)) < GREYS


def patch_means(picture: Pixels) -> Patches:
    """Return the mean of each patch's inner part, shape (96, 3)."""
    rows = picture.shape[0] // PATCH_PX
    blocks = picture[: rows * PATCH_PX, : COLUMNS * PATCH_PX].reshape(
        rows, PATCH_PX, COLUMNS, PATCH_PX, 3
    )
    inner = blocks[:, _MARGIN_PX:-_MARGIN_PX, :, _MARGIN_PX:-_MARGIN_PX].astype(np.float64)
    return np.asarray(inner.mean(axis=(1, 3)).reshape(-1, 3))


def write_chart(path: Path) -> Chart:
    """Write the chart as a DNG."""
    from PIL import Image as Picture

    rgb, grey = patches()
    raw = _BLACK + np.rint(_spread(rgb) * NEUTRAL * (_WHITE - _BLACK))
    mosaic = np.empty(raw.shape[:2], dtype=np.uint16)
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[y::2, x::2] = raw[y::2, x::2, channel]
    buffer = io.BytesIO()
    Picture.new("RGB", _JPEG_SIZE).save(buffer, "JPEG")
    matrix = NEUTRAL[:, None] * XYZ_TO_REC2020
    dng = Dng(
        mosaic=mosaic,
        black=_BLACK,
        white=_WHITE,
        color_matrix=matrix,
        as_shot_neutral=NEUTRAL,
        jpeg=buffer.getvalue(),
        jpeg_size=_JPEG_SIZE,
        make="Sidelight",
        model="Chart",
        software="Sidelight",
        exposure_s=0.01,
        f_number=4.0,
        iso=100,
        focal_length_mm=35.0,
        captured="2024:05:01 12:00:00",
    )
    path.write_bytes(dng.to_bytes())
    picture = _spread(rgb).astype(np.float32)
    info = PhotoInfo(path, True, CameraWhiteBalance.from_color_matrix(matrix, 1.0 / NEUTRAL))
    return Chart(path, rgb, grey, Image(picture, np.zeros(picture.shape, dtype=bool), info))


def _spread(values: Patches) -> Patches:
    grid = values.reshape(-1, COLUMNS, 3)
    return grid.repeat(PATCH_PX, axis=0).repeat(PATCH_PX, axis=1)
