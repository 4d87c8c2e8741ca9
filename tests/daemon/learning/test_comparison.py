"""Comparing two renders."""

from __future__ import annotations

import colour
import numpy as np
import pytest

from sidelight.imaging.difference import box_average
from sidelight.learning.comparison import compare_renders


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    random = np.random.default_rng(5)
    small = random.uniform(0.02, 0.9, (30, 40, 3)).astype(np.float32)
    return np.repeat(np.repeat(small, 16, axis=0), 16, axis=1)


def test_a_render_is_no_different_from_itself(picture: np.ndarray) -> None:
    same = compare_renders(picture, picture)
    assert same.mean == 0.0
    assert same.p95 == 0.0
    assert same.offset == (0, 0)


def test_the_figure_is_an_independent_ciede2000(picture: np.ndarray) -> None:
    other = picture * np.array([1.1, 1.0, 0.9], np.float32)
    labs = [
        colour.XYZ_to_Lab(
            colour.RGB_to_XYZ(
                box_average(np.clip(rgb, 0, 1), 128), "ITU-R BT.2020", apply_cctf_decoding=False
            ),
            colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"],
        )
        for rgb in (picture, other)
    ]
    expected = colour.delta_E(*labs, method="CIE 2000")
    found = compare_renders(picture, other)
    assert found.mean == pytest.approx(expected.mean(), rel=2e-3)
    assert found.p95 == pytest.approx(np.percentile(expected, 95), rel=2e-3)


@pytest.mark.parametrize("shift", [(3, 0), (0, 5), (4, 2)])
def test_a_crop_is_undone(picture: np.ndarray, shift: tuple[int, int]) -> None:
    cropped = picture[shift[0] :, shift[1] :]
    found = compare_renders(cropped, picture)
    assert found.offset == shift
    assert found.mean < 0.01
    assert compare_renders(picture, cropped).mean < 0.01


def test_scale_does_not_matter(picture: np.ndarray) -> None:
    half = box_average(picture, 320)
    assert compare_renders(half, picture).mean < 0.05
    assert compare_renders(picture, half).mean < 0.05


def test_clipped_pixels_are_told_apart(picture: np.ndarray) -> None:
    other = picture.copy()
    other[:, :160] *= 0.5
    clipped = np.zeros((*picture.shape[:2], 3), bool)
    clipped[:, :160, 0] = True
    found = compare_renders(other, picture, clipped)
    assert found.mean < 0.01
    assert found.clipped_mean > 5
    assert found.clipped_share == pytest.approx(0.25, abs=0.01)


def test_values_above_white_count_as_white(picture: np.ndarray) -> None:
    one, two = picture.copy(), picture.copy()
    one[:160], two[:160] = 1.0, 7.0
    assert compare_renders(one, two).mean == 0.0


def test_a_mask_of_another_size_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="size"):
        compare_renders(picture, picture, np.zeros((4, 4), bool))
