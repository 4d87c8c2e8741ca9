"""How a camera's JPEG lies on the raw picture: crop, scale and lens correction.

Both are reduced to ranks of brightness first, which no tone curve changes. Correlation over all
shifts at a few scales finds the crop; damped Gauss-Newton steps on the grey differences (Lucas,
Kanade 1981) then find the rest to a fraction of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import map_coordinates

from sidelight.imaging.difference import box_average

Plane = NDArray[np.float32]

_COARSE_PX = 96
_FINE_PX = 192
_ZOOMS = tuple(float(zoom) for zoom in np.linspace(0.90, 1.04, 15))
_LEAST_OVERLAP = 0.6
_STEPS = 8
_SMALLEST_PX = 16
_FLAT = 1e-3
_RIDGE = 2.5e-5


@dataclass(frozen=True)
class Alignment:
    """Where the raw picture's points lie in the JPEG.

    A point at u, counted from the centre in halves of the picture's longer side, lies in the JPEG
    at `scale` · u · (1 + `distortion` · |u|²) + `shift`, counted likewise.

    Attributes:
        scale: Of the raw picture over the JPEG; above 1 the JPEG is a crop.
        distortion: Of the lens correction.
        shift: Rows and columns.
        correlation: Of the brightness ranks where both overlap, -1 to 1; 1 where there is nothing
            to compare.
    """

    scale: float = 1.0
    distortion: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    correlation: float = 1.0

    def positions(self, shape: tuple[int, ...], jpeg_shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return rows and columns in a JPEG of each pixel of a picture, shape (2, H, W)."""
        points, squared = _points(shape)
        around = points * np.float32(self.scale) * (1 + np.float32(self.distortion) * squared)
        around += np.asarray(self.shift, np.float32)[:, None, None]
        return _to_pixels(around, jpeg_shape)


def align(picture: Plane, jpeg: Plane) -> Alignment:
    """Find how a JPEG lies on a picture.

    Args:
        picture: Luminance of the raw picture, shape (H, W).
        jpeg: Luminance of the JPEG, shape (h, w).
    """
    start = _fitted(picture.shape, jpeg.shape)
    structured = all(float(np.ptp(p)) > _FLAT * float(np.abs(p).max()) for p in (picture, jpeg))
    if not structured or min(*picture.shape, *jpeg.shape) < _SMALLEST_PX:
        return Alignment(scale=start)
    found = _search(_ranks(picture, _COARSE_PX), _ranks(jpeg, _COARSE_PX), start)
    return _refined(_ranks(picture, _FINE_PX), _ranks(jpeg, _FINE_PX), found)


def warped(rgb: NDArray[np.float32], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pixels (h, w, C) sampled bilinearly at `positions`, NaN outside."""
    planes = [
        map_coordinates(rgb[..., i], positions, order=1, mode="constant", cval=np.nan)
        for i in range(rgb.shape[2])
    ]
    return np.stack(planes, axis=-1)


def _points(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each pixel's place about the centre, (2, H, W), and its squared distance."""
    half = max(shape[:2]) / 2
    rows, columns = (
        ((np.arange(size) + 0.5 - size / 2) / half).astype(np.float32) for size in shape[:2]
    )
    points = np.stack(np.broadcast_arrays(rows[:, None], columns[None, :]))
    return points, (points**2).sum(axis=0)


def _to_pixels(points: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    half = max(shape[:2]) / 2
    centre = np.asarray([size / 2 - 0.5 for size in shape[:2]], np.float32)
    return points * np.float32(half) + centre[:, None, None]


def _fitted(shape: tuple[int, ...], jpeg_shape: tuple[int, ...]) -> float:
    """Return the scale at which a centred JPEG just fits into the picture."""
    relative = [
        (size / max(shape[:2])) / (other / max(jpeg_shape[:2]))
        for size, other in zip(shape[:2], jpeg_shape[:2], strict=True)
    ]
    return 1.0 / min(relative)


def _ranks(plane: Plane, long_side: int) -> Plane:
    """Return brightness ranks of a small version, -0.5 to 0.5."""
    small = box_average(plane, long_side)
    order = np.argsort(small, axis=None, kind="stable")
    ranks = np.empty(small.size, np.float32)
    ranks[order] = np.linspace(-0.5, 0.5, small.size, dtype=np.float32)
    return ranks.reshape(small.shape)


def _search(picture: Plane, jpeg: Plane, start: float) -> Alignment:
    """Try scales, all shifts at once."""
    best = Alignment(scale=start, correlation=-1.0)
    for zoom in _ZOOMS:
        size = zoom / start * max(picture.shape) / max(jpeg.shape)
        shape = tuple(max(2, round(side * size)) for side in jpeg.shape)
        scale = max(picture.shape) / max(shape)
        part = warped(jpeg[..., None], _to_pixels(_points(shape)[0], jpeg.shape))[..., 0]
        (row, column), correlation = _best_shift(picture, np.nan_to_num(part))
        if correlation <= best.correlation:
            continue
        # The part's centre lies this far from the picture's, in halves of the JPEG's side.
        half = max(shape) / 2
        shift = (
            (picture.shape[0] / 2 - row - shape[0] / 2) / half,
            (picture.shape[1] / 2 - column - shape[1] / 2) / half,
        )
        best = Alignment(scale, 0.0, shift, correlation)
    return best


def _best_shift(picture: Plane, part: Plane) -> tuple[tuple[int, int], float]:
    """Return where `part`'s corner lies on `picture`, and the correlation of what overlaps."""
    padded = [
        next_fast_len(a + b, real=True) for a, b in zip(picture.shape, part.shape, strict=True)
    ]

    def moments(plane: Plane) -> list[NDArray[np.complex64]]:
        return [rfft2(values, padded) for values in (np.ones_like(plane), plane, plane * plane)]

    (one, first, second), (own, part_first, part_second) = moments(picture), moments(part)

    def over(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> Plane:
        return np.asarray(irfft2(a * np.conj(b), padded))

    count = np.maximum(over(one, own), 1.0)
    mean, part_mean = over(first, own) / count, over(one, part_first) / count
    power = (over(second, own) / count - mean**2) * (over(one, part_second) / count - part_mean**2)
    match = over(first, part_first) / count - mean * part_mean
    enough = count >= _LEAST_OVERLAP * min(picture.size, part.size)
    correlation = np.where(enough, match / np.sqrt(np.maximum(power, 1e-8)), -1.0)
    at = np.unravel_index(int(np.argmax(correlation)), correlation.shape)
    row, column = (
        int(i) - (size if i >= limit else 0)
        for i, size, limit in zip(at, padded, picture.shape, strict=True)
    )
    return (row, column), float(correlation[at])


def _refined(picture: Plane, jpeg: Plane, start: Alignment) -> Alignment:
    """Improve scale, distortion and shift by Gauss-Newton steps on the grey differences."""
    points, squared = _points(picture.shape)
    half = np.float32(max(jpeg.shape) / 2)
    down_jpeg, right_jpeg = (np.gradient(jpeg, axis=axis) * half for axis in (0, 1))
    stacked = np.stack([jpeg, down_jpeg, right_jpeg], axis=-1)
    values = np.array([start.scale, start.scale * start.distortion, *start.shift])
    best, best_cost = start, np.inf
    for _ in range(_STEPS):
        now = Alignment(
            float(values[0]), float(values[1] / values[0]), (float(values[2]), float(values[3]))
        )
        seen = warped(stacked, now.positions(picture.shape, jpeg.shape))
        inside = np.isfinite(seen[..., 0])
        shown, down, right = (seen[inside, i].astype(np.float64) for i in range(3))
        if inside.mean() < 0.3:
            break
        raw = picture[inside].astype(np.float64)
        gain, offset = np.polyfit(shown, raw, 1)
        miss = raw - gain * shown - offset
        weight = 1.0 / np.maximum(np.abs(miss), 0.05)
        cost = float((weight * miss**2).sum() / weight.sum())
        if cost >= best_cost:
            break
        best_cost = cost
        correlation = float(np.corrcoef(shown, raw)[0, 1])
        best = Alignment(now.scale, now.distortion, now.shift, correlation)
        radial = down * points[0][inside] + right * points[1][inside]
        rows = gain * np.stack([radial, radial * squared[inside], down, right], axis=-1)
        normal = rows.T @ (rows * weight[:, None])
        # Ridged: a scene may show nothing of a shift along its edges.
        normal += _RIDGE * np.trace(normal) * np.eye(len(values))
        values = values + np.linalg.solve(normal, rows.T @ (miss * weight))
    return best
