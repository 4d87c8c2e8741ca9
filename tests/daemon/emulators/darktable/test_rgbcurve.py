"""The curve: identity, nodes, extrapolation and derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import rgbcurve
from sidelight.recipe import ToneCurve

WAVE = 0.1 * np.sin(np.linspace(0.0, 2.0 * np.pi, 16))[1:-1]


def test_zero_offsets_are_the_identity_below_and_above_white() -> None:
    rgb = np.array([[0.001, 0.18, 0.9], [1.0, 2.5, 9.0]])
    np.testing.assert_allclose(rgbcurve.apply(rgb, np.zeros(14)), rgb, rtol=2e-4)


def test_passes_through_its_nodes() -> None:
    x = rgbcurve.NODES_X
    out = rgbcurve.apply(np.repeat(x[:, None], 3, axis=1), WAVE)[:, 0]
    np.testing.assert_allclose(out, rgbcurve.node_values(WAVE), atol=2e-5)


def test_monotone_nodes_give_a_monotone_curve() -> None:
    rng = np.random.default_rng(5)
    x = np.linspace(0.0, 3.0, 4000)
    for _ in range(20):
        offsets = np.array(ToneCurve.from_offsets(rng.uniform(-0.3, 0.3, 14)).offsets)
        out = rgbcurve.apply(np.repeat(x[:, None], 3, axis=1), offsets)[:, 0]
        assert (np.diff(out) >= -1e-9).all()


def test_tangents_are_means_of_the_neighbouring_slopes() -> None:
    y = rgbcurve.NODES_X**0.8
    m = rgbcurve.tangents(y)
    slope = np.diff(y) / np.diff(rgbcurve.NODES_X)
    assert m[0] == pytest.approx(slope[0]) and m[-1] == pytest.approx(slope[-1])
    np.testing.assert_allclose(m[5], 0.5 * (slope[4] + slope[5]))


def test_negative_light_becomes_black() -> None:
    assert rgbcurve.apply(np.array([[-0.1, 0.0, 0.2]]), WAVE)[0, 0] == 0.0


def test_derivatives_are_those_of_the_curve() -> None:
    rgb = np.random.default_rng(2).uniform(0.0, 1.5, (50, 3))
    after = rgbcurve.apply(rgb, WAVE)
    found = rgbcurve.derivatives(rgb, after, WAVE)
    for k in range(14):
        moved = WAVE.copy()
        moved[k] += 1e-4
        expected = (rgbcurve.apply(rgb, moved) - after) / 1e-4
        np.testing.assert_allclose(found[k], expected, rtol=1e-3, atol=2e-4)


def test_tangents_of_many_curves_are_those_of_each() -> None:
    random = np.random.default_rng(2)
    y = np.sort(random.uniform(0.0, 1.0, (40, 16)), axis=1)
    y[3] = y[3][::-1]
    y[4, 5:8] = y[4, 5]
    each = np.array([rgbcurve.tangents(row) for row in y])
    np.testing.assert_allclose(rgbcurve._many_tangents(y), each, rtol=1e-9, atol=1e-9)
