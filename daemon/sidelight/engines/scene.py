"""What Auto knows of a photo before it solves: tones, groups of pixels, light and key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sidelight.engines.areas import areas_of
from sidelight.engines.illuminant import Cast, cast_of
from sidelight.imaging.color import luminance
from sidelight.imaging.image import Image

Index = NDArray[np.intp]

_FLOOR = 2.0**-14
# Percentile windows of input luminance whose pixels stand for a tone.
_WINDOWS = {
    "deepest": (0.25, 0.75),
    "shadows": (2.0, 12.0),
    "lower_mids": (22.0, 38.0),
    "middle": (46.0, 54.0),
    "upper_mids": (62.0, 78.0),
    "upper": (83.0, 87.0),
    "bright": (94.0, 96.0),
    "p99": (98.7, 99.3),
    "p995": (99.35, 99.65),
    "p999": (99.85, 99.95),
}
_AREAS = {"face": 0.5, "foliage": 0.5, "sky": 0.5}
_FACE_SHARE = (0.006, 0.015)
_HIGH_TONES_EV = 1.5
_LEAST_AREA = 0.003
_GROUP_SIZE = 32
_MIDS_SIZE = 96
_LEVELS = (1.0, 50.0, 90.0)
_SEEN = 100_000


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
        iso: Sensitivity, or None when unknown.
        shares: Share of the frame that may be faces, foliage or sky, 0..1, by name.
        cast: Of near-neutral areas as shot, or None.
    """

    index: Index
    rgb: NDArray[np.float32]
    groups: dict[str, Index]
    ev: NDArray[np.float64]
    percentile_ev: dict[float, float]
    clipped_share: float
    clipped: NDArray[np.bool_]
    light_ev: float | None
    iso: float | None
    shares: dict[str, float]
    cast: Cast | None

    @property
    def mid_ev(self) -> float:
        """Mean input EV of the mid-tones, the 25th to 75th percentile."""
        return float(self.ev[self.groups["mids"]].mean())

    @property
    def depth_ev(self) -> float:
        """How far the darkest tones lie below the middle one, 1st percentile to median, in EV."""
        return self.percentile_ev[50.0] - self.percentile_ev[1.0]

    def lost_share(self, group: str) -> float:
        """Return the share of a group's pixels, 0 to 1, that have a clipped channel in the raw."""
        return float(self.clipped[self.groups[group]].mean())

    def is_clipped(self, group: str) -> bool:
        """Whether most pixels of a group have a clipped channel in the raw."""
        return self.lost_share(group) > 0.5

    @property
    def face_weight(self) -> float:
        """How much what may be faces counts, 0 to 1: small patches are more often something else.

        It rises evenly, so that a patch just found or just missed does not change the picture.
        """
        return float(np.interp(self.shares.get("face", 0.0), _FACE_SHARE, (0.0, 1.0)))

    def rise_ev(self, group: str) -> float:
        """How far a group lies above the mid-tones before any edit, in EV."""
        return float(self.ev[self.groups[group]].mean()) - self.mid_ev


@lru_cache(maxsize=1)
def analyse(image: Image) -> Scene:
    """Reduce an image to a Scene; the same image gives the same answer.

    The last answer is kept, since every editor asks about the same photo in turn.
    """
    rng = np.random.default_rng(0)
    seen = _some(rng, image.rgb.shape[0] * image.rgb.shape[1])
    flat = image.rgb.reshape(-1, 3).take(seen, axis=0)
    clipped = image.clipped.reshape(-1, 3).take(seen, axis=0)
    every, some = _all_and_any(clipped)
    # Where all channels are clipped the raw says "at least this much".
    least = np.float32(np.max(image.info.white_balance.multipliers()))
    y = luminance(flat)
    y = np.where(every, np.maximum(y, least), y)
    # All that is clipped is equally bright: told apart at random, so that windows hold their share.
    y = y + every * rng.random(len(y), dtype=np.float32) * np.float32(1e-3)
    ev = np.log2(np.maximum(y, _FLOOR) / np.float32(0.18))
    order = np.argsort(ev)
    chosen: dict[str, Index] = {
        name: _spread(_between(order, low, high), _GROUP_SIZE)
        for name, (low, high) in _WINDOWS.items()
    }
    chosen["mids"] = _spread(_between(order, 25.0, 75.0), _MIDS_SIZE)
    top, bottom = _extremes(flat)
    chosen["peaks"] = _peaks(top, some)
    chosen["colourful"] = _colourful(top, bottom, _between(order, 5.0, 95.0))
    areas = areas_of(image.rgb, image.clipped, float(ev[chosen["mids"]].mean()))
    shape = image.rgb.shape[:2]
    likely = {name: values > _AREAS[name] for name, values in areas.at(_AREAS, seen, shape).items()}
    shares = {name: float(where.mean()) for name, where in likely.items()}
    likely["high_tones"] = ev > ev[chosen["mids"]].mean() + _HIGH_TONES_EV
    for name, where in likely.items():
        pool = np.flatnonzero(where & ~some)
        if len(pool) >= max(_LEAST_AREA * len(seen), 2):
            chosen[name] = _spread(pool, _GROUP_SIZE)
    index = np.unique(np.concatenate(list(chosen.values())))
    groups = {name: np.searchsorted(index, members) for name, members in chosen.items()}
    ev100 = image.info.ev100
    return Scene(
        index=seen[index],
        rgb=np.ascontiguousarray(flat[index]),
        groups=groups,
        ev=ev[index].astype(np.float64),
        percentile_ev={level: float(ev[_between(order, level, level)[0]]) for level in _LEVELS},
        clipped_share=float(every.mean()),
        clipped=some[index],
        # The sensor's 0.18 lies about 2.5 stops below saturation, where a meter puts grey.
        iso=image.info.iso,
        light_ev=None if ev100 is None else ev100 + float(ev[chosen["mids"]].mean()),
        shares=shares,
        cast=cast_of(areas.rgb, areas.whole),
    )


def _some(rng: np.random.Generator, count: int) -> Index:
    """Positions of about 100 000 of the pixels, evenly spread; the top thousandth is still 100."""
    stride = max(count // _SEEN, 1)
    starts = np.arange(0, count - stride + 1, stride)
    return starts + rng.integers(0, stride, len(starts))


def _all_and_any(clipped: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    r, g, b = clipped[:, 0], clipped[:, 1], clipped[:, 2]
    return r & g & b, r | g | b


def _between(order: Index, low: float, high: float) -> Index:
    """Return the positions from one percentile to another, at least one."""
    last = len(order) - 1
    start = round(last * low / 100.0)
    return order[start : max(round(last * high / 100.0), start) + 1]


def _spread(pool: Index, count: int) -> Index:
    """Return some of a pool, from its first to its last at equal steps: a draw would be noisier."""
    if len(pool) <= count:
        return pool
    return pool[np.linspace(0, len(pool) - 1, count).astype(np.intp)]


def _peaks(top: NDArray[np.float32], clipped: NDArray[np.bool_]) -> Index:
    """Of the channel values that the raw still holds, those just below the brightest 0.2 %."""
    usable = np.flatnonzero(~clipped)
    if len(usable) == 0:
        return np.array([int(top.argmax())])
    low, high = np.percentile(top[usable], [99.5, 99.8])
    return _spread(usable[(top[usable] >= low) & (top[usable] <= high)], _GROUP_SIZE)


def _extremes(rgb: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Largest and smallest channel; much faster than reducing an axis of three."""
    r, g, b = rgb[:, 0], rgb[:, 1], rgb[:, 2]
    return np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)


def _colourful(top: NDArray[np.float32], bottom: NDArray[np.float32], inside: Index) -> Index:
    """Mid-tones with visible colour; all mid-tones when there are too few."""
    high = top[inside]
    vivid = inside[high - bottom[inside] > 0.25 * (high + np.float32(1e-4))]
    return _spread(vivid if len(vivid) >= 200 else inside, _MIDS_SIZE)
