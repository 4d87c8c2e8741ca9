"""White balance as multipliers of camera channels."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.darktable import temperature
from sidelight.learning.chart import Chart, patch_means
from sidelight.learning.operation_cases import Case
from sidelight.learning.operation_error import Renders
from sidelight.recipe import CameraWhiteBalance


def test_matches_the_program(chart: Chart, case: dict[str, Case], renders: Renders) -> None:
    """With the clipping that comes with other multipliers."""
    ours = patch_means(case["clip, warm"].emulate(chart.image))
    np.testing.assert_allclose(ours, renders["clip, warm"], rtol=2e-3, atol=3e-5)


def test_as_shot_changes_nothing_for_any_camera() -> None:
    matrix = np.array([[0.8, 0.1, 0.05], [0.2, 0.9, 0.1], [0.0, 0.2, 0.7]])
    balance = CameraWhiteBalance.from_color_matrix(matrix, [2.1, 1.0, 1.6])
    rgb = np.array([[0.2, 0.3, 0.1], [0.9, 0.1, 0.4]])
    np.testing.assert_allclose(temperature.apply(rgb, balance, balance.multipliers()), rgb)


def test_is_the_matrix_of_the_white_balance() -> None:
    matrix = np.array([[0.8, 0.1, 0.05], [0.2, 0.9, 0.1], [0.0, 0.2, 0.7]])
    balance = CameraWhiteBalance.from_color_matrix(matrix, [2.1, 1.0, 1.6])
    rgb = np.array([[0.2, 0.3, 0.1], [0.9, 0.1, 0.4]])
    ours = temperature.apply(rgb, balance, balance.multipliers(25.0, 5.0))
    np.testing.assert_allclose(ours, rgb @ balance.matrix(25.0, 5.0).T, rtol=1e-6)
