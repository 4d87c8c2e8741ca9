"""Twins, and the program's own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.editors.darktable import sigmoid

TONES = 0.18 * 2.0 ** np.linspace(-6.0, 0.0, 61)


def curve(light: np.ndarray, contrast: float, skew: float, white: float) -> np.ndarray:
    p, q, fog, paper = sigmoid.film_and_paper(contrast, skew, white)
    x = (fog + light) ** q
    return white * (x / (paper + x)) ** p


@pytest.mark.parametrize("stops", [0.25, 1.0, 1.5, 2.0, 2.3, 3.0, 4.0])
def test_twins_agree_below_white(stops: float) -> None:
    for points in np.linspace(-100.0, 100.0, 21):
        hdr = curve(TONES, *sigmoid.twin(points, stops), 2.0**stops)
        sdr = curve(TONES, *sigmoid.twin(points, 0.0), 1.0)
        assert np.abs(np.log2(hdr / sdr)).max() <= 0.03


def test_the_white_target_stands_above_the_headroom_and_joins_it_at_sdr() -> None:
    headrooms = np.linspace(0.0, 4.0, 41)
    stops = np.array([sigmoid.white_stops(headroom) for headroom in headrooms])
    assert stops[0] == 0.0
    assert (np.diff(stops) >= 0.0).all() and np.diff(stops).max() < 0.3
    assert (stops[1:-1] > headrooms[1:-1]).all() and 2.0 ** stops.max() < 16.0


def test_sdr_whites_raise_the_sdr_twin_and_never_above_the_hdr_twin() -> None:
    assert sigmoid.white_stops(0.0, -100.0) == sigmoid.white_stops(0.0, 0.0) == 0.0
    for whites in (10.0, 55.0, 100.0):
        raised = sigmoid.white_stops(0.0, whites)
        assert 0.0 < raised == pytest.approx(sigmoid.SDR_WHITES_STOPS * whites / 100.0)
        assert sigmoid.sdr_whites(raised) == pytest.approx(whites)
        twins = [sigmoid.white_stops(headroom, whites) for headroom in (0.0, 0.15, 0.5, 1.0, 2.3)]
        assert twins == sorted(twins)
        assert twins[-2:] == [sigmoid.white_stops(1.0), sigmoid.white_stops(2.3)]


@pytest.mark.parametrize("stops", [0.0, 0.4, 1.0])
def test_contrast_is_found_again(stops: float) -> None:
    for points in (-100.0, -35.0, 0.0, 60.0, 100.0):
        contrast, _ = sigmoid.twin(points, stops)
        assert sigmoid.points(float(contrast), stops) == pytest.approx(points, abs=1e-6)


def test_sdr_needs_no_compensation() -> None:
    assert sigmoid.twin(40.0, 0.0) == (sigmoid.contrast(40.0), 0.0)
    assert sigmoid.contrast(-100.0) == 0.75 and sigmoid.contrast(100.0) == 3.0


@pytest.mark.parametrize(
    ("contrast", "skew", "white", "ratio"),
    [
        (1.0, 0.0, 100.0, 0.991),
        (1.5, 0.0, 100.0, 1.006),
        (2.0, 0.0, 100.0, 0.9955),
        (3.0, 0.0, 100.0, 1.0),
        (1.5, 0.5, 100.0, 1.022),
        (1.5, -0.5, 100.0, 1.019),
        (1.5, 0.0, 400.0, 1.011),
        (1.5, 0.0, 1600.0, 1.016),
    ],
)
def test_the_programs_film_power_is_the_one_measured(
    contrast: float, skew: float, white: float, ratio: float
) -> None:
    exact = sigmoid.film_and_paper(contrast, skew, white / 100.0)[1] / sigmoid.PROGRAM_POWER
    found = sigmoid.program_film_power(contrast, skew, white)
    assert found / exact == pytest.approx(ratio, abs=6e-4)


@pytest.mark.parametrize("headroom", [0.0, 0.15, 1.0, 2.3, 4.0])
def test_settled_parameters_make_the_program_exact(headroom: float) -> None:
    errors = []
    stops = sigmoid.white_stops(headroom)
    for points in np.linspace(-100.0, 100.0, 41):
        contrast, skew = sigmoid.twin(points, stops)
        chosen = sigmoid.settle(contrast, skew, 2.0**stops)
        wanted = sigmoid.film_and_paper(contrast, skew, 2.0**stops)[1]
        found = sigmoid.program_film_power(chosen.contrast, chosen.skew, chosen.white_percent)
        errors.append(abs(found / wanted - 1.0))
        assert abs(chosen.skew - skew) <= 0.0031
        assert chosen.white_percent == pytest.approx(100.0 * 2.0**stops, rel=2e-5)
    assert np.mean(errors) < 1.2e-3 and max(errors) < 6e-3


def test_the_default_is_left_as_it_is() -> None:
    assert sigmoid.settle(1.5, 0.0, 1.0) == sigmoid.Sigmoid(1.5, 0.0, 100.0)


@pytest.mark.parametrize("white", [1.0, 4.0])
def test_the_curve_meets_black_grey_and_white(white: float) -> None:
    ends = curve(np.array([0.0, sigmoid.MIDDLE_GREY, 1e9]), 1.5, -0.3, white)
    np.testing.assert_allclose(ends, [0.000152, sigmoid.MIDDLE_GREY, white], rtol=1e-4)
