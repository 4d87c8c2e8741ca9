"""The stage's gains against the exact change of white balance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context
from sidelight.emulators.white_balance import gain_polynomials, white_balance_stage
from sidelight.recipe import CameraWhiteBalance, WhiteBalance
from sidelight.recipe.fields import BY_NAME, INDEX, VECTOR_SIZE
from sidelight.recipe.white_balance import ColorMatrix, RelativeWhiteBalance

SHIFTS = [(0, 0), (-25, 0), (25, 8), (0, -20), (60, 20), (-60, -20), (-60, 20)]


def theta_of(mired: float, tint: float) -> NDArray[np.float64]:
    theta = np.zeros(VECTOR_SIZE)
    theta[INDEX["temperature_mired"]] = mired / BY_NAME["temperature_mired"].scale
    theta[INDEX["tint"]] = tint / BY_NAME["tint"].scale
    return theta


def two_lights(white_balance: CameraWhiteBalance) -> CameraWhiteBalance:
    """A camera calibrated under a lamp and, within a step of as shot, under daylight."""
    daylight = np.asarray(white_balance.xyz_to_camera)
    lamp = daylight * [[1.2], [1.0], [0.7]]
    calibrations = (
        ColorMatrix(2850.0, tuple(lamp.ravel())),
        ColorMatrix(5000.0, tuple(daylight.ravel())),
    )
    return CameraWhiteBalance.from_color_matrix(daylight, white_balance.as_shot, calibrations)


@pytest.fixture(params=["camera", "camera with two lights", "rendered"])
def balance(request: pytest.FixtureRequest, white_balance: CameraWhiteBalance) -> WhiteBalance:
    if request.param == "rendered":
        return RelativeWhiteBalance()
    return white_balance if request.param == "camera" else two_lights(white_balance)


@pytest.mark.parametrize(("mired", "tint"), SHIFTS, ids=str)
def test_the_stage_is_the_exact_matrix(balance: WhiteBalance, mired: float, tint: float) -> None:
    stage = white_balance_stage(Context(balance))
    matrix = stage.apply(np.eye(3), theta_of(mired, tint)).T
    exact = balance.matrix(mired, tint)
    to_camera = np.asarray(balance.camera_from_working)
    gains, wanted = (
        np.diag(to_camera @ value @ np.linalg.inv(to_camera)) for value in (matrix, exact)
    )
    assert np.allclose(gains, wanted, rtol=7e-4)
    assert np.allclose(matrix, exact, atol=3e-3)


def test_where_the_lights_of_a_camera_end_its_gains_bend(
    white_balance: CameraWhiteBalance,
) -> None:
    """One polynomial would be off by a percent on both sides of the bend."""
    balance = two_lights(white_balance)
    (bend,) = gain_polynomials(balance).edges
    at = bend * BY_NAME["temperature_mired"].scale
    assert abs(at - (1e6 / 5000.0 - 1e6 / balance.kelvin)) < 1e-9
    slopes = [
        np.log2(balance.multipliers(at + step)[2] / balance.multipliers(at)[2]) / step
        for step in (-0.01, 0.01)
    ]
    assert abs(slopes[1] / slopes[0] - 1.0) > 0.2
    for mired in np.linspace(at - 40.0, at + 40.0, 41):
        exact = balance.multipliers(mired)[[0, 2]] / balance.as_shot[[0, 2]]
        found = gain_polynomials(balance).gains(np.float64(mired / 150.0), np.float64(0.0))
        np.testing.assert_allclose(found, exact, rtol=3e-4)


def test_as_shot_changes_nothing(balance: WhiteBalance) -> None:
    rgb = np.random.default_rng(0).uniform(-0.1, 4, (50, 3))
    stage = white_balance_stage(Context(balance))
    assert np.allclose(stage.apply(rgb, np.zeros(VECTOR_SIZE)), rgb, atol=1e-12)


@pytest.mark.parametrize("mired", [-150.0, 150.0])
@pytest.mark.parametrize("tint", [-150.0, 150.0])
def test_the_far_corners_stay_close_and_positive(
    balance: WhiteBalance, mired: float, tint: float
) -> None:
    stage = white_balance_stage(Context(balance))
    to_camera = np.asarray(balance.camera_from_working)
    matrix = stage.apply(np.eye(3), theta_of(mired, tint)).T
    gains, wanted = (
        np.diag(to_camera @ value @ np.linalg.inv(to_camera))
        for value in (matrix, balance.matrix(mired, tint))
    )
    assert (gains > 0).all()
    assert np.abs(np.log2(gains / wanted)).max() < 1.0


def test_less_mired_warms_and_more_tint_turns_to_magenta(balance: WhiteBalance) -> None:
    """Lightroom's directions: a higher kelvin setting is a warmer picture."""
    stage = white_balance_stage(Context(balance))
    grey = np.full((1, 3), 0.18)
    warm = stage.apply(grey, theta_of(-40, 0))[0]
    cool = stage.apply(grey, theta_of(40, 0))[0]
    magenta = stage.apply(grey, theta_of(0, 30))[0]
    assert warm[0] / warm[2] > 1.05 > 0.95 > cool[0] / cool[2]
    assert magenta[1] < 0.99 * (magenta[0] + magenta[2]) / 2


def test_the_stage_names_its_settings(balance: WhiteBalance) -> None:
    stage = white_balance_stage(Context(balance), "temperature")
    assert stage.name == "temperature"
    assert stage.settings == (INDEX["temperature_mired"], INDEX["tint"])
    assert not stage.channelwise
