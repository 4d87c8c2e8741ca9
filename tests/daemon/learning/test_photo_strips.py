"""The strips show five pictures of one photo, by the real programs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Picture

from sidelight.learning.photo_strips import NAMES, main, strip_of
from sidelight.learning.test_set import build


def test_a_picture_that_failed_leaves_its_place() -> None:
    grey = np.full((30, 40, 3), 0.18, dtype=np.float32)
    strip = strip_of([grey, None, grey, grey, grey], width=60)
    assert strip.width == 5 * 60 + 4 * 4
    pixels = np.asarray(strip)
    middle = pixels[15 + 20, 60 * 2 + 4 * 2 + 30]
    assert np.ptp(middle) == 0 and 110 <= middle[0] <= 125  # sRGB of 0.18
    assert (pixels[15 + 30, 64 + 50] == 46).all()


@pytest.mark.slow
@pytest.mark.darktable
def test_a_virtual_photo_gets_all_its_pictures(darktable_cli, shared, tmp_path) -> None:
    (built,) = build(tmp_path / "set", shared / "data", only=["virtual_01"])
    photo = built.raw
    assert main([str(tmp_path), str(photo)]) == 0
    with Picture.open(tmp_path / f"{photo.name}.jpg") as strip:
        pixels = np.asarray(strip, dtype=float)
    width = (pixels.shape[1] + 4) // len(NAMES) - 4
    cells = [pixels[20:, k * (width + 4) : k * (width + 4) + width] for k in range(len(NAMES))]
    assert min(cell.std() for cell in cells) > 15
    assert cells[3].mean() > cells[4].mean() + 10  # the HDR twin is shown two stops darker
