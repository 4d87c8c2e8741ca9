"""Regions found in the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging.color import luminance
from sidelight.learning.scene_regions import (
    large,
    largest,
    levels_of,
    regions_of,
    touching_top,
)
from sidelight.learning.test_set import TEST_SET, build


def test_levels_are_about_the_median_whatever_the_exposure(rendered_scene) -> None:
    ramp = np.exp2(np.linspace(-6, 4, 48 * 64)).reshape(48, 64)
    one, two = (levels_of(rendered_scene(ramp * gain).truth) for gain in (1.0, 0.25))
    assert np.median(one) == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(one, two, atol=1e-4)


def test_parts_are_told_by_size_and_place() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:4, 5:9] = True
    mask[20:30, 20:30] = True
    mask[35, 3] = True
    assert touching_top(mask).sum() == 16
    assert large(mask, 0.01).sum() == 116
    assert largest(mask).sum() == 100
    assert not largest(np.zeros((4, 4), bool)).any()


def test_a_sun_is_not_the_sky_around_it(rendered_scene) -> None:
    scene = np.full((48, 64), 0.1)
    scene[:20] = 1.0
    scene[10:12, 30:32] = 4000.0
    found = regions_of(rendered_scene(scene).truth, 1)
    assert found["sun"].sum() == 4
    assert not (found["sky"] & found["sun"]).any()
    assert 0.9 * 20 * 64 < found["sky"].sum() < 20 * 64


WANTED = {
    1: ("sky", "sun"), 2: ("sky", "sun", "silhouette"), 3: ("sun", "glow"), 4: ("sky",),
    5: ("lamps", "walls"), 6: (), 7: ("wall",), 8: ("wall", "window"), 9: ("opening",),
    10: ("haze",), 11: ("specks", "greens"), 12: (),
}  # fmt: skip


def test_each_row_has_its_regions(shared: Path, tmp_path: Path) -> None:
    names = [photo.name for photo in TEST_SET[:12]]
    for item in build(tmp_path, shared / "data", names):
        truth = item.truth()
        found = regions_of(truth, item.photo.row)
        assert set(found) == set(WANTED[item.photo.row])
        y = luminance(truth.rgb)
        level = {name: np.median(y[mask]) for name, mask in found.items() if mask.sum() >= 24}
        assert set(level) == set(found), "each holds enough pixels to be measured"
        if "sun" in level and "sky" in level:
            assert level["sun"] > 100 * level["sky"]
        if "window" in level:
            assert level["window"] > 20 * level["wall"]
        if "lamps" in level:
            assert level["lamps"] > 20 * level["walls"]
        if "silhouette" in level:
            assert level["silhouette"] < level["sky"] / 8
        if "greens" in level:
            greens = truth.rgb[found["greens"]].mean(axis=0)
            assert greens[1] > greens[0] > greens[2]
