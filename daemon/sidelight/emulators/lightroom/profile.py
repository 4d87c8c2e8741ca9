"""The camera profile a DNG carries: matrices, hue/saturation map and look table.

Both tables act in linear ProPhoto RGB on hue, saturation and value, with trilinear interpolation
(DNG specification 1.6, "Mapping from camera color space"). What comes in pairs is interpolated in
1/kelvin between its two lights. Value above 1 takes the table's end and is not cut off, since HDR
mode goes on above it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators import srgb
from sidelight.emulators.arrays import Array, at_least, at_most, like, namespace, stack
from sidelight.emulators.base import Context, Stage
from sidelight.imaging.camera_profile import CameraProfile, HueSatMap
from sidelight.imaging.color import (
    D50_WHITE,
    D65_WHITE,
    PROPHOTO_TO_REC2020,
    REC2020_TO_PROPHOTO,
    REC2020_TO_XYZ,
    adaptation,
)
from sidelight.recipe.fields import BY_NAME, INDEX

_MIRED = BY_NAME["temperature_mired"].scale


def camera_profile_stage(context: Context, profile: CameraProfile) -> Stage:
    """Return the stage of the forward matrix and the hue/saturation map, after white balance."""
    t = INDEX["temperature_mired"]
    to_camera = np.asarray(context.white_balance.camera_from_working, dtype=np.float64)
    matrices = [
        REC2020_TO_PROPHOTO @ _to_working(forward) @ to_camera
        for forward in profile.forward_matrices
    ] or [REC2020_TO_PROPHOTO]
    tables = [_wrapped(table.entries) for table in profile.hue_sat_maps]
    encoded = any(table.encoded for table in profile.hue_sat_maps)
    pairs = max(len(matrices), len(tables)) == 2
    as_shot = 1e6 / context.white_balance.kelvin

    def apply(rgb: Array, theta: Array) -> Array:
        share = _share(profile, as_shot + theta[t] * _MIRED) if pairs else None
        pro = rgb @ _mixed([np.ascontiguousarray(m.T) for m in matrices], share, rgb)
        if tables:
            pro = _mapped(pro, _mixed(tables, share, rgb), encoded)
        return pro @ like(np.ascontiguousarray(PROPHOTO_TO_REC2020.T), rgb)

    return Stage("camera profile", (t,) if pairs else (), apply)


def look_table_stage(table: HueSatMap) -> Stage:
    """Return the stage of a look table, before the base curve."""
    entries = _wrapped(table.entries)

    def apply(rgb: Array, theta: Array) -> Array:
        pro = rgb @ like(np.ascontiguousarray(REC2020_TO_PROPHOTO.T), rgb)
        pro = _mapped(pro, like(entries, rgb), table.encoded)
        return pro @ like(np.ascontiguousarray(PROPHOTO_TO_REC2020.T), rgb)

    return Stage("look table", (), apply)


def _to_working(forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return balanced camera RGB to Rec.2020 of a forward matrix; white stays white."""
    matrix = np.linalg.solve(REC2020_TO_XYZ, adaptation(D50_WHITE, D65_WHITE) @ forward)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


def _share(profile: CameraProfile, mired: Array) -> Array:
    """Return how much the first light counts at a temperature, 0 to 1."""
    first, second = (1e6 / kelvin for kelvin in profile.kelvins)
    return at_least(at_most((mired - second) * (1.0 / (first - second)), 1.0), 0.0)


def _mixed(values: list[NDArray[np.float64]], share: Array | None, rgb: Array) -> Array:
    one = like(values[0], rgb)
    if share is None or len(values) == 1:
        return one
    two = like(values[1], rgb)
    return two + share * (one - two)


def _wrapped(entries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a table whose first hue comes again at the end, and whose value has two entries."""
    wide = np.concatenate([entries, entries[:, :1]], axis=1)
    return np.repeat(wide, 2, axis=0) if len(wide) == 1 else wide


def _mapped(pro: Array, table: Array, encoded: bool) -> Array:
    """Return linear ProPhoto RGB changed by a table, shape (V, H + 1, S, 3)."""
    hue, saturation, value = _to_hsv(at_least(pro, 0.0))
    code = srgb.encode(value) if encoded else value
    change = _interpolated(table, hue * (1 / 6), saturation, at_most(code, 1.0))
    code = code * change[..., 2]
    return _from_hsv(
        hue + change[..., 0] * (1 / 60),
        at_most(saturation * change[..., 1], 1.0),
        srgb.decode(code) if encoded else code,
        pro,
    )


def _interpolated(table: Array, hue: Array, saturation: Array, value: Array) -> Array:
    """Return a table's entries at positions 0 to 1, shape (..., 3)."""
    sizes = table.shape[:3]
    flat = table.reshape((-1, 3))
    cells, parts = [], []
    for position, size in zip((value, hue, saturation), sizes, strict=True):
        at = position * (size - 1)
        cell = _whole(at_most(at, size - 2))
        cells.append(cell)
        parts.append((at - cell)[..., None])
    start = (cells[0] * sizes[1] + cells[1]) * sizes[2] + cells[2]

    def along_saturation(offset: int) -> Array:
        low = flat[start + offset]
        return low + (flat[start + (offset + 1)] - low) * parts[2]

    def along_hue(offset: int) -> Array:
        low = along_saturation(offset)
        return low + (along_saturation(offset + sizes[2]) - low) * parts[1]

    low = along_hue(0)
    return low + (along_hue(sizes[1] * sizes[2]) - low) * parts[0]


def _whole(x: Array) -> Array:
    return x.astype(np.intp) if isinstance(x, np.ndarray | np.generic) else x.long()


def _to_hsv(rgb: Array) -> tuple[Array, Array, Array]:
    """Return hue 0 to 6, saturation 0 to 1 and value of light at or above zero."""
    xp = namespace(rgb)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value = xp.maximum(xp.maximum(r, g), b)
    spread = value - xp.minimum(xp.minimum(r, g), b)
    by = 1.0 / xp.where(spread > 0, spread, spread + 1.0)
    hue = xp.where(value == g, 2.0 + (b - r) * by, 4.0 + (r - g) * by)
    hue = xp.where(value == r, (g - b) * by, hue)
    hue = xp.where(hue < 0, hue + 6.0, hue)
    return hue, spread / xp.where(value > 0, value, value + 1.0), value


def _from_hsv(hue: Array, saturation: Array, value: Array, like_rgb: Array) -> Array:
    xp = namespace(hue)
    chroma = value * saturation
    channels = []
    for turn in (5.0, 3.0, 1.0):
        k = xp.remainder(hue + turn, 6.0)
        k = at_least(at_most(xp.minimum(k, 4.0 - k), 1.0), 0.0)
        channels.append(value - chroma * k)
    return stack(channels, like_rgb)
