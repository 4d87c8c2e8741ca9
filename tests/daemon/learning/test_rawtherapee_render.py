"""Renders by the real RawTherapee."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import ToolError
from sidelight.imaging import read_photo
from sidelight.learning.camera_match import jpeg_light
from sidelight.learning.radiance import RadianceMap
from sidelight.learning.rawtherapee_render import auto_matched_profile, render_rawtherapee
from sidelight.learning.virtual_camera import Shot, take


@pytest.fixture
def rawtherapee() -> str:
    found = shutil.which("rawtherapee-cli")
    if found is None:
        pytest.skip("rawtherapee-cli is not installed")
    return found


@pytest.fixture
def photo(patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "photo.dng"
    path.write_bytes(take(patches, shot, lut_folder)[0].to_bytes())
    return path


def test_its_curve_follows_the_embedded_jpeg(
    rawtherapee: str, photo: Path, patches: RadianceMap, shot: Shot, lut_folder: Path
) -> None:
    dark = photo.with_name("dark.dng")
    dark.write_bytes(take(patches, replace(shot, look="night"), lut_folder)[0].to_bytes())
    levels = []
    for path, rgb in zip((photo, dark), render_rawtherapee([photo, dark]), strict=True):
        jpeg = jpeg_light(read_photo(path))[4:-4, 4:-4]
        assert rgb.shape == jpeg.shape
        assert rgb.dtype == np.float32
        assert rgb.min() >= 0
        assert 0.9 < rgb.max() <= 1.001
        levels.append((np.median(rgb), np.median(jpeg)))
    (usual, usual_jpeg), (low, low_jpeg) = levels
    assert low_jpeg < 0.5 * usual_jpeg
    assert low < 0.5 * usual
    plain = render_rawtherapee([dark], profile=auto_matched_profile().with_name("Unclipped.pp3"))[0]
    assert np.median(plain) > 1.5 * low


def test_several_photos_come_back_in_order_and_nothing_is_touched(
    rawtherapee: str, photo: Path
) -> None:
    other = photo.with_name("a dark one.dng")
    shutil.copy(photo, other)
    before = {path.name: path.read_bytes() for path in photo.parent.iterdir()}
    one, two = render_rawtherapee([photo, other])
    np.testing.assert_array_equal(one, two)
    assert {path.name: path.read_bytes() for path in photo.parent.iterdir()} == before
    assert render_rawtherapee([]) == []


def test_a_photo_it_cannot_open_is_an_error(rawtherapee: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(b"no raw at all")
    with pytest.raises(ToolError, match=r"photo\.dng|failed"):
        render_rawtherapee([path])


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, photo: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="rawtherapee-cli is not installed"):
        render_rawtherapee([photo])
