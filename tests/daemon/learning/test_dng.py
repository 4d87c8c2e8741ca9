"""The DNG writer."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy
from PIL import Image

from sidelight.learning.dng import Dng


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), 120, np.uint8)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def dng() -> Dng:
    mosaic = np.arange(64 * 96, dtype=np.uint16).reshape(64, 96) + 600
    return Dng(
        mosaic=mosaic,
        black=512,
        white=15871,
        color_matrix=np.array([[0.9, -0.3, -0.1], [-0.4, 1.2, 0.2], [-0.1, 0.2, 0.7]]),
        as_shot_neutral=np.array([0.5, 1.0, 0.7]),
        jpeg=jpeg(),
        jpeg_size=(64, 48),
        make="Maker",
        model="Model",
        software="Model Ver.1.02",
        exposure_s=1 / 60,
        f_number=5.6,
        iso=200,
        focal_length_mm=24.0,
        captured="2025:06:01 12:00:00",
    )


def test_rawpy_reads_levels_pixels_white_balance_and_preview(dng: Dng, tmp_path: Path) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(dng.to_bytes())
    with rawpy.imread(str(path)) as raw:
        np.testing.assert_array_equal(raw.raw_image, dng.mosaic)
        assert raw.black_level_per_channel == [512] * 4
        assert raw.white_level == 15871
        np.testing.assert_array_equal(raw.raw_pattern, [[0, 1], [3, 2]])
        white_balance = np.array(raw.camera_whitebalance[:3])
        thumbnail = raw.extract_thumb()
    np.testing.assert_allclose(white_balance / white_balance[1], [2, 1, 1 / 0.7], rtol=1e-5)
    assert thumbnail.format == rawpy.ThumbFormat.JPEG
    assert Image.open(io.BytesIO(thumbnail.data)).size == (64, 48)


def test_the_exif_is_a_cameras(dng: Dng) -> None:
    exif = Image.open(io.BytesIO(dng.to_bytes())).getexif()
    inside = exif.get_ifd(34665)
    assert exif[271] == "Maker"
    assert exif[274] == 1
    assert float(inside[33434]) == pytest.approx(1 / 60)
    assert float(inside[33437]) == pytest.approx(5.6)
    assert inside[34855] == 200
    # A preview that a raw converter made names that program here.
    assert 50966 not in exif


def test_the_same_values_give_the_same_bytes(dng: Dng) -> None:
    assert dng.to_bytes() == replace(dng).to_bytes()


@pytest.mark.parametrize("shape", [(63, 96), (64, 95)])
def test_odd_sides_are_refused(dng: Dng, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even"):
        replace(dng, mosaic=np.zeros(shape, np.uint16)).to_bytes()
