"""The tone curve and colourfulness of the camera's own JPEG, read off matching places.

The curve says how bright the camera shows a level of the sensor. It is the same for a photo and
for the same view exposed wrongly, which the brightness of the JPEG is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix, luminance
from sidelight.imaging.image import Image
from sidelight.imaging.transfer import srgb_decode

Floats = NDArray[np.float64]

_CELLS = 64
_BIN_EV = 0.5
_LEAST_CELLS = 6
_LEAST_BINS = 3
_SLOPE_BELOW, _SLOPE_ABOVE = 1.2, 0.6
_SAME_SHAPE = 0.12
_FLOOR = 2.0**-12


@dataclass(frozen=True, eq=False)
class CameraTone:
    """How a camera shows tones and colours.

    Attributes:
        raw_ev: Levels of the raw picture, log2(Y / 0.18), rising.
        shown_ev: What its JPEG shows them as, log2(Y / 0.18) display-linear, never falling.
        chroma_gain: How much stronger relative chroma, |RGB - Y| / Y, is in the JPEG than in the
            scene-linear picture, 1 = as strong.
    """

    raw_ev: Floats
    shown_ev: Floats
    chroma_gain: float

    def show(self, ev: NDArray[np.floating]) -> Floats:
        """Return what the camera shows raw levels as, in EV about 0.18."""
        ev = np.asarray(ev, dtype=np.float64)
        shown = np.interp(ev, self.raw_ev, self.shown_ev)
        below = _SLOPE_BELOW * np.minimum(ev - self.raw_ev[0], 0.0)
        above = _SLOPE_ABOVE * np.maximum(ev - self.raw_ev[-1], 0.0)
        return np.asarray(shown + below + above)


@lru_cache(maxsize=1)
def camera_tone(image: Image) -> CameraTone | None:
    """Return the curve of an image's embedded JPEG, or None where no camera's look is in it.

    Medians over cells of equal raw level, so that what little is cropped or straightened in the
    JPEG does not matter. The last answer is kept, since every editor asks in turn.
    """
    preview = image.preview
    if preview is None or not preview.from_camera:
        return None
    shape, shown_shape = image.rgb.shape[:2], preview.rgb.shape[:2]
    if abs(shape[0] * shown_shape[1] / (shape[1] * shown_shape[0]) - 1.0) > _SAME_SHAPE:
        return None
    codes = srgb_decode(np.arange(256, dtype=np.float32) / np.float32(255))
    step = max(max(shown_shape) // 256, 1)
    shown = _grid(apply_matrix(codes[preview.rgb[::step, ::step]], SRGB_TO_REC2020), shape)
    step = max(max(shape) // 384, 1)
    raw = _grid(image.rgb[::step, ::step], shape)
    any_clipped = np.asarray(image.clipped[::step, ::step].any(axis=-1))
    clipped = _grid(any_clipped.astype(np.float32), shape)
    raw_y, shown_y = luminance(raw), luminance(shown)
    usable = (clipped <= 0) & (raw_y > _FLOOR) & (shown.max(axis=-1) < 0.98) & (shown_y > 5e-4)
    usable &= np.isfinite(raw_y)
    ev = np.log2(np.maximum(raw_y[usable], _FLOOR) / 0.18).astype(np.float64)
    ev_shown = np.log2(np.maximum(shown_y[usable], _FLOOR) / 0.18).astype(np.float64)
    levels, medians = _medians(ev, ev_shown)
    if len(levels) < _LEAST_BINS:
        return None
    gain = _chroma_gain(raw[usable], shown[usable], ev)
    return CameraTone(levels, np.maximum.accumulate(medians), gain)


def _grid(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Average over a grid whose proportions are those of `shape`."""
    from PIL import Image as Pillow

    scale = _CELLS / max(shape)
    size = (max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1))
    if values.ndim == 2:
        return np.asarray(Pillow.fromarray(values).resize(size, Pillow.Resampling.BOX))
    planes = [_grid(np.ascontiguousarray(part), shape) for part in np.moveaxis(values, 2, 0)]
    return np.stack(planes, axis=2)


def _medians(ev: Floats, shown: Floats) -> tuple[Floats, Floats]:
    index = np.floor(ev / _BIN_EV).astype(int)
    levels, medians = [], []
    for number in np.unique(index):
        inside = index == number
        if inside.sum() >= _LEAST_CELLS:
            levels.append(float(np.median(ev[inside])))
            medians.append(float(np.median(shown[inside])))
    return np.array(levels), np.array(medians)


def _chroma_gain(raw: NDArray[np.float32], shown: NDArray[np.float32], ev: Floats) -> float:
    """Compare the more colourful half of the mid-tones, by the ratio of summed chroma."""
    middle = np.abs(ev - np.median(ev)) < 2.0
    one, two = _chroma(raw[middle]), _chroma(shown[middle])
    vivid = one >= np.median(one) if len(one) else np.zeros(0, dtype=bool)
    before, after = float(one[vivid].sum()), float(two[vivid].sum())
    return after / before if before > 1e-3 * max(int(vivid.sum()), 1) else 1.0


def _chroma(rgb: NDArray[np.float32]) -> Floats:
    y = np.maximum(luminance(rgb), _FLOOR)[:, None]
    return np.asarray(np.minimum(np.sqrt(((rgb - y) ** 2).sum(axis=1)) / y[:, 0], 3.0))
