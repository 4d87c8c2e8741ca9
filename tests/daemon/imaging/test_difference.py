"""Colour differences, averaging, alignment."""

from __future__ import annotations

import colour
import numpy as np
import pytest

from sidelight.imaging.difference import (
    box_average,
    crop_offset,
    delta_e_2000,
    delta_e_itp,
    render_difference,
)

# Sharma, Wu, Dalal (2005), table 1: two L*a*b* colours and their CIEDE2000.
SHARMA = np.array(
    [
        [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425],
        [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
        [50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412],
        [50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000],
        [50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000],
        [50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000],
        [50, 0, 0, 50, -1, 2, 2.3669],
        [50, -1, 2, 50, 0, 0, 2.3669],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0012, 7.2195],
        [50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045],
        [50, -0.0010, 2.4900, 50, 0.0010, -2.4900, 4.8045],
        [50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461],
        [50, 2.5, 0, 50, 0, -2.5, 4.3065],
        [50, 2.5, 0, 73, 25, -18, 27.1492],
        [50, 2.5, 0, 61, -5, 29, 22.8977],
        [50, 2.5, 0, 56, -27, -3, 31.9030],
        [50, 2.5, 0, 58, 24, 15, 19.4535],
        [50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000],
        [50, 2.5, 0, 50, 3.2972, 0, 1.0000],
        [50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000],
        [50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_sharmas_pairs() -> None:
    found = delta_e_2000(SHARMA[:, :3], SHARMA[:, 3:6])
    np.testing.assert_allclose(found, SHARMA[:, 6], atol=6e-5)


def test_against_colour_science() -> None:
    draw = np.random.default_rng(2)
    one, two = draw.uniform([0, -90, -90], [100, 90, 90], (2, 2000, 3))
    expected = colour.difference.delta_E_CIE2000(one, two)
    np.testing.assert_allclose(delta_e_2000(one, two), expected, atol=1e-8)


def test_delta_e_itp() -> None:
    one, two = np.random.default_rng(3).random((2, 40, 3)) * 4
    ictcp = [colour.RGB_to_ICtCp(x * 203, "ITU-R BT.2100-2 PQ", L_p=10000) for x in (one, two)]
    expected = colour.difference.delta_E_ITP(*ictcp)
    np.testing.assert_allclose(delta_e_itp(one, two), expected, rtol=0.02, atol=0.05)


def test_renders_are_limited_before_they_are_compared() -> None:
    bright = np.full((2, 2, 3), 3.0)
    assert render_difference(bright, np.ones((2, 2, 3))).max() == 0


@pytest.mark.parametrize("shape", [(300, 400), (128, 64), (401, 300), (97, 131)])
def test_box_average_keeps_the_mean(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(4).random((*shape, 3)).astype(np.float32) * 8
    small = box_average(rgb, 64)
    assert max(small.shape[:2]) == 64
    assert small.dtype == np.float32
    np.testing.assert_allclose(small.mean((0, 1)), rgb.mean((0, 1)), rtol=2e-3)


def test_box_average_of_whole_blocks_is_exact() -> None:
    rgb = np.random.default_rng(5).random((64, 128, 3)).astype(np.float32)
    expected = rgb.reshape(16, 4, 32, 4, 3).mean((1, 3))
    np.testing.assert_allclose(box_average(rgb, 32), expected, rtol=1e-5)
    assert box_average(rgb, 500) is rgb
    assert box_average(rgb[..., 0], 32).shape == (16, 32)


@pytest.mark.parametrize("offset", [(0, 0), (3, -2), (-5, 7)])
def test_crop_offset(offset: tuple[int, int]) -> None:
    scene = np.random.default_rng(6).random((140, 160)) + 0.1
    reference = scene[20:120, 20:140]
    moved = scene[20 + offset[0] : 120 + offset[0], 20 + offset[1] : 140 + offset[1]]
    assert crop_offset(moved, reference) == offset
