"""The mask: flat areas, edges, exposure, and the level it is anchored at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators import guide
from sidelight.emulators.darktable import DarktableEmulator
from sidelight.imaging.image import Image
from sidelight.recipe import CameraWhiteBalance, PhotoInfo, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance


def picture(rgb: NDArray[np.float32], balance: object = None) -> Image:
    info = PhotoInfo(Path("photo.dng"), True, balance or RelativeWhiteBalance())
    return Image(rgb.astype(np.float32), np.zeros(rgb.shape, dtype=bool), info)


def textured(seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    steps = 0.18 * 2.0 ** np.repeat(np.repeat(rng.uniform(-5, 1, (4, 6)), 40, 0), 40, 1)
    noise = 2.0 ** rng.normal(0.0, 0.15, steps.shape)
    return np.repeat((steps * noise)[..., None], 3, axis=-1).astype(np.float32)


def test_a_flat_picture_is_its_own_norm() -> None:
    rgb = np.full((60, 90, 3), 0.18, dtype=np.float32)
    out = guide.exposure_guide(picture(rgb))
    assert out.shape == (60, 90) and out.dtype == np.float32
    np.testing.assert_allclose(out, np.log2(0.18 * np.sqrt(3.0)), atol=1e-5)


@pytest.mark.parametrize("size", [(160, 240), (161, 242), (37, 50), (3, 2)])
def test_at_some_places_it_is_what_it_is_there(size: tuple[int, int]) -> None:
    balance = CameraWhiteBalance.from_color_matrix(np.eye(3), [2.0, 1.0, 1.5])
    image = picture(textured()[: size[0], : size[1]], balance)
    index = np.random.default_rng(4).integers(0, image.rgb.shape[0] * image.rgb.shape[1], 300)
    for settings in ((0.0, None), (1.3, balance.matrix(25.0, 5.0))):
        whole = guide.exposure_guide(image, *settings).reshape(-1)
        some = guide.exposure_guide(image, *settings, index=index)
        assert some.dtype == np.float32
        np.testing.assert_allclose(some, whole[index], atol=1e-5)
    recipe = Recipe(exposure_ev=1.0, highlights=-40.0)
    emulator = DarktableEmulator()
    some = emulator.guide(image, recipe, index)
    np.testing.assert_allclose(some, emulator.guide(image, recipe).reshape(-1)[index], atol=1e-5)


def test_texture_is_smoothed_and_edges_stay() -> None:
    rng = np.random.default_rng(1)
    level = np.where(np.arange(240) < 120, 0.02, 0.6)[None, :].repeat(160, 0)
    rgb = (level * 2.0 ** rng.normal(0.0, 0.2, level.shape))[..., None].repeat(3, -1)
    out = guide.exposure_guide(picture(rgb))
    left, right = out[40:120, 20:80], out[40:120, 160:220]
    assert left.std() < 0.06 and right.std() < 0.06
    assert right.mean() - left.mean() == pytest.approx(np.log2(30.0), abs=0.15)
    assert out[80, 130] - out[80, 110] > 0.7 * np.log2(30.0)


def test_exposure_moves_the_mask_by_itself() -> None:
    image = picture(textured())
    plain, bright = guide.exposure_guide(image), guide.exposure_guide(image, 1.5)
    assert np.abs(plain - bright).mean() < 0.01


def test_white_balance_is_taken_before_the_norm() -> None:
    balance = CameraWhiteBalance.from_color_matrix(np.eye(3), [2.0, 1.0, 1.5])
    image = picture(np.full((40, 60, 3), 0.2, dtype=np.float32), balance)
    matrix = balance.matrix(40.0)
    camera = balance.camera_from_working @ matrix @ np.full(3, 0.2)
    out = guide.exposure_guide(image, 0.0, matrix)
    np.testing.assert_allclose(out, np.log2(np.linalg.norm(camera)), atol=1e-5)


def test_the_recursive_blur_is_its_kernel() -> None:
    values = np.random.default_rng(2).uniform(0.1, 1.0, (41, 57)).astype(np.float32)
    a = 1.695 / 3.0
    reach = np.arange(-80, 81)
    kernel = (1.0 + a * np.abs(reach)) * np.exp(-a * np.abs(reach))
    kernel /= kernel.sum()
    padded = np.pad(values.astype(float), 80, mode="edge")
    rows = np.apply_along_axis(np.convolve, 0, padded, kernel, "valid")
    whole = np.apply_along_axis(np.convolve, 1, rows, kernel, "valid")
    found = guide._gaussian(values, 3.0, float(values.min()), float(values.max()))
    np.testing.assert_allclose(found, whole, rtol=2e-4)


def test_black_and_negative_pixels_stay_finite() -> None:
    rgb = np.zeros((50, 70, 3), dtype=np.float32)
    rgb[10:20] = -0.01
    out = guide.exposure_guide(picture(rgb))
    assert np.isfinite(out).all() and out.min() >= guide.DARKEST_EV


def test_the_boost_puts_the_peak_at_zero_within_limits() -> None:
    values = np.linspace(-8.0, 0.5, 1001)
    peak = guide.guide_peak(values)
    assert guide.exposure_boost(values, 0.0) == pytest.approx(-(peak + 0.7))
    assert guide.exposure_boost(values, 5.0) == -4.0
    assert guide.exposure_boost(values - 6.0, -2.0) == 2.0


def test_the_guide_is_stale_after_a_large_move() -> None:
    near = Recipe(exposure_ev=-1.0, temperature_mired=30.0, tint=-30.0, shadows=100.0)
    assert not guide.is_stale(near)
    for far in ({"exposure_ev": 1.01}, {"temperature_mired": -31.0}, {"tint": 31.0}):
        assert guide.is_stale(Recipe(**far))


def test_darktables_guide_is_refreshed_at_a_recipe_that_reads_it() -> None:
    balance = CameraWhiteBalance.from_color_matrix(np.eye(3), [2.0, 1.0, 1.5])
    image = picture(textured() * np.array([0.2, 0.3, 1.0], dtype=np.float32), balance)
    emulator, as_shot = DarktableEmulator(), guide.exposure_guide(image)
    assert emulator.guide(image) is as_shot
    assert emulator.guide(image, Recipe(temperature_mired=-50.0)) is as_shot
    recipe = Recipe(temperature_mired=-50.0, exposure_ev=1.5, shadows=40.0)
    boost = guide.exposure_boost(as_shot, 1.5)
    exact = guide.exposure_guide(image, 0.7 + 1.5 + boost, balance.matrix(-50.0))
    np.testing.assert_array_equal(emulator.guide(image, recipe), exact)
    assert np.abs(exact - as_shot).mean() > 0.1
