"""The chart's file holds the patches that its numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.learning.chart import COLUMNS, GREYS, PATCH_PX, Chart, patch_means, write_chart


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


def test_the_file_decodes_to_its_patches(chart: Chart) -> None:
    image = read_photo(chart.path)
    assert image.rgb.shape == chart.image.rgb.shape == (8 * PATCH_PX, COLUMNS * PATCH_PX, 3)
    np.testing.assert_allclose(patch_means(image.rgb), chart.rgb, rtol=2e-3, atol=3e-5)
    ours, theirs = chart.image.info.white_balance, image.info.white_balance
    np.testing.assert_allclose(theirs.multipliers(), [2.0, 1.0, 1 / 0.65], rtol=1e-4)
    np.testing.assert_allclose(theirs.matrix(30.0, -8.0), ours.matrix(30.0, -8.0), atol=1e-3)


def test_no_patch_is_clipped_and_greys_are_grey(chart: Chart) -> None:
    assert chart.rgb.max() < 0.987  # where darktable begins to reconstruct
    assert chart.grey.sum() == GREYS and chart.grey[:GREYS].all()
    greys = chart.rgb[chart.grey]
    np.testing.assert_allclose(greys, greys.mean(axis=1, keepdims=True).repeat(3, 1), rtol=0.05)
    assert (np.diff(greys[:, 1]) > 0).all() and greys[-1, 1] / greys[0, 1] > 2**11


def test_means_are_of_the_inner_part_of_each_patch(chart: Chart) -> None:
    picture = chart.image.rgb.copy()
    np.testing.assert_allclose(patch_means(picture), chart.rgb, rtol=1e-6)
    picture[::PATCH_PX], picture[:, ::PATCH_PX] = 9.0, 9.0
    np.testing.assert_allclose(patch_means(picture), chart.rgb, rtol=1e-6)
    picture[PATCH_PX // 2, PATCH_PX // 2] += 4.0
    moved = patch_means(picture) - chart.rgb
    np.testing.assert_allclose(moved[0], 4.0 / 20**2, rtol=1e-3)
    assert np.abs(moved[1:]).max() < 1e-6
