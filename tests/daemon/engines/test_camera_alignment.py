"""Pictures shifted, cropped, bent and rendered in a way that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sidelight.engines.camera_alignment import Alignment, align, warped


def scene(shape: tuple[int, int] = (384, 512), seed: int = 3) -> np.ndarray:
    """Soft blobs over six stops."""
    noise = np.random.default_rng(seed).normal(size=shape)
    soft = gaussian_filter(noise, 12) + 0.3 * gaussian_filter(noise, 4)
    return np.exp2(6.0 * (soft - soft.min()) / np.ptp(soft) - 6.0).astype(np.float32)


def jpeg_of(picture: np.ndarray, alignment: Alignment, shape: tuple[int, int]) -> np.ndarray:
    """Draw, with a tone curve, the JPEG that lies on the picture so."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    half = max(shape) / 2
    wanted = np.stack([(rows + 0.5 - shape[0] / 2) / half, (columns + 0.5 - shape[1] / 2) / half])
    wanted = wanted - np.asarray(alignment.shift)[:, None, None]
    points = wanted / alignment.scale
    for _ in range(20):  # undo the distortion
        points = wanted / alignment.scale / (1 + alignment.distortion * (points**2).sum(axis=0))
    own_half = max(picture.shape) / 2
    centre = np.asarray([size / 2 - 0.5 for size in picture.shape])[:, None, None]
    seen = warped(picture[..., None], (points * own_half + centre).astype(np.float32))[..., 0]
    return (1 - np.exp(-5 * np.nan_to_num(seen))) ** 0.8


@pytest.mark.parametrize(
    ("truth", "shape"),
    [
        (Alignment(), (384, 512)),
        (Alignment(scale=1.06), (480, 640)),
        (Alignment(scale=1.04, shift=(0.03, -0.02)), (300, 400)),
        (Alignment(scale=1.03, distortion=-0.04), (384, 512)),
        (Alignment(scale=4 / 3 / 1.2), (320, 480)),  # another aspect: the sides are as they were
        (Alignment(scale=0.98, shift=(0.01, 0.0)), (384, 512)),
    ],
)
def test_it_finds_where_the_jpeg_lies(truth: Alignment, shape: tuple[int, int]) -> None:
    picture = scene()
    found = align(picture, jpeg_of(picture, truth, shape))
    assert found.correlation > 0.98
    apart = found.positions(picture.shape, shape) - truth.positions(picture.shape, shape)
    # Half a pixel in the middle nine tenths of the frame.
    inner = apart[:, 20:-20, 26:-26]
    assert np.abs(inner).max() < 0.6


def test_another_picture_does_not_correlate() -> None:
    assert align(scene(), scene(seed=4)).correlation < 0.5


@pytest.mark.parametrize("value", [0.0, 0.2, np.nan])
def test_where_there_is_nothing_to_compare_it_is_centred(value: float) -> None:
    flat = np.full((60, 80), value, np.float32)
    assert align(flat, flat) == Alignment()
    wide = np.full((45, 80), 0.2, np.float32)
    assert align(flat, wide) == Alignment()
    assert align(np.ones((1, 1), np.float32), flat).scale == 1.0


def test_positions_are_the_pixels_themselves_where_nothing_moved() -> None:
    positions = Alignment().positions((30, 40), (60, 80))
    assert positions.shape == (2, 30, 40)
    assert positions[:, 0, 0] == pytest.approx([0.5, 0.5])
    assert positions[:, -1, -1] == pytest.approx([58.5, 78.5])


def test_what_lies_outside_is_no_number() -> None:
    rgb = np.ones((4, 4, 3), np.float32)
    positions = np.array([[[0.0, 3.0, 3.5]], [[0.0, 3.0, 0.0]]], np.float32)
    seen = warped(rgb, positions)
    assert seen.shape == (1, 3, 3)
    assert np.isfinite(seen[0, :2]).all()
    assert np.isnan(seen[0, 2]).all()
