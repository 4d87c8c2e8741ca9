"""EXIF and DNG tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from sidelight.imaging import read_photo
from sidelight.imaging.metadata import (
    Exif,
    RawTags,
    exif_from_pillow,
    exif_from_values,
    read_raw_tags,
    valid_multipliers,
)
from sidelight.imaging.tiff import Ifd


def test_values_of_every_shape() -> None:
    tags = {
        271: b"Maker\0junk",
        272: " Model \0",
        274: (6,),
        33434: IFDRational(1, 50),
        33437: (2.8,),
        34855: (100, 0),
        37380: -0.67,
        36867: "2024:01:02 03:04:05",
        306: "2025:01:01 00:00:00",
    }
    exif = exif_from_values(tags)
    assert (exif.make, exif.model, exif.orientation) == ("Maker", "Model", 6)
    assert exif.exposure_s == pytest.approx(0.02)
    assert (exif.f_number, exif.iso, exif.exposure_bias_ev) == (2.8, 100, -0.67)
    assert exif.captured == "2024:01:02 03:04:05"


def test_nonsense_is_absent() -> None:
    tags = {
        274: 99,
        33434: IFDRational(1, 0),
        33437: "f/8",
        34855: -5,
        37380: float("nan"),
        271: 17,
        36867: b"",
    }
    assert exif_from_values(tags) == Exif()


def test_broken_exif_of_a_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (32, 32)).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    assert exif_from_pillow(Image.open(path)).make == ""


@pytest.mark.parametrize(
    "values", [[-1.0, 0.976, 1.007], [0, 1, 0], [1, 1], [np.nan, 1, 1], [1, 1e-6, 1]]
)
def test_multipliers_that_are_none(values: list[float]) -> None:
    assert valid_multipliers(values) is None


def test_multipliers_have_green_one() -> None:
    np.testing.assert_allclose(valid_multipliers([2, 0.5, 1, 0]), [4, 1, 2])


def test_calibrations_need_two_lights_and_carry_the_analog_balance() -> None:
    identity = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    tags = {50721: identity, 50778: (17,), 50722: identity, 50779: (21,), 50727: (2.0, 1.0, 0.5)}
    warm, cool = RawTags((Ifd("main", tags),)).calibrations
    assert (warm.kelvin, cool.kelvin) == (2850, 6500)
    assert warm.xyz_to_camera[::4] == (2.0, 1.0, 0.5)
    assert RawTags((Ifd("main", {**tags, 50779: (17,)}),)).calibrations == ()
    assert RawTags((Ifd("main", {50721: identity, 50778: (17,)}),)).calibrations == ()
    assert RawTags().calibrations == ()


def test_baseline_exposure_and_preview_application() -> None:
    tags = RawTags((Ifd("main", {50730: (2.67,), 50966: b"Converter 1\0", 50706: (1, 4, 0, 0)}),))
    assert tags.baseline_exposure_ev == 2.67
    assert tags.preview_application == "Converter 1"
    assert tags.is_dng and not RawTags().is_dng
    assert RawTags((Ifd("main", {50730: (99.0,)}),)).baseline_exposure_ev == 10


def test_a_pixel(shared: Path) -> None:
    tags = read_raw_tags(shared / "data/photos/google_pixel7_hdrplus_small.dng")
    assert tags.baseline_exposure_ev == pytest.approx(2.67, abs=0.01)
    assert tags.exif.make == "Google"
    assert (tags.sensor.number(256), tags.sensor.number(257)) == (510, 382)
    assert len(tags.calibrations) == 2


def test_exif_before_the_damage_counts(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[274] = "Maker", 6
    exif.get_ifd(34665)[33434] = IFDRational(1, 50)
    path = tmp_path / "a.jpg"
    Image.new("RGB", (32, 32)).save(path, exif=exif)
    whole = exif_from_pillow(Image.open(path))
    assert (whole.make, whole.orientation, whole.exposure_s) == ("Maker", 6, pytest.approx(0.02))
    data = path.read_bytes()
    start = data.index(b"Exif\0\0") + 6
    pointer = data.index(bytes([0x87, 0x69, 0, 4]), start) + 8
    path.write_bytes(data[:pointer] + b"\x7f\0\0\0" + data[pointer + 4 :])
    found = exif_from_pillow(Image.open(path))
    assert (found.make, found.orientation, found.exposure_s) == ("Maker", 6, None)


def test_exif_of_a_png_behind_its_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 32), (9, 90, 9)).save(path, exif=exif)
    data = path.read_bytes()
    at, end = data.index(b"eXIf") - 4, data.index(b"IDAT") - 4
    path.write_bytes(data[:at] + data[end:-12] + data[at:end] + data[-12:])
    assert read_photo(path).info.orientation == 6
