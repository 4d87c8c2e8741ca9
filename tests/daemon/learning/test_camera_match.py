from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import PhotoError
from sidelight.imaging import read_photo
from sidelight.imaging.image import Image
from sidelight.learning.camera_match import CameraMatch, Renders, compare, jpeg_light, markdown
from sidelight.learning.radiance import RadianceMap
from sidelight.learning.virtual_camera import Shot, take


@pytest.fixture
def image(patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path) -> Image:
    path = tmp_path / "photo.dng"
    path.write_bytes(take(patches, shot, lut_folder)[0].to_bytes())
    return read_photo(path)


def test_the_jpeg_itself_is_no_distance_away_and_a_lighter_one_is(image: Image) -> None:
    jpeg = jpeg_light(image)
    assert jpeg.shape == (384, 512, 3)
    assert 0.99 < jpeg.max() <= 1.0001
    lighter = np.sqrt(jpeg)
    found = compare("a", Renders(image, jpeg, lighter, jpeg[4:-4, 4:-4], jpeg, jpeg))
    assert found.default > 5
    assert found.rawtherapee == pytest.approx(0, abs=1e-6)
    assert found.camera == found.lightroom == pytest.approx(0, abs=1e-6)


def test_clipped_pixels_are_not_compared(image: Image) -> None:
    jpeg = jpeg_light(image)
    clipped = np.zeros(image.clipped.shape, bool)
    clipped[200:] = True
    wrong = jpeg.copy()
    wrong[210:] = 0.5
    spoiled = Renders(replace(image, clipped=clipped), jpeg, wrong, wrong, wrong, wrong)
    assert compare("a", spoiled).camera < 0.2
    assert compare("a", replace(spoiled, image=image)).camera > 1.5


def test_without_a_cameras_jpeg_there_is_nothing_to_compare_with(image: Image) -> None:
    with pytest.raises(PhotoError, match="no JPEG of a camera"):
        jpeg_light(replace(image, preview=None))


def test_the_table_has_a_line_for_each_photo_and_their_means() -> None:
    table = markdown([CameraMatch("a", 4.0, 3.0, 1.0, 1.5), CameraMatch("b", 6.0, 2.0, 2.0, 0.5)])
    lines = table.splitlines()
    assert lines[2] == "| a | 4.00 | 3.00 | 1.00 | 1.50 |"
    assert lines[-1] == "| mean | 5.00 | 2.50 | 1.50 | 1.00 |"
    assert len(lines) == 5
    assert "mean" not in markdown([CameraMatch("a", 4.0, 3.0, 1.0, 1.5)])
