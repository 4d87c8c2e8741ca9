"""What Auto knows of a photo before it solves: tones, groups of pixels, light and key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import SRGB_TO_XYZ, luminance
from sidelight.imaging.image import Image

Index = NDArray[np.intp]

_FLOOR = 2.0**-14
# Percentile windows of input luminance whose pixels stand for a tone.
_WINDOWS = {
    "deepest": (0.25, 0.75),
    "shadows": (2.0, 12.0),
    "lower_mids": (22.0, 38.0),
    "upper_mids": (62.0, 78.0),
    "bright": (94.0, 96.0),
    "p99": (98.7, 99.3),
    "p995": (99.35, 99.65),
    "p999": (99.85, 99.95),
}
_GROUP_SIZE = 32
_MIDS_SIZE = 96
_SEEN = 200_000


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo reduced to what the objective reads.

    Attributes:
        index: Flat positions of the sampled pixels in the image, shape (N,).
        rgb: Those pixels, shape (N, 3).
        groups: Name of a tone → positions within the sample.
        ev: log2(Y / 0.18) of each sampled pixel before any edit.
        percentile_ev: Percentile of Y → its EV over the whole image.
        clipped_share: Share of pixels with all channels clipped in the raw.
        clipped: Which sampled pixels have a clipped channel, shape (N,).
        light_ev: Absolute level of the mid-tones as an exposure value (12 ≈ overcast day, 3 ≈ a
            lit street at night), or None without exposure data.
        jpeg_mid_ev: log2(Y / 0.18) of the camera JPEG's median, or None without one.
    """

    index: Index
    rgb: NDArray[np.float32]
    groups: dict[str, Index]
    ev: NDArray[np.float64]
    percentile_ev: dict[float, float]
    clipped_share: float
    clipped: NDArray[np.bool_]
    light_ev: float | None
    jpeg_mid_ev: float | None

    @property
    def mid_ev(self) -> float:
        """Mean input EV of the mid-tones, the 25th to 75th percentile."""
        return float(self.ev[self.groups["mids"]].mean())

    def is_clipped(self, group: str) -> bool:
        """Whether most pixels of a group have a clipped channel in the raw."""
        return bool(self.clipped[self.groups[group]].mean() > 0.5)

    def rise_ev(self, group: str) -> float:
        """How far a group lies above the mid-tones before any edit, in EV."""
        return float(self.ev[self.groups[group]].mean()) - self.mid_ev


@lru_cache(maxsize=1)
def analyse(image: Image, seed: int = 0) -> Scene:
    """Reduce an image to a Scene; the same image and seed give the same answer.

    The last answer is kept, since every editor asks about the same photo in turn.
    """
    rng = np.random.default_rng(seed)
    seen = _some(rng, image.rgb.shape[0] * image.rgb.shape[1])
    flat = image.rgb.reshape(-1, 3)[seen]
    clipped = image.clipped.reshape(-1, 3)[seen]
    every, some = _all_and_any(clipped)
    # Where all channels are clipped the raw says "at least this much".
    least = np.float32(np.max(image.info.white_balance.multipliers()))
    y = luminance(flat)
    y = np.where(every, np.maximum(y, least), y)
    ev = np.log2(np.maximum(y, _FLOOR) / np.float32(0.18))
    levels = (0.5, 1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9)
    edges = sorted({p for window in _WINDOWS.values() for p in window} | set(levels))
    values = dict(zip(edges, np.percentile(ev, edges), strict=True))

    chosen: dict[str, Index] = {
        name: _draw(rng, ev, values[low], values[high], _GROUP_SIZE)
        for name, (low, high) in _WINDOWS.items()
    }
    chosen["mids"] = _draw(rng, ev, values[25.0], values[75.0], _MIDS_SIZE)
    chosen["peaks"] = _peaks(flat, some)
    chosen["colourful"] = _colourful(rng, flat, ev, values)
    index = np.unique(np.concatenate(list(chosen.values())))
    groups = {name: np.searchsorted(index, members) for name, members in chosen.items()}
    ev100 = image.info.ev100
    preview = image.preview
    return Scene(
        index=seen[index],
        rgb=np.ascontiguousarray(flat[index]),
        groups=groups,
        ev=ev[index].astype(np.float64),
        percentile_ev={level: float(values[level]) for level in levels},
        clipped_share=float(every.mean()),
        clipped=some[index],
        # The sensor's 0.18 lies about 2.5 stops below saturation, where a meter puts grey.
        light_ev=None if ev100 is None else ev100 + float(ev[chosen["mids"]].mean()),
        jpeg_mid_ev=_jpeg_mid(preview.rgb) if preview and preview.from_camera else None,
    )


def _some(rng: np.random.Generator, count: int) -> Index:
    """Positions of about 200 000 of the pixels, evenly spread; the top thousandth is still 200."""
    stride = max(count // _SEEN, 1)
    starts = np.arange(0, count - stride + 1, stride)
    return starts + rng.integers(0, stride, len(starts))


def _all_and_any(clipped: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    r, g, b = clipped[:, 0], clipped[:, 1], clipped[:, 2]
    return r & g & b, r | g | b


def _draw(
    rng: np.random.Generator, ev: NDArray[np.float32], low: float, high: float, count: int
) -> Index:
    inside = np.flatnonzero((ev >= low) & (ev <= high))
    if len(inside) == 0:
        return np.array([int(np.abs(ev - 0.5 * (low + high)).argmin())])
    if len(inside) <= count:
        return inside
    return rng.choice(inside, count, replace=False)


def _peaks(flat: NDArray[np.float32], clipped: NDArray[np.bool_]) -> Index:
    """The brightest channel values that the raw still holds, about the top half percent."""
    top = _extremes(flat)[0]
    usable = np.flatnonzero(~clipped)
    if len(usable) == 0:
        return np.array([int(top.argmax())])
    near = usable[top[usable] >= np.percentile(top[usable], 99.5)]
    return near[:: max(len(near) // _GROUP_SIZE, 1)][:_GROUP_SIZE]


def _extremes(rgb: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Largest and smallest channel; much faster than reducing an axis of three."""
    r, g, b = rgb[:, 0], rgb[:, 1], rgb[:, 2]
    return np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)


def _colourful(
    rng: np.random.Generator,
    flat: NDArray[np.float32],
    ev: NDArray[np.float32],
    values: dict[float, float],
) -> Index:
    """Mid-tones with visible colour; all mid-tones when there are too few."""
    inside = np.flatnonzero((ev >= values[5.0]) & (ev <= values[95.0]))
    top, bottom = _extremes(flat[inside])
    saturation = (top - bottom) / (top + 1e-4)
    vivid = inside[saturation > 0.25]
    pool = vivid if len(vivid) >= 200 else inside
    return pool if len(pool) <= _MIDS_SIZE else rng.choice(pool, _MIDS_SIZE, replace=False)


def _jpeg_mid(rgb: NDArray[np.uint8]) -> float:
    from sidelight.imaging.transfer import srgb_decode

    linear = srgb_decode(rgb[::2, ::2].astype(np.float32) / 255)
    y = linear @ SRGB_TO_XYZ[1]
    return float(np.log2(max(float(np.median(y)), 1e-3) / 0.18))
