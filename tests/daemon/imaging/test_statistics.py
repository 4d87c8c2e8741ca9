"""Scene statistics on pictures whose figures are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging import statistics
from sidelight.imaging.color import lab_to_rgb
from sidelight.imaging.image import Image
from sidelight.recipe import PhotoInfo
from sidelight.recipe.white_balance import RelativeWhiteBalance


def image(rgb: np.ndarray, clipped: np.ndarray | None = None, noise: float = 0.0) -> Image:
    info = PhotoInfo(Path("x"), False, RelativeWhiteBalance())
    mask = np.zeros(rgb.shape, bool) if clipped is None else clipped
    return Image(rgb.astype(np.float32), mask, info, None, noise)


def test_ev() -> None:
    np.testing.assert_allclose(statistics.ev([0.18, 0.36, 0.09]), [0, 1, -1])
    assert statistics.ev([0.0, -1.0]).tolist() == [-14, -14]


def test_scene_statistics() -> None:
    stops = np.linspace(-6, 2, 10001)
    rgb = np.repeat(0.18 * 2.0 ** stops[:, None, None], 3, 2)
    clipped = np.zeros(rgb.shape, bool)
    clipped[:1000, :, 0] = True
    clipped[:500] = True
    found = statistics.scene_statistics(image(rgb, clipped, 0.18 / 64))
    assert found.median_ev == pytest.approx(-2, abs=1e-3)
    assert found.mean_ev == pytest.approx(-2, abs=1e-3)
    assert found.range_ev == pytest.approx(8 * 0.99, abs=1e-2)
    assert found.clipped_any == pytest.approx(0.1, abs=1e-3)
    assert found.clipped_all == pytest.approx(0.05, abs=1e-3)
    assert found.noise_ev == pytest.approx(-6)


def test_near_neutral_mean() -> None:
    """Greys of a* 2, b* 5, a saturated patch and a black one beside them."""
    lab = np.zeros((30, 40, 3))
    lab[:] = [50, 2, 5]
    lab[:10] = [50, 60, 0]
    lab[10:15] = [5, 0, 0]
    rgb = lab_to_rgb(lab)
    where = statistics.near_neutral(rgb)
    assert where[15:].all() and not where[:15].any()
    mean = statistics.near_neutral_mean(rgb, where)
    assert mean is not None
    assert (mean.a, mean.b) == (pytest.approx(2, abs=1e-6), pytest.approx(5, abs=1e-6))
    assert mean.share == pytest.approx(0.5)
    assert mean.kelvin < 6300
    grey = statistics.near_neutral_mean(np.full((4, 4, 3), 0.2), np.ones((4, 4), bool))
    assert grey is not None and grey.kelvin == pytest.approx(6504, abs=2)
    assert statistics.near_neutral_mean(rgb, np.zeros((30, 40), bool)) is None


@pytest.mark.parametrize("sigma", [0.001, 0.01])
def test_noise_floor(sigma: float) -> None:
    draw = np.random.default_rng(1)
    x = np.linspace(0.05, 0.9, 600)[None, :, None]
    noise = sigma * draw.standard_normal((400, 600, 1))
    rgb = np.repeat(x + noise, 3, 2).astype(np.float32)
    assert statistics.noise_floor(rgb) == pytest.approx(sigma, rel=0.15)
    assert statistics.noise_floor(np.zeros((4, 4, 3), np.float32)) == 0
