"""The guide: log2 of darktable's tone-equalizer mask, an edge-aware blur of luminance.

Luminance is the euclidean norm of balanced camera RGB. The blur is darktable's
exposure-independent guided filter (EIGF) at the operation's defaults: smoothing diameter 5 % of
the long side, feathering 1, one pass, linear blending. With m and v the mean and variance around
a pixel of luminance y, it returns m + (y - m) n / (n + 1), n = v / (m y): flat surroundings give
their mean, edges stay.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.editors.darktable.operations import BOOST_RANGE, DEFAULT_EXPOSURE_EV
from sidelight.emulators.arrays import Array, at_least, like, namespace
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe

Floats = NDArray[np.float32]

DIAMETER = 0.05
"""Of the long side."""

PEAK_PERCENTILE = 99.5
STALE_EXPOSURE_EV = 1.0
STALE_MIRED = 30.0
STALE_TINT = 30.0
DARKEST_EV = -16.0

_FEATHERING = 1.0
_SAMPLING = 4.0
_FLOOR = 1e-6


def exposure_guide(
    image: Image,
    exposure_ev: float = 0.0,
    white_balance: ArrayLike | None = None,
    index: NDArray[np.intp] | None = None,
) -> Floats:
    """Return the guide of an image, read-only; the last as-shot one is kept.

    Args:
        image: The proxy, rgb of shape (H, W, 3).
        exposure_ev: Refreshes the guide at another exposure; the result is still at exposure 0.
        white_balance: (3, 3) change of working RGB (`WhiteBalance.matrix`) to refresh it at
            another white balance; as shot when absent.
        index: Flat positions (N,) to return it at, which is several times faster; all when absent.

    Returns:
        float32, shape (H, W) or (N,), in EV, at least -16; sensor saturation of all channels is
        +0.79.
    """
    change = np.eye(3) if white_balance is None else np.asarray(white_balance, dtype=np.float64)
    if index is not None:
        return _guide_at(image, exposure_ev, change, index)
    if white_balance is None and exposure_ev == 0.0:
        return _as_shot_guide(image)
    return _guide(image, exposure_ev, change)


def is_stale(recipe: Recipe) -> bool:
    """Whether a Recipe moves so far from as shot that a solve should take the guide anew.

    Nearer, refreshing it moves a solved slider by about one step.
    """
    return (
        abs(recipe.exposure_ev) > STALE_EXPOSURE_EV
        or abs(recipe.temperature_mired) > STALE_MIRED
        or abs(recipe.tint) > STALE_TINT
    )


@lru_cache(maxsize=1)
def _as_shot_guide(image: Image) -> Floats:
    return _guide(image, 0.0, np.eye(3))


def _guide(image: Image, exposure_ev: float, change: NDArray[np.float64]) -> Floats:
    norm = _norm(image.rgb, _to_camera(image, exposure_ev, change))
    guide = np.log2(surface_blur(norm)) - np.float32(exposure_ev)
    guide.setflags(write=False)
    return guide


def _guide_at(
    image: Image, exposure_ev: float, change: NDArray[np.float64], index: NDArray[np.intp]
) -> Floats:
    """Return what `_guide` is at some places, from the pixels that its sampled blur reads."""
    shape = image.rgb.shape[:2]
    matrix = _to_camera(image, exposure_ev, change)
    small, spread = _sampling(shape, DIAMETER)
    top, bottom, down = _positions(small[0], shape[0])
    left, right, across = _positions(small[1], shape[1])
    upper, lower = (
        [_norm(image.rgb.take(rows, 0).take(columns, 1), matrix) for columns in (left, right)]
        for rows in (top, bottom)
    )
    first, second = (a + (b - a) * down[:, None] for a, b in zip(upper, lower, strict=True))
    fields = _mean_and_variance(first + (second - first) * across, spread)
    at = np.unravel_index(index, shape)
    mean, variance = (_resample_at(field, shape, at) for field in fields)
    own = _norm(image.rgb.reshape(1, -1, 3).take(index, 1), matrix)[0]
    return np.asarray(np.log2(_edge_aware(own, mean, variance)) - np.float32(exposure_ev))


def _to_camera(image: Image, exposure_ev: float, change: NDArray[np.float64]) -> Any:
    matrix = np.asarray(image.info.white_balance.camera_from_working, dtype=np.float64) @ change
    return matrix * 2.0**exposure_ev


def luminance_norm(rgb: Array, camera_from_working: ArrayLike) -> Array:
    """Return log2 of each pixel's own luminance, shape (...), without surroundings."""
    xp = namespace(rgb)
    camera = rgb @ like(np.asarray(camera_from_working, dtype=np.float64).T, rgb)
    squared = camera[..., 0] ** 2 + camera[..., 1] ** 2 + camera[..., 2] ** 2
    return 0.5 * xp.log2(at_least(squared, 4.0**DARKEST_EV))


def guide_peak(guide: ArrayLike) -> float:
    """Return the guide's level, in EV, that the tone equalizer's brightest node belongs to."""
    return float(np.percentile(np.asarray(guide), PEAK_PERCENTILE))


def exposure_boost(guide: ArrayLike, exposure_ev: float = 0.0) -> float:
    """Return the tone equalizer's mask exposure of a photo, in EV, -4 to 2.

    It puts the node `speculars` at the guide's peak. The mask saturates at 0 EV: what is brighter
    gets one gain, what is much darker than the peak has most nodes to itself.

    Args:
        guide: The whole guide of the photo, in EV.
        exposure_ev: The Recipe's exposure.
    """
    wanted = -(guide_peak(guide) + DEFAULT_EXPOSURE_EV + exposure_ev)
    return float(np.clip(wanted, *BOOST_RANGE))


def surface_blur(luminance: Floats, diameter: float = DIAMETER) -> Floats:
    """Return the edge-aware blur of positive luminance, shape (H, W).

    Args:
        luminance: Linear.
        diameter: Of the long side.
    """
    small, spread = _sampling(luminance.shape, diameter)
    mean, variance = _mean_and_variance(_resample(luminance, small), spread)
    return _edge_aware(
        luminance, _resample(mean, luminance.shape), _resample(variance, luminance.shape)
    )


def _sampling(shape: tuple[int, ...], diameter: float) -> tuple[tuple[int, int], float]:
    """Return the size at which the blur works, and its sigma in pixels there."""
    height, width = shape
    sigma = float(int((diameter * max(height, width) - 1.0) / 2.0))
    scaling = min(max(sigma, 1.0), _SAMPLING)
    small = (max(int(height / scaling), 1), max(int(width / scaling), 1))
    return small, max(sigma / scaling, 1.0)


def _mean_and_variance(sampled: Floats, sigma: float) -> tuple[Floats, Floats]:
    low, high = float(sampled.min()), float(sampled.max())
    mean = _gaussian(sampled, sigma, low, high)
    return mean, _gaussian(sampled * sampled, sigma, low * low, high * high) - mean * mean


def _edge_aware(luminance: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return the blur of each pixel; `variance` is written over."""
    np.divide(variance, np.maximum(mean * luminance, np.float32(_FLOOR)), out=variance)
    variance /= variance + np.float32(_FEATHERING)
    variance *= luminance - mean
    variance += mean
    return np.maximum(variance, np.float32(2.0**DARKEST_EV))


def _norm(rgb: Floats, matrix: NDArray[np.float64]) -> Floats:
    camera = rgb.reshape(-1, 3) @ matrix.T.astype(np.float32)
    squared = np.einsum("ij,ij->i", camera, camera)
    norm = np.sqrt(squared, out=squared)
    return np.maximum(norm, np.float32(2.0**DARKEST_EV)).reshape(rgb.shape[:2])


def _gaussian(values: Floats, sigma: float, low: float, high: float) -> Floats:
    """Blur with the kernel (1 + a|x|) exp(-a|x|), a = 1.695 / sigma, borders continued.

    It is what Deriche's recursive approximation of a gaussian computes; `low` and `high` bound
    each pass's input. The sampled mask is small enough for a matrix per axis.
    """
    rows, columns = values.shape
    down = _kernel(rows, sigma) @ np.clip(values, low, high)
    return np.asarray(np.clip(down, low, high) @ _kernel(columns, sigma).T)


@lru_cache(maxsize=8)
def _kernel(count: int, sigma: float) -> Floats:
    """Weights of every sample for every sample, shape (count, count), rows sum to 1."""
    a = 1.695 / sigma
    e = float(np.exp(-a))
    k = (1 - e) ** 2 / (1 + 2 * a * e - e * e)
    near = np.arange(count, dtype=np.float64)
    distance = np.abs(np.subtract.outer(near, near))
    weights = k * (1 + a * distance) * np.exp(-a * distance)

    def beyond(steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the kernel from `steps` on: what lies outside counts as the border."""
        return k * e**steps * ((1 + a * steps) / (1 - e) + a * e / (1 - e) ** 2)

    weights[:, 0] += beyond(near + 1)
    weights[:, -1] += beyond(count - near)
    return weights.astype(np.float32)


def _resample(values: Floats, shape: tuple[int, int]) -> Floats:
    """Sample bilinearly at row * H / H', column * W / W', without a filter."""
    rows, columns = values.shape
    low, high, t = _positions(shape[0], rows)
    mixed = values[low] + (values[high] - values[low]) * t[:, None]
    low, high, t = _positions(shape[1], columns)
    left = np.take(mixed, low, axis=1)
    right = np.take(mixed, high, axis=1)
    right -= left
    right *= t
    left += right
    return left


def _resample_at(
    values: Floats, shape: tuple[int, ...], at: tuple[NDArray[np.intp], ...]
) -> Floats:
    """Return `_resample` to a shape at some rows and columns of it."""
    top, bottom, down = (part[at[0]] for part in _positions(shape[0], values.shape[0]))
    left, right, across = (part[at[1]] for part in _positions(shape[1], values.shape[1]))
    first, second = (
        values[top, columns] + (values[bottom, columns] - values[top, columns]) * down
        for columns in (left, right)
    )
    return np.asarray(first + (second - first) * across)


def _positions(count: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    at = np.arange(count, dtype=np.float64) * (size / count)
    low = np.minimum(at.astype(np.intp), size - 1)
    return low, np.minimum(low + 1, size - 1), (at - low).astype(np.float32)
