"""Matrix and chromatic adaptation against the program."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import channelmixerrgb
from sidelight.learning.chart import Chart
from sidelight.learning.operation_cases import MIX, Case
from sidelight.learning.operation_error import Renders, chart_error


@pytest.mark.parametrize("name", ["mix", "mix drawn 2", "cat16", "cat16 and mix"])
def test_matches_the_program(
    name: str, chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    error = chart_error(chart, case[name], renders[name])
    assert error.color_max < 0.02 and error.grey_max < 1e-3


def test_scene_light_matches_the_program(chart: Chart, renders: Renders) -> None:
    """Also above display white, where a color difference sees nothing."""
    mixed = channelmixerrgb.apply(chart.rgb, MIX)
    np.testing.assert_allclose(mixed, renders["mix"], rtol=3e-3, atol=3e-5)
    adapted = channelmixerrgb.adapt(chart.rgb, 0.3805, 0.3768)
    np.testing.assert_allclose(adapted, renders["cat16"], rtol=3e-3, atol=1e-4)


def test_light_without_luminance_is_black() -> None:
    rgb = np.array([[0.0, 0.0, 0.5], [0.2, 0.2, 0.2]])
    out = channelmixerrgb.apply(rgb, [[1.0, 0.0, -0.2], [0.0, 1.0, -0.2], [0.0, 0.0, 1.0]])
    np.testing.assert_array_equal(out[0], 0.0)
    assert (out[1] > 0.1).all()


def test_rows_act_after_the_adaptation() -> None:
    rgb = np.array([[0.2, 0.3, 0.4]])
    plain = channelmixerrgb.adapt(rgb, 0.34, 0.35)
    np.testing.assert_allclose(channelmixerrgb.adapt(rgb, 0.34, 0.35, np.eye(3)), plain)
    np.testing.assert_allclose(channelmixerrgb.adapt(rgb, 0.34, 0.35, 2.0 * np.eye(3)), 2.0 * plain)


def test_keeps_dtype_and_shape_of_arrays_and_tensors() -> None:
    rgb = np.random.default_rng(0).uniform(0, 1, (2, 5, 3)).astype(np.float32)
    out = channelmixerrgb.apply(rgb, MIX)
    assert out.shape == rgb.shape and out.dtype == np.float32
    torch = pytest.importorskip("torch")
    np.testing.assert_allclose(channelmixerrgb.apply(torch.from_numpy(rgb), MIX), out, rtol=1e-5)
