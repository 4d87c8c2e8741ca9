"""Photos of one made-up scene as series see them, with known exposure, light and framing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from sidelight.engines.series_member import Member, summarise
from sidelight.imaging.image import Image
from sidelight.recipe import CameraWhiteBalance, PhotoInfo

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
BALANCE = (2.1, 1.0, 1.6)
HEIGHT, WIDTH = 96, 144
EXPOSURE_S = 1 / 125


def scene(number: int = 0) -> np.ndarray:
    """Return raw camera RGB of a scene larger than any photo of it, 1.0 = saturation of green."""
    random = np.random.default_rng(number)
    size = (HEIGHT + 80, WIDTH + 80)
    level = sum(
        weight * gaussian_filter(random.normal(0, 1, size), sigma) * sigma
        for sigma, weight in ((24, 2.0), (8, 1.5), (2, 0.7))
    )
    color = np.stack(
        [gaussian_filter(random.normal(0, 1, size), 12) * 3 for _ in range(3)], axis=-1
    )
    return 2.0 ** (level[..., None] - 3.5 + color) / np.array(BALANCE)


SCENES = {number: scene(number) for number in range(2)}


def image(
    *,
    number: int = 0,
    shift: tuple[int, int] = (0, 0),
    stops: float = 0.0,
    light: tuple[float, float, float] = (0.0, 0.0, 0.0),
    balance: tuple[float, float, float] = BALANCE,
    after_s: int = 0,
    seed: int = 0,
    **info: Any,
) -> Image:
    """Return a photo.

    Args:
        number: Of the scene.
        shift: Rows and columns by which the framing moved.
        stops: What the camera's exposure changed; the EXIF says so.
        light: What the light changed in red, green and blue, in EV; the EXIF knows nothing of it.
        balance: As-shot multipliers.
        after_s: Seconds after the first photo.
        seed: Of the noise.
        info: Fields of PhotoInfo.
    """
    top, left = 40 + shift[0], 40 + shift[1]
    raw = SCENES[number][top : top + HEIGHT, left : left + WIDTH] * 2.0 ** (np.array(light) + stops)
    raw = raw * np.exp(np.random.default_rng(seed).normal(0, 0.01, raw.shape))
    clipped = raw >= 1.0
    white_balance = CameraWhiteBalance.from_color_matrix(XYZ_TO_CAMERA, balance)
    rgb = (np.minimum(raw, 1.0) * white_balance.as_shot) @ white_balance.camera_to_working.T
    minutes, seconds = divmod(after_s, 60)
    about = PhotoInfo(
        Path("a.dng"),
        is_raw=True,
        white_balance=white_balance,
        make="Maker",
        model="One",
        exposure_s=EXPOSURE_S * 2.0**stops,
        f_number=4.0,
        iso=100,
        captured=f"2025:06:01 12:{minutes:02d}:{seconds:02d}",
    )
    return Image(rgb.astype(np.float32), clipped, replace(about, **info))


def member(name: str, **photo: Any) -> Member:
    """Return a photo as its series sees it; keywords are those of `image`."""
    return summarise(image(**photo), name)
