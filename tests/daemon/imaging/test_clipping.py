"""The clipping level in histograms, and what clipped pixels become."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.clipping import clipping_level, reconstruct

BLACK, WHITE = 100.0, 16383.0


def scene(size: int = 200_000) -> np.ndarray:
    return np.random.default_rng(1).exponential(3000, size) + BLACK


@pytest.mark.parametrize("ceiling", [15120, 15580, 16364, 16383])
@pytest.mark.parametrize("spread", [0, 30])
def test_a_pile_up_is_found_where_it_is(ceiling: int, spread: int) -> None:
    draw = np.random.default_rng(2)
    values = np.minimum(scene() * 2, ceiling) + spread * draw.standard_normal(200_000)
    level = clipping_level(values.clip(0, WHITE).astype(np.uint16), BLACK, WHITE)
    assert ceiling - 300 <= level <= ceiling


def test_no_pile_up_means_the_white_level() -> None:
    values = np.minimum(scene(), 14000).astype(np.uint16)
    smooth = values[values < 13000]
    assert clipping_level(smooth, BLACK, WHITE) == pytest.approx(WHITE, rel=0.01)


@pytest.mark.parametrize("at", [0.88, 0.93, 0.97])
def test_a_lit_wall_is_no_pile_up(at: float) -> None:
    """Shot noise of 30 000 electrons at saturation."""
    draw = np.random.default_rng(3)
    electrons = draw.poisson(30000 * at, 100_000) / 30000
    values = np.concatenate([scene(50_000), BLACK + electrons * (WHITE - BLACK)])
    level = clipping_level(values.clip(0, WHITE).astype(np.uint16), BLACK, WHITE)
    assert level == pytest.approx(WHITE, rel=0.01)


def test_all_clipped_becomes_neutral_and_is_not_darkened() -> None:
    gains = np.array([1.9, 1.0, 1.75], np.float32)
    balanced = np.full((40, 40, 3), 0.3, np.float32)
    balanced[10:30, 10:30] = gains
    clipped = np.zeros((40, 40, 3), bool)
    clipped[10:30, 10:30] = True
    out = reconstruct(balanced.copy(), clipped)
    inside = out[10:30, 10:30]
    assert np.ptp(inside, axis=2).max() < 1e-6
    assert inside.min() >= 1.5
    np.testing.assert_array_equal(out[:10], balanced[:10])


def test_a_clipped_channel_follows_the_other_two_and_the_hue_around() -> None:
    """A tinted gradient whose green saturates at one: the truth is known."""
    level = np.linspace(0.2, 1.6, 200, dtype=np.float32)
    truth = level[None, :, None] * np.array([0.9, 1.0, 0.8], np.float32) * np.ones((30, 1, 1))
    truth = truth.astype(np.float32)
    clipped = np.zeros(truth.shape, bool)
    clipped[..., 1] = truth[..., 1] >= 1
    seen = np.where(clipped, np.float32(1), truth)
    out = reconstruct(seen.copy(), clipped)
    where = clipped[..., 1]
    before = np.abs(seen[where] - truth[where]).mean()
    after = np.abs(out[where] - truth[where]).mean()
    assert after < 0.25 * before
    np.testing.assert_array_equal(out[~where], seen[~where])


def test_nothing_clipped_changes_nothing() -> None:
    pixels = np.random.default_rng(4).random((9, 9, 3)).astype(np.float32)
    np.testing.assert_array_equal(reconstruct(pixels.copy(), np.zeros((9, 9, 3), bool)), pixels)


def test_everything_clipped_is_finite() -> None:
    out = reconstruct(np.ones((5, 5, 3), np.float32), np.ones((5, 5, 3), bool))
    np.testing.assert_allclose(out, 1)
