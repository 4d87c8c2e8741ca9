"""Multipliers, and the matrix a change makes."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from pathlib import Path

import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.recipe.color_temperature import kelvin_tint_to_xy
from sidelight.recipe.white_balance import (
    MAXIMUM_MULTIPLIER,
    CameraWhiteBalance,
    ColorMatrix,
    RelativeWhiteBalance,
    white_balance_from_json,
)

SRGB_TO_XYZ = colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ
GOPRO = np.array([[1.0344, -0.421, -0.062], [-0.2315, 1.0625, 0.1948], [0.0093, 0.1058, 0.5541]])
GOPRO_WARM = (1.8331, -0.8166, -0.2478, 0.1391, 0.8961, -0.0367, 0.0822, 0.0662, 0.2597)
HERO6 = np.array([1.914062, 1.0, 1.75])
FUSION = np.array([2.026367, 1.0, 1.647948])


@pytest.fixture
def hero6() -> CameraWhiteBalance:
    return CameraWhiteBalance.from_color_matrix(GOPRO, HERO6)


def test_as_shot_of_known_cameras() -> None:
    """The temperatures `imaging.md` measured for the GoPros, 5022 and 5533 K."""
    for shot, expected in ((HERO6, 5022), (FUSION, 5533)):
        single = CameraWhiteBalance.from_color_matrix(GOPRO, shot)
        warm, cool = ColorMatrix(2850, GOPRO_WARM), ColorMatrix(5000, tuple(GOPRO.ravel()))
        dual = CameraWhiteBalance.from_color_matrix(GOPRO, shot, (warm, cool))
        assert single.kelvin == pytest.approx(expected, abs=4)
        assert dual.kelvin == pytest.approx(expected, abs=4)


def test_thirty_mired_warmer(hero6: CameraWhiteBalance) -> None:
    fusion = CameraWhiteBalance.from_color_matrix(GOPRO, FUSION)
    for balance in (hero6, fusion):
        red, green, blue = balance.multipliers(-30) / balance.as_shot
        assert 1.073 < red < 1.080
        assert green == 1
        assert blue == pytest.approx(0.893, abs=0.003)


def test_a_chart_lit_by_d65() -> None:
    """A camera that sees linear sRGB, white D65."""
    cm = np.linalg.inv(SRGB_TO_XYZ)
    balance = CameraWhiteBalance.from_color_matrix(cm, np.ones(3))
    assert balance.kelvin == pytest.approx(6502, abs=4)
    assert balance.tint == pytest.approx(9.6, abs=0.3)


def test_no_shift_changes_nothing(hero6: CameraWhiteBalance) -> None:
    np.testing.assert_allclose(hero6.multipliers(), HERO6, rtol=1e-12)
    np.testing.assert_allclose(hero6.matrix(), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(RelativeWhiteBalance().matrix(), np.eye(3), atol=1e-12)


def test_white_stays_white_through_the_camera_matrix(hero6: CameraWhiteBalance) -> None:
    np.testing.assert_allclose(hero6.camera_to_working @ np.ones(3), np.ones(3), rtol=1e-12)
    product = hero6.camera_to_working @ hero6.camera_from_working
    np.testing.assert_allclose(product, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("balance", ["camera", "relative"])
def test_negative_mired_warms_and_positive_tint_is_magenta(
    balance: str, hero6: CameraWhiteBalance
) -> None:
    it = hero6 if balance == "camera" else RelativeWhiteBalance()
    red, green, blue = it.matrix(-40) @ np.ones(3)
    assert red > green > blue
    red, green, blue = it.matrix(0, 30) @ np.ones(3)
    assert red > green and blue > green


def test_matrix_is_what_the_multipliers_do(hero6: CameraWhiteBalance) -> None:
    pixel = np.array([0.3, 0.2, 0.1])
    camera = hero6.camera_from_working @ pixel / hero6.as_shot
    by_hand = hero6.camera_to_working @ (camera * hero6.multipliers(25, -12))
    np.testing.assert_allclose(hero6.matrix(25, -12) @ pixel, by_hand, rtol=1e-10)


@given(
    st.floats(-1e4, 1e4) | st.sampled_from([float("nan"), float("inf")]),
    st.floats(-1e4, 1e4) | st.sampled_from([float("nan"), float("-inf")]),
)
def test_any_shift_gives_finite_limited_numbers(mired: float, tint: float) -> None:
    camera = CameraWhiteBalance.from_color_matrix(GOPRO, HERO6)
    for balance in (camera, RelativeWhiteBalance()):
        gains = balance.multipliers(mired, tint)
        assert np.isfinite(gains).all() and gains[1] == 1
        assert gains.min() >= 1 / MAXIMUM_MULTIPLIER and gains.max() <= MAXIMUM_MULTIPLIER
        assert np.isfinite(balance.matrix(mired, tint)).all()


def test_temperature_is_limited() -> None:
    balance = RelativeWhiteBalance()
    np.testing.assert_array_equal(balance.multipliers(1000), balance.multipliers(400))


def test_an_impossible_neutral_is_no_error() -> None:
    balance = CameraWhiteBalance.from_color_matrix(GOPRO, np.array([0.001, 1.0, 900.0]))
    assert 2000 <= balance.kelvin <= 50000
    with pytest.raises(ValueError, match="positive"):
        CameraWhiteBalance.from_color_matrix(GOPRO, np.array([-1.0, 0.976, 1.007]))


def test_two_calibrations_are_interpolated_in_reciprocal_kelvin() -> None:
    calibrations = (ColorMatrix(2850, GOPRO_WARM), ColorMatrix(5000, tuple(GOPRO.ravel())))
    balance = CameraWhiteBalance.from_color_matrix(GOPRO, HERO6, calibrations)
    kelvin = 1e6 / (0.5 * (1e6 / 2850 + 1e6 / 5000))
    x, y = kelvin_tint_to_xy(kelvin)
    middle = 0.5 * (np.reshape(GOPRO_WARM, (3, 3)) + GOPRO)
    neutral = middle @ np.array([x / y, 1, (1 - x - y) / y])
    shift = 1e6 / kelvin - 1e6 / balance.kelvin, -balance.tint
    np.testing.assert_allclose(balance.multipliers(*shift), neutral[1] / neutral, rtol=1e-3)


def test_a_solver_can_ask_often(hero6: CameraWhiteBalance) -> None:
    def seconds(ask: Callable[[], object]) -> float:
        return min(timeit.repeat(ask, number=200, repeat=5))

    one_inverse = seconds(lambda: np.linalg.inv(GOPRO))
    assert seconds(lambda: hero6.multipliers(-12.5, 3.0)) < 20 * one_inverse


@pytest.mark.parametrize(
    ("name", "kelvin"),
    [
        ("gopro_hero6_GOPR0024_demo.dng", 5022),
        ("gopro_fusion_GPFR7066_demo.dng", 5533),
    ],
)
def test_photos(shared: Path, name: str, kelvin: float) -> None:
    from sidelight.imaging import read_photo

    info = read_photo(shared / "data/photos" / name, 256).info
    assert info.white_balance_source == "camera"
    assert info.white_balance.kelvin == pytest.approx(kelvin, abs=3)


@pytest.mark.parametrize("calibrated", [False, True])
def test_a_cameras_white_balance_crosses_processes_to_the_bit(calibrated: bool) -> None:
    matrices = (ColorMatrix(2856.0, GOPRO_WARM), ColorMatrix(6504.0, tuple(GOPRO.ravel())))
    before = CameraWhiteBalance.from_color_matrix(GOPRO, HERO6, matrices if calibrated else ())
    after = white_balance_from_json(json.loads(json.dumps(before.to_json(), allow_nan=False)))
    assert isinstance(after, CameraWhiteBalance)
    assert (after.kelvin, after.tint, after.calibrations) == (
        before.kelvin,
        before.tint,
        before.calibrations,
    )
    for shift in ((0.0, 0.0), (-31.7, 4.2), (150.0, -150.0)):
        assert np.array_equal(after.multipliers(*shift), before.multipliers(*shift))
        assert np.array_equal(after.matrix(*shift), before.matrix(*shift))
    assert np.array_equal(after.camera_from_working, before.camera_from_working)


def test_a_rendered_pictures_white_balance_crosses_processes() -> None:
    before = RelativeWhiteBalance(5000.0, 3.0)
    assert white_balance_from_json(json.loads(json.dumps(before.to_json()))) == before


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "camera"},
        {"kind": "relative", "kelvin": "warm", "tint": 0},
        {"kind": "auto"},
        {
            "kind": "camera",
            "xyz_to_camera": [[0.0] * 3] * 3,
            "as_shot": [1, 1, 1],
            "camera_to_working": [[0.0] * 3] * 3,
            "calibrations": [],
        },
    ],
)
def test_unusable_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        white_balance_from_json(values)
