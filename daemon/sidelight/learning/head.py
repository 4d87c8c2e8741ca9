"""A head put into a virtual camera's view: a diffuse sphere lit by the panorama."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020
from sidelight.learning.radiance import RadianceMap, View, rotation, sample

FloatImage = NDArray[np.float32]

SKIN: dict[str, tuple[float, float, float]] = {
    "light": (0.54, 0.31, 0.22),
    "dark": (0.17, 0.084, 0.058),
}
"""Diffuse reflectance, linear Rec.709."""

_COARSE = (32, 64)


@dataclass(frozen=True)
class Head:
    """Where a head is and what skin it has.

    Attributes:
        x, y: Centre, as fractions of the picture's width and height.
        radius: As a fraction of the picture's width.
        skin: A key of `SKIN`.
    """

    x: float
    y: float
    radius: float
    skin: str


def put_heads(
    rgb: FloatImage, heads: tuple[Head, ...], radiance: RadianceMap, window: View
) -> tuple[FloatImage, NDArray[np.uint8]]:
    """Return the view with heads in it, and a mask (H, W) with n where the n-th head is.

    Raises:
        ValueError: The map is a flat picture, which says nothing of the light around.
    """
    height, width = rgb.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    if not heads:
        return rgb, mask
    if not radiance.is_panorama:
        raise ValueError("only a panorama can light a head")
    light = irradiance(radiance.rgb)
    out = rgb.copy()
    row, column = np.mgrid[:height, :width] + 0.5
    for number, head in enumerate(heads, 1):
        radius = head.radius * width
        x, y = (column - head.x * width) / radius, (head.y * height - row) / radius
        distance = np.hypot(x, y)
        cover = np.clip((1.0 - distance) * radius + 0.5, 0.0, 1.0)[..., None]
        shrink = np.minimum(1.0, 0.999 / np.maximum(distance, 1e-9))
        x, y = x * shrink, y * shrink
        normal = np.stack([x, y, -np.sqrt(1 - x**2 - y**2)], axis=-1) @ rotation(window).T
        skin = (REC2020_TO_SRGB @ sample(light, normal)[..., None])[..., 0] * SKIN[head.skin]
        out = out + cover * (np.maximum(skin @ SRGB_TO_REC2020.T, 0.0) / np.pi - out)
        mask[cover[..., 0] >= 1.0] = number
    return out.astype(np.float32), mask


def irradiance(panorama: FloatImage) -> FloatImage:
    """Return the irradiance of every surface direction, equirectangular, shape (32, 64, 3).

    The sum over the panorama of radiance x cosine x solid angle; nothing shades the surface.
    """
    height, width = panorama.shape[:2]
    rows, columns = _COARSE
    if height % rows or width % columns:
        raise ValueError("a panorama's sides are multiples of 32 and 64")
    area = np.cos((0.5 - (np.arange(height) + 0.5) / height) * np.pi)
    area = area * (np.pi / height) * (2 * np.pi / width)
    power = panorama.astype(np.float64) * area[:, None, None]
    power = power.reshape(rows, height // rows, columns, width // columns, 3).sum(axis=(1, 3))
    directions = _directions(rows, columns).reshape(-1, 3)
    cosine = np.maximum(directions @ directions.T, 0.0)
    return (cosine @ power.reshape(-1, 3)).reshape(rows, columns, 3).astype(np.float32)


def _directions(rows: int, columns: int) -> NDArray[np.float64]:
    latitude = (0.5 - (np.arange(rows) + 0.5) / rows) * np.pi
    longitude = ((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi
    latitude, longitude = np.meshgrid(latitude, longitude, indexing="ij")
    return np.stack(
        [np.cos(latitude) * np.sin(longitude), np.sin(latitude),
         np.cos(latitude) * np.cos(longitude)], axis=-1
    )  # fmt: skip
