"""Matrix and chromatic adaptation against the program."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.darktable import channelmixerrgb


def test_a_matrix_matches_the_program(
    oracle: ModuleType, chart: Any, renders: dict[str, NDArray[np.float64]]
) -> None:
    ours = channelmixerrgb.apply(chart.rgb, oracle.MIX)
    np.testing.assert_allclose(ours, renders["mix"], rtol=3e-3, atol=3e-5)


def test_cat16_matches_the_program(chart: Any, renders: dict[str, NDArray[np.float64]]) -> None:
    ours = channelmixerrgb.adapt(chart.rgb, 0.3805, 0.3768)
    np.testing.assert_allclose(ours, renders["cat16"], rtol=3e-3, atol=1e-4)


def test_rows_act_after_the_adaptation() -> None:
    rgb = np.array([[0.2, 0.3, 0.4]])
    plain = channelmixerrgb.adapt(rgb, 0.34, 0.35)
    np.testing.assert_allclose(channelmixerrgb.adapt(rgb, 0.34, 0.35, np.eye(3)), plain)
    np.testing.assert_allclose(channelmixerrgb.adapt(rgb, 0.34, 0.35, 2.0 * np.eye(3)), 2.0 * plain)
