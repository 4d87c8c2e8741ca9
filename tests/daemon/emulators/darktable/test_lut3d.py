"""The 3D LUT against the program, and its amount."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import lut3d
from sidelight.learning.chart import Chart
from sidelight.learning.operation_cases import Case, look
from sidelight.learning.operation_error import Renders, chart_error
from sidelight.recipe import Lut3D


@pytest.mark.parametrize("name", ["look", "look, headroom 2"])
def test_matches_the_program(
    name: str, chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    error = chart_error(chart, case[name], renders[name])
    assert error.color_max < 0.05 and error.grey_max < 2e-3


def test_identity_changes_nothing_inside_srgb() -> None:
    rgb = np.random.default_rng(0).uniform(0.4, 0.6, (100, 3))
    np.testing.assert_allclose(lut3d.apply(rgb, Lut3D.identity(9)), rgb, atol=2e-6)


def test_headroom_brings_bright_light_through() -> None:
    rgb = np.full((1, 3), 3.0)
    np.testing.assert_allclose(lut3d.apply(rgb, Lut3D.identity(9), 2.0), rgb, rtol=1e-5)
    assert lut3d.apply(rgb, Lut3D.identity(9)).max() == pytest.approx(1.0, abs=1e-5)


def test_amount_blends_with_the_identity() -> None:
    lut = look()
    assert lut3d.blend_amount(lut, 1.0) is lut
    half = lut3d.blend_amount(lut, 0.5).table
    np.testing.assert_allclose(half, 0.5 * (lut.table + Lut3D.identity(17).table), atol=1e-6)


def test_a_tetrahedron_is_linear_between_its_corners() -> None:
    table = np.zeros((2, 2, 2, 3), dtype=np.float32)
    table[1, 0, 0], table[1, 1, 0], table[1, 1, 1] = [1, 0, 0], [0, 1, 0], [0, 0, 1]
    coded = np.array([[0.9, 0.5, 0.2]])
    out = lut3d._tetrahedral(coded, table.reshape(-1, 3), 2)
    np.testing.assert_allclose(out[0], [0.4, 0.3, 0.2], atol=1e-7)
