"""Real changes of light, parted from flicker."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from sidelight.engines.series_light import measure, smooth


@pytest.fixture(scope="module")
def photos(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/engines/series_photos.py")


def as_light(green) -> np.ndarray:
    green = np.asarray(green, dtype=float)
    return np.stack([green, 0.1 * green, -0.1 * green], axis=-1)


def test_the_cameras_exposure_and_framing_are_taken_out(photos) -> None:
    stops = [0.0, 0.67, -0.33, 0.33, -0.67, 0.0]
    green = [0.0, 0.03, -0.02, 0.01, -0.03, 0.02]
    members = [
        photos.member(str(i), stops=stop, light=(level,) * 3, shift=(i, -2 * i), seed=i, after_s=i)
        for i, (stop, level) in enumerate(zip(stops, green, strict=True))
    ]
    light = measure(members)
    np.testing.assert_allclose(
        light.recorded[:, 0], np.add(stops, green) - stops[0] - green[0], atol=0.02
    )
    assert np.ptp(light.real[:, 0]) < 0.04
    np.testing.assert_allclose(light.recorded[:, 1:], 0.0, atol=0.01)


def test_a_drift_of_light_and_color_is_real(photos) -> None:
    drift = np.linspace(0.0, -2.0, 9)
    members = [
        photos.member(str(i), light=(level + 0.2 * i, level, level - 0.1 * i), after_s=20 * i)
        for i, level in enumerate(drift)
    ]
    real = measure(members).real
    np.testing.assert_allclose(real[:, 0] - real[0, 0], drift, atol=0.05)
    np.testing.assert_allclose(real[-1, 1:] - real[0, 1:], [1.6, -0.8], atol=0.05)


def test_without_exif_brightness_counts_as_constant(photos) -> None:
    members = [photos.member(str(i), stops=i / 3, exposure_s=None, after_s=i) for i in range(4)]
    light = measure(members)
    np.testing.assert_allclose(light.recorded[:, 0], np.arange(4) / 3, atol=0.02)
    np.testing.assert_array_equal(light.real[:, 0], 0.0)


def test_what_cannot_be_compared_keeps_the_light_of_its_neighbour(photos) -> None:
    members = [
        photos.member("0"),
        photos.member("1", number=1, stops=1.0, after_s=1),
    ]
    np.testing.assert_allclose(measure(members).real[:, 0], measure(members).real[0, 0], atol=0.01)


def test_one_photo_is_its_own_light(photos) -> None:
    light = measure([photos.member("0")])
    np.testing.assert_array_equal(light.recorded, np.zeros((1, 3)))


def test_flicker_goes() -> None:
    flicker = 0.15 * np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
    assert np.abs(smooth(as_light(flicker))[:, 0]).max() < 0.07


def test_one_dark_photo_among_others_is_an_accident() -> None:
    level = np.zeros(9)
    level[4] = -0.3
    assert np.abs(smooth(as_light(level))[:, 0]).max() < 0.1


@pytest.mark.parametrize("at", [3, 5, 7])
def test_a_sudden_change_stays_sharp(at: int) -> None:
    random = np.random.default_rng(at)
    level = np.where(np.arange(11) < at, 0.0, -0.7) + random.normal(0, 0.02, 11)
    smoothed = smooth(as_light(level))[:, 0]
    np.testing.assert_allclose(smoothed[:at], 0.0, atol=0.08)
    np.testing.assert_allclose(smoothed[at:], -0.7, atol=0.08)


def test_two_photos_differ_only_where_they_clearly_do() -> None:
    assert np.ptp(smooth(as_light([0.0, 0.06]))[:, 0]) == 0.0
    assert np.ptp(smooth(as_light([0.0, 0.6]))[:, 0]) == pytest.approx(0.6)


def test_a_straight_drift_is_kept_to_the_ends() -> None:
    level = np.linspace(0.0, -2.5, 12)
    np.testing.assert_allclose(smooth(as_light(level))[:, 0], level, atol=1e-9)
