"""Gains by the mask: the gaussian sum, its limits and its neutral nodes."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.editors.darktable.operations import TONEEQUAL_FLAT
from sidelight.emulators.darktable import toneequal


def test_equal_gains_are_nearly_one_gain() -> None:
    table = toneequal.gain_table(np.ones(9))
    assert table.min() > 1.95 and table.max() < 2.05


def test_flat_nodes_ripple_less_than_zeros() -> None:
    flat = np.abs(np.log2(toneequal.gain_table(np.array(TONEEQUAL_FLAT)))).max()
    zero = np.abs(np.log2(toneequal.gain_table(np.zeros(9)))).max()
    assert flat < 0.0145 < zero


def test_outside_the_mask_the_gain_stays() -> None:
    gains = np.linspace(-1.0, 1.0, 9)
    rgb = np.ones((4, 3))
    out = toneequal.apply(rgb, np.array([-20.0, -8.0, 0.0, 5.0]), gains)
    np.testing.assert_allclose(out[0], out[1])
    np.testing.assert_allclose(out[2], out[3])


@pytest.mark.parametrize("mask_ev", [-7.3, -4.0, -0.1])
def test_the_table_is_the_sum_of_gaussians(mask_ev: float) -> None:
    gains = np.array([0.0, 0.2, 0.5, 1.0, 0.6, 0.0, -0.5, -0.8, -1.0])
    nodes, centres = np.linspace(-8.0, 0.0, 9), np.linspace(-8.0, 0.0, 8)
    design = np.exp(-((nodes[:, None] - centres) ** 2) / 4.0)
    factors, *_ = np.linalg.lstsq(design, 2.0**gains, rcond=None)
    direct = np.exp(-((mask_ev - centres) ** 2) / 4.0) @ factors
    out = toneequal.apply(np.ones((1, 3)), np.array([mask_ev]), gains)
    np.testing.assert_allclose(out[0, 0], direct, rtol=1e-4)


def test_gains_stay_within_two_stops() -> None:
    table = toneequal.gain_table(np.array([2.0] * 9) + 1.0)
    assert table.max() == 4.0


def test_a_steep_fall_turns_tones_over() -> None:
    steep = [1.2, 1.2, 1.2, 1.2, 0.4, -0.4, -1.2, -1.2, -1.2]
    assert toneequal.slopes(steep).min() < 0.25
    assert toneequal.slopes([0.0] * 9).min() > 0.8
