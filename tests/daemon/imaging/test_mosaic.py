"""Blocks of a mosaic averaged, against plain sums."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.mosaic import (
    Mosaic,
    bin_mosaic,
    block_size,
    clipping_levels,
    interpolate_mosaic,
)
from sidelight.imaging.opcodes import GainMap

BAYER = np.array([[0, 1], [1, 2]], np.uint8)
NO_LIMIT = (65535.0, 65535.0, 65535.0)
XTRANS = np.array(
    [
        [1, 1, 0, 1, 1, 2],
        [1, 1, 2, 1, 1, 0],
        [2, 0, 1, 0, 2, 1],
        [1, 1, 2, 1, 1, 0],
        [1, 1, 0, 1, 1, 2],
        [0, 2, 1, 2, 0, 1],
    ],
    np.uint8,
)


def mosaic(values: np.ndarray, pattern: np.ndarray = BAYER, black: float = 0.0) -> Mosaic:
    levels = np.full(pattern.shape, black)
    return Mosaic(values.astype(np.uint16), pattern, levels, 1000.0 + black)


@pytest.mark.parametrize("pattern", [BAYER, np.flip(BAYER, 1), XTRANS], ids=["rggb", "grbg", "x"])
@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_a_constant_colour_is_exact(pattern: np.ndarray, blocks: int) -> None:
    period = len(pattern)
    tiled = np.tile(pattern, (40 // period + 2, 60 // period + 2))[:40, :60]
    values = np.array([100, 400, 250])[tiled] + 64
    rgb, clipped, gain = bin_mosaic(mosaic(values, pattern, 64.0), blocks, NO_LIMIT, [])
    assert rgb.shape == (40 // (period * blocks), 60 // (period * blocks), 3)
    np.testing.assert_allclose(rgb, np.broadcast_to([0.1, 0.4, 0.25], rgb.shape), rtol=1e-5)
    assert not clipped.any() and gain.shape == (1, 1)


def test_green_is_the_mean_of_its_samples() -> None:
    values = np.random.default_rng(1).integers(0, 1000, (320, 48))
    rgb, _, _ = bin_mosaic(mosaic(values), 2, NO_LIMIT, [])
    green = values * (np.tile(BAYER, (160, 24)) == 1)
    expected = green.reshape(80, 4, 12, 4).sum((1, 3)) / 8 / 1000
    np.testing.assert_allclose(rgb[..., 1], expected, rtol=1e-5)


@pytest.mark.parametrize("blocks", [1, 2])
def test_a_ramp_has_no_colour(blocks: int) -> None:
    """Red and blue samples sit off the centre; both must read the centre's level."""
    y, x = np.mgrid[0:80, 0:80]
    rgb, _, _ = bin_mosaic(mosaic(3 * x + 5 * y), blocks, NO_LIMIT, [])
    inner = rgb[2:-2, 2:-2]
    np.testing.assert_allclose(inner[..., 0], inner[..., 1], atol=1e-5)
    np.testing.assert_allclose(inner[..., 2], inner[..., 1], atol=1e-5)


def test_a_quarter_of_the_samples_makes_a_clipped_pixel() -> None:
    values = np.full((8, 8), 500)
    values[0, 0] = 990
    values[4, 4] = values[4, 6] = 990
    _, clipped, _ = bin_mosaic(mosaic(values), 2, (980.0, 980.0, 980.0), [])
    assert clipped[0, 0].tolist() == [True, False, False]
    assert clipped[1, 1].tolist() == [True, False, False]
    assert clipped.sum() == 2


def test_more_than_255_blocks_do_not_overflow() -> None:
    values = np.full((1200, 1200), 999)
    rgb, clipped, _ = bin_mosaic(mosaic(values), 300, (900.0, 900.0, 900.0), [])
    np.testing.assert_allclose(rgb, 0.999, rtol=1e-5)
    assert clipped.all()


def test_gain_maps_act_on_their_own_colour() -> None:
    gains = np.array([[2.0, 2.0], [2.0, 2.0]], np.float32)
    red = GainMap((0, 0, 40, 60), (2, 2), (0.0, 0.0), (1.0, 1.0), gains)
    frame = mosaic(np.full((40, 60), 300))
    for rgb, _, gain in (
        bin_mosaic(frame, 2, NO_LIMIT, [red]),
        interpolate_mosaic(frame, NO_LIMIT, [red]),
    ):
        np.testing.assert_allclose(rgb[5, 5], [0.6, 0.3, 0.3], rtol=1e-5)
        assert np.isfinite(gain).all()


def test_interpolation_keeps_samples_and_planes() -> None:
    y, x = np.mgrid[0:32, 0:48]
    values = 2 * x + 7 * y + 50
    rgb, clipped, _ = interpolate_mosaic(mosaic(values), NO_LIMIT, [])
    assert rgb.shape == (32, 48, 3)
    inner = rgb[2:-2, 2:-2] * 1000
    np.testing.assert_allclose(inner, np.repeat(values[2:-2, 2:-2, None], 3, 2), rtol=1e-4)
    assert not clipped.any()


def test_levels_are_found_per_colour() -> None:
    draw = np.random.default_rng(2).exponential(600, (400, 400))
    ceiling = np.array([980, 940, 900])[np.tile(BAYER, (200, 200))]
    found = clipping_levels(mosaic(np.minimum(draw, ceiling)))
    np.testing.assert_allclose(found, [980, 940, 900], atol=20)


@pytest.mark.parametrize(
    ("shape", "size", "expected"), [((3000, 4000), 1024, 2), ((64, 96), 1024, 1)]
)
def test_block_size(shape: tuple[int, int], size: int, expected: int) -> None:
    assert block_size(*shape, 2, size) == expected
    assert max(shape) / (2 * expected) <= size
