"""Framing and light between two photos."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from sidelight.engines.series_alignment import align


@pytest.fixture(scope="module")
def photos(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/engines/series_photos.py")


@pytest.mark.parametrize("shift", [(0, 0), (3, -7), (-10, 12), (2, 25)])
def test_a_change_of_light_is_measured_whatever_the_framing(photos, shift) -> None:
    first = photos.member("a")
    second = photos.member("b", shift=shift, light=(0.3, 0.1, -0.2), seed=1)
    match = align(first.cells, second.cells)
    assert match is not None
    np.testing.assert_allclose(match.change, [0.3, 0.1, -0.2], atol=0.03)
    assert match.correlation > 0.9
    assert match.spread < 0.3
    assert match.first.shape == match.second.shape
    assert 0.4 <= match.overlap <= 1.0


def test_the_same_photo_is_itself(photos) -> None:
    first = photos.member("a")
    match = align(first.cells, first.cells)
    assert match is not None
    assert match.overlap == 1.0
    assert match.spread == 0.0
    np.testing.assert_allclose(match.change, 0.0, atol=1e-9)


def test_an_even_gradient_is_not_taken_for_a_shift() -> None:
    rows = np.repeat(np.linspace(-6.0, -2.0, 24)[:, None, None], 32, axis=1)
    sky = np.repeat(rows, 3, axis=2)
    match = align(sky, sky + 0.5)
    assert match is not None
    np.testing.assert_allclose(match.change, 0.5, atol=0.02)


def test_another_scene_does_not_correlate(photos) -> None:
    match = align(photos.member("a").cells, photos.member("b", number=1).cells)
    assert match is None or match.correlation < 0.7


def test_what_cannot_be_compared_is_not(photos) -> None:
    first = photos.member("a").cells
    assert align(first, np.full_like(first, np.nan)) is None
    assert align(first, first[:, :-1]) is None
