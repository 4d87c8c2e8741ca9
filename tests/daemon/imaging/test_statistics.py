"""Statistics of pictures whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging import statistics
from sidelight.imaging.color import lab_to_rgb


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
    assert mean.difference(mean) == 0.0
    grey = statistics.near_neutral_mean(np.full((4, 4, 3), 0.2), np.ones((4, 4), bool))
    assert grey is not None and mean.difference(grey) > 4
    assert grey.kelvin == pytest.approx(6504, abs=2)
    assert statistics.near_neutral_mean(rgb, np.zeros((30, 40), bool)) is None


@pytest.mark.parametrize("sigma", [0.001, 0.01])
def test_noise_floor(sigma: float) -> None:
    draw = np.random.default_rng(1)
    x = np.linspace(0.05, 0.9, 600)[None, :, None]
    noise = sigma * draw.standard_normal((400, 600, 1))
    rgb = np.repeat(x + noise, 3, 2).astype(np.float32)
    assert statistics.noise_floor(rgb) == pytest.approx(sigma, rel=0.15)
    assert statistics.noise_floor(np.zeros((4, 4, 3), np.float32)) == 0
