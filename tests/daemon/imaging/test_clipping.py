"""The clipping level in histograms, and what clipped pixels become."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.clipping import clipping_level, lost_light_is_neutral, reconstruct

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


def graded(light: np.ndarray, around: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A tinted glow over the upper half that clips green, then red, then blue, from the middle."""
    rows, columns = np.ogrid[:80, :120]
    level = light * np.exp(-((rows - 20) ** 2 + (columns - 60) ** 2) / 900.0)
    rgb = 0.1 + level[..., None] * np.array(around)
    limits = np.array([1.9, 1.0, 1.6])
    return np.minimum(rgb, limits).astype(np.float32), rgb >= limits


@pytest.mark.parametrize(
    ("around", "neutral"),
    [
        ((1.0, 1.0, 1.0), True),
        ((0.75, 1.0, 1.4), True),
        ((1.6, 1.0, 0.6), False),
        ((1.05, 0.65, 1.3), False),
    ],
    ids=["cloud", "blue sky", "sunset", "violet dawn"],
)
def test_light_grading_into_what_is_lost_tells_its_colour(
    around: tuple[float, float, float], neutral: bool
) -> None:
    assert lost_light_is_neutral(*graded(np.array(1.8), around)) is neutral


def test_an_area_that_is_lost_as_a_whole_has_no_colour() -> None:
    """A window in a room of warm light."""
    rgb = np.full((80, 120, 3), 0.3, np.float32) * np.array([1.6, 1.0, 0.6], np.float32)
    clipped = np.zeros(rgb.shape, bool)
    clipped[10:50, 20:80] = True
    rgb[clipped] = 1.5
    assert lost_light_is_neutral(rgb, clipped)


def test_little_lost_light_does_not_matter() -> None:
    rgb = np.full((80, 120, 3), 0.3, np.float32)
    clipped = np.zeros(rgb.shape, bool)
    assert not lost_light_is_neutral(rgb, clipped)
    clipped[40, 60:64] = True
    assert not lost_light_is_neutral(rgb, clipped)
    clipped[:] = True
    assert lost_light_is_neutral(rgb, clipped)
