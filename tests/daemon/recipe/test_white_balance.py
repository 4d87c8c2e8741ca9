"""Kelvin, tint and multipliers."""

from __future__ import annotations

import json
import timeit
from pathlib import Path

import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.recipe.white_balance import (
    MAXIMUM_MULTIPLIER,
    CameraWhiteBalance,
    ColorMatrix,
    RelativeWhiteBalance,
    kelvin_tint_to_xy,
    white_balance_from_json,
    xy_to_kelvin_tint,
)

SRGB_TO_XYZ = colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ
GOPRO = np.array([[1.0344, -0.421, -0.062], [-0.2315, 1.0625, 0.1948], [0.0093, 0.1058, 0.5541]])
GOPRO_WARM = (1.8331, -0.8166, -0.2478, 0.1391, 0.8961, -0.0367, 0.0822, 0.0662, 0.2597)
HERO6 = np.array([1.914062, 1.0, 1.75])
FUSION = np.array([2.026367, 1.0, 1.647948])


@pytest.fixture
def hero6() -> CameraWhiteBalance:
    return CameraWhiteBalance.from_color_matrix(GOPRO, HERO6)


@pytest.mark.parametrize("kelvin", [2000, 2856, 3200, 5000, 6504, 9000, 20000, 50000])
@pytest.mark.parametrize("tint", [-60.0, 0.0, 10.0, 90.0])
def test_kelvin_and_tint_agree_with_ohno_2013(kelvin: float, tint: float) -> None:
    xy = kelvin_tint_to_xy(kelvin, tint)
    cct, duv = colour.temperature.uv_to_CCT_Ohno2013(colour.xy_to_UCS_uv(np.array(xy)))
    assert 1e6 / cct == pytest.approx(1e6 / kelvin, abs=0.1)
    assert 3000 * duv == pytest.approx(tint, abs=0.05)


@given(st.floats(2000, 50000), st.floats(-150, 150))
def test_xy_and_back(kelvin: float, tint: float) -> None:
    back = xy_to_kelvin_tint(*kelvin_tint_to_xy(kelvin, tint))
    assert 1e6 / back[0] == pytest.approx(1e6 / kelvin, abs=0.01)
    assert back[1] == pytest.approx(tint, abs=0.01)


def test_daylight_has_a_tint_of_about_ten() -> None:
    for kelvin in (5000, 5500, 6504, 7500):
        xy = colour.temperature.CCT_to_xy_CIE_D(kelvin)
        found, tint = xy_to_kelvin_tint(*xy)
        assert found == pytest.approx(kelvin, rel=0.004)
        assert 8 < tint < 12


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


def test_multipliers_at_the_as_shot_light_are_as_shot(hero6: CameraWhiteBalance) -> None:
    np.testing.assert_allclose(hero6.multipliers_at(hero6.kelvin, hero6.tint), HERO6, rtol=1e-4)


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
    assert kelvin_tint_to_xy(1.0) == kelvin_tint_to_xy(2000)
    assert kelvin_tint_to_xy(1e9) == kelvin_tint_to_xy(50000)
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
    np.testing.assert_allclose(balance.multipliers_at(kelvin, 0), neutral[1] / neutral, rtol=1e-9)


def test_a_solver_can_ask_often(hero6: CameraWhiteBalance) -> None:
    seconds = min(timeit.repeat(lambda: hero6.multipliers(-12.5, 3.0), number=200, repeat=5)) / 200
    assert seconds < 50e-6


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
