"""The stage's gains against the exact change of white balance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context
from sidelight.emulators.white_balance import white_balance_stage
from sidelight.recipe import CameraWhiteBalance, WhiteBalance
from sidelight.recipe.fields import BY_NAME, INDEX, VECTOR_SIZE
from sidelight.recipe.white_balance import RelativeWhiteBalance

SHIFTS = [(0, 0), (-25, 0), (25, 8), (0, -20), (60, 20), (-60, -20), (-60, 20)]


def theta_of(mired: float, tint: float) -> NDArray[np.float64]:
    theta = np.zeros(VECTOR_SIZE)
    theta[INDEX["temperature_mired"]] = mired / BY_NAME["temperature_mired"].scale
    theta[INDEX["tint"]] = tint / BY_NAME["tint"].scale
    return theta


@pytest.fixture(params=["camera", "rendered"])
def balance(request: pytest.FixtureRequest, white_balance: CameraWhiteBalance) -> WhiteBalance:
    return white_balance if request.param == "camera" else RelativeWhiteBalance()


@pytest.mark.parametrize(("mired", "tint"), SHIFTS, ids=str)
def test_the_stage_is_the_exact_matrix(balance: WhiteBalance, mired: float, tint: float) -> None:
    stage = white_balance_stage(Context(balance))
    matrix = stage.apply(np.eye(3), theta_of(mired, tint)).T
    exact = balance.matrix(mired, tint)
    to_camera = np.asarray(balance.camera_from_working)
    gains, wanted = (
        np.diag(to_camera @ value @ np.linalg.inv(to_camera)) for value in (matrix, exact)
    )
    assert np.allclose(gains, wanted, rtol=1.5e-3)
    assert np.allclose(matrix, exact, atol=3e-3)


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
