"""Colour differences, and bringing two renders onto the same pixels to compare them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.imaging.color import rgb_to_ictcp, rgb_to_lab

Floats = NDArray[Any]

COMPARED_PX = 128
"""Long side at which renders are compared."""


def delta_e_2000(lab_1: ArrayLike, lab_2: ArrayLike) -> NDArray[np.float64]:
    """Return CIEDE2000 of L*a*b* arrays of shape (..., 3) (Sharma, Wu, Dalal 2005)."""
    one = np.asarray(lab_1, dtype=np.float64)
    two = np.asarray(lab_2, dtype=np.float64)
    mean_chroma = 0.5 * (np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2]))
    lift = 1.0 + 0.5 * (1.0 - np.sqrt(_saturating(mean_chroma)))
    chroma_1, hue_1 = _chroma_hue(one[..., 1] * lift, one[..., 2])
    chroma_2, hue_2 = _chroma_hue(two[..., 1] * lift, two[..., 2])
    colored = chroma_1 * chroma_2 > 0
    turn = np.where(colored, (hue_2 - hue_1 + 180.0) % 360.0 - 180.0, 0.0)
    # A half turn counts as +180 or -180 in the direction of the plain difference.
    turn = np.where((turn == -180.0) & (hue_2 > hue_1), 180.0, turn)
    delta_hue = 2.0 * np.sqrt(chroma_1 * chroma_2) * np.sin(np.radians(turn) / 2.0)
    delta_chroma = chroma_2 - chroma_1
    mean = 0.5 * (chroma_1 + chroma_2)
    total = hue_1 + hue_2
    wrapped = np.where(total < 360.0, total + 360.0, total - 360.0)
    apart = np.abs(hue_1 - hue_2) > 180.0
    mean_hue = np.where(colored, 0.5 * np.where(apart, wrapped, total), total)
    weight = (
        1.0
        - 0.17 * np.cos(np.radians(mean_hue - 30.0))
        + 0.24 * np.cos(np.radians(2.0 * mean_hue))
        + 0.32 * np.cos(np.radians(3.0 * mean_hue + 6.0))
        - 0.20 * np.cos(np.radians(4.0 * mean_hue - 63.0))
    )
    lightness = (0.5 * (one[..., 0] + two[..., 0]) - 50.0) ** 2
    s_l = 1.0 + 0.015 * lightness / np.sqrt(20.0 + lightness)
    s_c = 1.0 + 0.045 * mean
    s_h = 1.0 + 0.015 * mean * weight
    rotation = 60.0 * np.exp(-(((mean_hue - 275.0) / 25.0) ** 2))
    r_t = -2.0 * np.sqrt(_saturating(mean)) * np.sin(np.radians(rotation))
    l_term = (two[..., 0] - one[..., 0]) / s_l
    c_term, h_term = delta_chroma / s_c, delta_hue / s_h
    square = l_term**2 + c_term**2 + h_term**2 + r_t * c_term * h_term
    return np.asarray(np.sqrt(np.maximum(square, 0.0)), dtype=np.float64)


def delta_e_itp(rgb_1: ArrayLike, rgb_2: ArrayLike) -> NDArray[np.float64]:
    """Return ΔE ITP (ITU-R BT.2124) of display-linear working RGB, 1.0 = 203 nits."""
    difference = rgb_to_ictcp(rgb_1) - rgb_to_ictcp(rgb_2)
    difference[..., 1] *= 0.5
    return np.asarray(720.0 * np.sqrt((difference**2).sum(axis=-1)), dtype=np.float64)


def render_difference(rgb_1: ArrayLike, rgb_2: ArrayLike) -> NDArray[np.float64]:
    """Return CIEDE2000 of two SDR renders, display-linear working RGB, limited to 0..1."""
    lab_1, lab_2 = (rgb_to_lab(np.clip(np.asarray(rgb), 0.0, 1.0)) for rgb in (rgb_1, rgb_2))
    return delta_e_2000(lab_1, lab_2)


def box_average(rgb: ArrayLike, long_side: int = COMPARED_PX) -> NDArray[np.float32]:
    """Return pixels averaged over equal areas, in the light they are given in.

    Args:
        rgb: Shape (H, W, C) or (H, W).
        long_side: Long side of the result; an input no larger is returned as it is.
    """
    from PIL import Image as Pillow

    pixels = np.asarray(rgb, dtype=np.float32)
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if pixels.ndim == 2:
        return np.asarray(Pillow.fromarray(pixels).resize(size, Pillow.Resampling.BOX))
    channels = [
        box_average(np.ascontiguousarray(part), long_side) for part in np.moveaxis(pixels, 2, 0)
    ]
    return np.stack(channels, axis=2)


def crop_offset(picture: ArrayLike, reference: ArrayLike, reach: int = 16) -> tuple[int, int]:
    """Return rows and columns to roll `picture` by so that it lies on `reference`.

    Phase-free correlation of log values, searched within `reach` pixels; both (H, W), compared
    over their common size from the top left.
    """
    one, two = (np.log2(np.maximum(np.asarray(p, np.float64), 1e-4)) for p in (picture, reference))
    height = min(one.shape[0], two.shape[0])
    width = min(one.shape[1], two.shape[1])
    one, two = one[:height, :width], two[:height, :width]
    padded = (height + reach, width + reach)
    spectrum = np.conj(np.fft.rfft2(one - one.mean(), padded)) * np.fft.rfft2(
        two - two.mean(), padded
    )
    match = np.fft.irfft2(spectrum, padded)
    near = np.roll(match, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, column = np.unravel_index(int(np.argmax(near)), near.shape)
    return int(row) - reach, int(column) - reach


def _chroma_hue(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    hue = np.degrees(np.arctan2(b, a)) % 360.0
    return np.hypot(a, b), np.where((a == 0) & (b == 0), 0.0, hue)


def _saturating(chroma: Floats) -> Floats:
    seventh = chroma**7
    return seventh / (seventh + 25.0**7)
