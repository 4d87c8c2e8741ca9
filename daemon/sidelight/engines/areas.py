"""What lies where in a photo: a coarse map of tiles with what they may show.

Likelihoods, not recognition: skin tones are the colours of wood and sand, too, so nothing is done
for them that would look wrong on wood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sidelight.imaging.color import luminance, rgb_to_lab

Map = NDArray[np.float64]

TILES = 48
"""Tiles along the longer side."""

_SHOWN = 0.18
_SKIN_HUE, _FOLIAGE_HUE, _SKY_HUE = (55.0, 15.0), (125.0, 20.0), (250.0, 30.0)
_CENTRE = 0.33
_CLEARLY = 0.7
_FILLED, _LONGEST = 0.55, 2.2
_SMALLEST, _LARGEST = 0.003, 0.12


@dataclass(frozen=True, eq=False)
class Areas:
    """A photo's tiles, and likelihoods per tile, each 0..1, shape (h, w).

    Attributes:
        rgb: Mean scene-linear colour, shape (h, w, 3).
        whole: Tiles without a clipped pixel, shape (h, w).
        skin: Colours of skin in light of middling strength.
        face: Skin in compact patches of a likely size.
        foliage: Greens.
        sky: Bright, even, high up in the frame, blue or neutral.
        subject: How likely people look there: central, no sky, rather skin, not clipped.
    """

    rgb: NDArray[np.float32]
    whole: NDArray[np.bool_]
    skin: Map
    face: Map
    foliage: Map
    sky: Map
    subject: Map

    def at(
        self, names: Iterable[str], positions: NDArray[np.intp], shape: tuple[int, int]
    ) -> dict[str, Map]:
        """Return maps' values at flat positions of a picture of that shape, by name."""
        rows, columns = self.sky.shape
        down, across = positions // shape[1], positions % shape[1]
        tile = down * rows // shape[0] * columns + across * columns // shape[1]
        return {name: getattr(self, name).ravel()[tile] for name in names}


def areas_of(rgb: NDArray[np.float32], clipped: NDArray[np.bool_], mid_ev: float) -> Areas:
    """Map a photo.

    Args:
        rgb: Scene-linear pixels as shot, shape (H, W, 3).
        clipped: Clipped channels, shape (H, W, 3).
        mid_ev: Level of the mid-tones, log2(Y / 0.18).
    """
    step = max(max(rgb.shape[:2]) // (4 * TILES), 1)
    pixels = rgb[::step, ::step]
    tiles = _tiles(pixels)
    any_clipped = np.asarray(clipped[::step, ::step].any(axis=-1, keepdims=True))
    lost = _tiles(any_clipped.astype(np.float32))[..., 0]
    y = np.maximum(luminance(tiles).astype(np.float64), 2.0**-14)
    ev = np.log2(y / 0.18) - mid_ev
    logs = np.log2(np.maximum(luminance(pixels), np.float32(2.0**-14)))
    uneven = _tiles(np.stack([logs, logs * logs], axis=-1))
    texture = np.sqrt(np.maximum(uneven[..., 1] - uneven[..., 0] ** 2, 0.0)).astype(np.float64)

    # Colour is judged as if every tile were shown at middle brightness.
    lab = rgb_to_lab(tiles * (_SHOWN / y)[..., None])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360.0
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    height, width = y.shape
    down, across = np.meshgrid(
        (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij"
    )
    even = 1.0 / (1.0 + (texture / 0.35) ** 2)
    kept = 1.0 - lost
    skin = _near(hue, _SKIN_HUE) * _between(chroma, 8.0, 45.0) * _between(ev, -3.0, 2.0) * even
    foliage = _near(hue, _FOLIAGE_HUE) * _between(chroma, 8.0, 90.0)
    blue_or_grey = np.maximum(_near(hue, _SKY_HUE), np.clip(1.5 - chroma / 10.0, 0.0, 1.0))
    high = np.clip(1.6 - 2.0 * down, 0.0, 1.0)
    sky = high * even * np.clip(ev / 1.0, 0.0, 1.0) * np.maximum(blue_or_grey, lost)
    centre = np.exp(-0.5 * (((across - 0.5) / _CENTRE) ** 2 + ((down - 0.55) / _CENTRE) ** 2))
    subject = centre * (1.0 - sky) * (0.25 + 0.75 * skin) * kept
    return Areas(tiles, lost <= 0, skin * kept, _faces(skin * kept), foliage * kept, sky, subject)


def _faces(skin: Map) -> Map:
    """Return skin in compact patches of a likely size that do not run out of the frame."""
    labels, count = ndimage.label(skin > _CLEARLY)
    found = np.zeros_like(skin)
    rows, columns = skin.shape
    for number, box in enumerate(ndimage.find_objects(labels, count), 1):
        down, across = box
        height, width = down.stop - down.start, across.stop - across.start
        inside = labels[box] == number
        starts, stops = min(down.start, across.start), (down.stop < rows, across.stop < columns)
        whole = starts > 0 and all(stops)
        compact = inside.mean() >= _FILLED and max(height, width) <= _LONGEST * min(height, width)
        if whole and compact and _SMALLEST <= inside.sum() / skin.size <= _LARGEST:
            found[box] = np.maximum(found[box], inside * skin[box])
    return found


def _tiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average blocks of pixels, channels last; what is left over at the ends is left out."""
    rows, columns = values.shape[:2]
    side = max(-(-max(rows, columns) // TILES), 1)
    height, width = max(rows // side, 1), max(columns // side, 1)
    tall, wide = min(side, rows), min(side, columns)
    whole = values[: height * tall, : width * wide]
    return np.asarray(whole.reshape(height, tall, width, wide, -1).mean(axis=(1, 3)))


def _near(hue: Map, around: tuple[float, float]) -> Map:
    centre, spread = around
    distance = (hue - centre + 180.0) % 360.0 - 180.0
    return np.asarray(np.exp(-0.5 * (distance / spread) ** 2))


def _between(values: Map, low: float, high: float) -> Map:
    """Return 1 inside the range, falling to 0 a quarter of its width outside."""
    edge = 0.25 * (high - low)
    outside = np.maximum(np.maximum(low - values, values - high), 0.0)
    return np.asarray(np.clip(1.0 - outside / edge, 0.0, 1.0))
