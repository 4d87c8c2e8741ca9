"""A photo reduced to what its series needs of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from sidelight.engines.series_member import LONG_SIDE, Member, working_rgb
from sidelight.errors import RecipeError


@pytest.fixture(scope="module")
def photos(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/engines/series_photos.py")


def test_cells_do_not_depend_on_the_cameras_white_balance(photos) -> None:
    one = photos.member("a")
    other = photos.member("b", balance=(1.6, 1.0, 2.2))
    assert one.cells.shape == (21, LONG_SIDE, 3)
    np.testing.assert_allclose(one.cells, other.cells, atol=2e-3)


def test_cells_change_with_the_exposure_and_are_absent_where_clipped(photos) -> None:
    one, brighter = photos.member("a"), photos.member("b", stops=1.0)
    both = ~np.isnan(one.cells) & ~np.isnan(brighter.cells)
    np.testing.assert_allclose((brighter.cells - one.cells)[both], 1.0, atol=2e-3)
    overexposed = photos.member("c", stops=4.0)
    assert np.isnan(overexposed.cells).sum() > np.isnan(one.cells).sum()


def test_cells_become_working_rgb_again(photos) -> None:
    image = photos.image()
    cells = photos.member("a").cells
    rgb = working_rgb(cells, image.info)
    block = image.rgb[:4, :4].reshape(-1, 3).mean(axis=0)
    assert rgb.shape == cells.shape
    np.testing.assert_allclose(rgb[0, 0], block, rtol=0.1)


def test_it_travels_as_a_little_json(photos) -> None:
    before = photos.member("a", stops=2.0)
    text = json.dumps(before.to_json())
    assert len(text) < 8000
    after = Member.from_json(json.loads(text), "a", before.info)
    np.testing.assert_allclose(after.cells, before.cells, atol=6e-4)
    assert after.guide_peak == before.guide_peak
    assert after.camera == ("Maker", "One", True)


@pytest.mark.parametrize(
    "damage",
    [{"size": [21, 33]}, {"size": [2000, 3000]}, {"cells": "?"}, {"guide_peak": None}, {"size": 7}],
)
def test_damaged_json_is_refused(photos, damage: dict[str, object]) -> None:
    one = photos.member("a")
    with pytest.raises(RecipeError, match="place in a series"):
        Member.from_json({**one.to_json(), **damage}, "a", one.info)


def test_a_tiny_picture_has_a_cell_for_each_pixel(photos) -> None:
    from dataclasses import replace

    from sidelight.engines.series_member import summarise

    image = photos.image()
    small = replace(image, rgb=image.rgb[:3, :5], clipped=image.clipped[:3, :5])
    assert summarise(small).cells.shape == (3, 5, 3)
