from __future__ import annotations

import numpy as np
import pytest

from sidelight.learning.evaluation.intervals import estimate


def test_independent_photos_have_the_interval_of_the_normal_distribution(random):
    values = random.normal(3.0, 2.0, 400)
    found = estimate(values.tolist(), [str(i) for i in range(400)])
    assert found is not None and found.low is not None and found.high is not None
    assert found.mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / 20
    assert found.high - found.mean == pytest.approx(half, rel=0.1)
    assert found.mean - found.low == pytest.approx(half, rel=0.1)
    assert found.excludes_zero


def test_photos_of_one_scene_do_not_narrow_it(random):
    scenes = random.normal(0.0, 1.0, 30)
    once = estimate(scenes.tolist(), [str(i) for i in range(30)])
    often = estimate(np.repeat(scenes, 10).tolist(), [str(i // 10) for i in range(300)])
    assert once is not None and often is not None
    assert (often.photos, often.scenes) == (300, 30)
    assert (once.low, once.high) == pytest.approx((often.low, often.high))
    assert not once.excludes_zero


def test_the_mean_is_of_photos_whatever_their_scenes():
    found = estimate([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"])
    assert found is not None and found.mean == 2.0
    assert found.low is None and found.high is None, "two scenes are too few"
    assert not found.excludes_zero


def test_equal_photos_have_an_interval_of_no_width_and_a_seed_repeats():
    flat = estimate([2.0] * 6, list("abcdef"))
    assert flat is not None and (flat.low, flat.high) == (2.0, 2.0)
    values, scenes = [1.0, 2.0, 4.0, 9.0, 3.0, 5.0], list("abcdef")
    assert estimate(values, scenes, 1) == estimate(values, scenes, 1)


def test_five_scenes_are_too_few_and_six_are_enough():
    five, six = (estimate([1.0] * n, list("abcdef")[:n]) for n in (5, 6))
    assert five is not None and five.low is None
    assert six is not None and six.low == 1.0


def test_no_photos_are_no_mean():
    assert estimate([], []) is None
