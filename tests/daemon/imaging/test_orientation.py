"""EXIF orientation against Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from sidelight.imaging.orientation import FROM_LIBRAW, swaps_sides, upright


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright(orientation: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (4, 6, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.getexif()[274] = orientation
    expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(upright(pixels, orientation), expected)
    assert swaps_sides(orientation) == (expected.shape[0] == 6)


def test_libraws_flips_are_all_of_them() -> None:
    assert sorted(FROM_LIBRAW.values()) == list(range(1, 9))
    y, x = np.mgrid[0:3, 0:5]
    pixels = 10 * y + x
    for flip, orientation in FROM_LIBRAW.items():
        rows, columns = (5, 3) if flip & 4 else (3, 5)
        expected = np.empty((rows, columns), int)
        for row in range(rows):
            for column in range(columns):
                r, c = (column, row) if flip & 4 else (row, column)
                r = 2 - r if flip & 2 else r
                c = 4 - c if flip & 1 else c
                expected[row, column] = pixels[r, c]
        np.testing.assert_array_equal(upright(pixels, orientation), expected)
