"""The tone mapper against the program and against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import sigmoid
from sidelight.learning.chart import Chart, patch_means
from sidelight.learning.operation_cases import Case, twin_case
from sidelight.learning.operation_error import Renders, twin_difference


@pytest.mark.parametrize("name", ["rgb ratio", "half hue"])
def test_other_ways_with_color_match_the_program(
    name: str, chart: Chart, case: dict[str, Case], renders: Renders
) -> None:
    ours = case[name].emulate(chart.image)
    np.testing.assert_allclose(patch_means(ours), renders[name], rtol=6e-3, atol=5e-5)


@pytest.mark.parametrize("headroom", [1.0, 2.0, 3.0])
def test_the_programs_twins_differ_by_less_than_three_hundredths(
    headroom: float, chart: Chart, renders: Renders
) -> None:
    """From -6 to 0 EV, in darktable's own renders."""
    sdr, hdr = (renders[twin_case(0.0, h).name] for h in (0.0, headroom))
    assert twin_difference(chart, sdr, hdr) <= 0.03


@pytest.mark.parametrize("white", [1.0, 4.0])
def test_black_grey_and_white_are_where_they_are_set(white: float) -> None:
    rgb = np.repeat(np.array([[0.0], [0.1845], [1e7]]), 3, axis=1)
    out = sigmoid.apply(rgb, 1.5, -0.2, white)[:, 0]
    np.testing.assert_allclose(out, [0.000152, 0.1845, white], rtol=1e-3)


def test_hue_of_a_colour_is_kept() -> None:
    rgb = np.array([[0.9, 0.5, 0.1], [0.1, 0.2, 0.8], [0.3, 1.2, 0.9]])
    out = sigmoid.apply(rgb, 1.5)
    middle, order = np.sort(rgb, 1), np.sort(out, 1)
    share = (middle[:, 1] - middle[:, 0]) / (middle[:, 2] - middle[:, 0])
    np.testing.assert_allclose((order[:, 1] - order[:, 0]) / (order[:, 2] - order[:, 0]), share)
    np.testing.assert_array_equal(np.argsort(out, 1), np.argsort(rgb, 1))


def test_negative_light_is_pulled_into_the_working_space() -> None:
    rgb = np.array([[0.5, 0.2, -0.1], [-0.1, -0.2, -0.3]])
    out = sigmoid.apply(rgb, 1.5)
    assert np.isfinite(out).all() and (out > 0.0).all()
    mean = rgb[0].mean()
    pulled = mean + mean / (mean + 0.1) * (rgb[0] - mean)
    np.testing.assert_allclose(out[0], sigmoid.apply(pulled[None], 1.5)[0], rtol=1e-6)


def test_tones_rise_with_light() -> None:
    grey = np.repeat((0.18 * 2.0 ** np.linspace(-10.0, 6.0, 200))[:, None], 3, axis=1)
    assert (np.diff(sigmoid.apply(grey, 2.2, 0.3)[:, 0]) > 0.0).all()
