"""The truth behind a virtual RAW."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import UnreadableError
from sidelight.imaging.color import luminance
from sidelight.learning.radiance import RadianceMap
from sidelight.learning.truth import Truth
from sidelight.learning.virtual_camera import Shot, take


@pytest.fixture(scope="module")
def truth(patches: RadianceMap, shot: Shot, lut_folder: Path) -> Truth:
    return take(patches, shot, lut_folder)[1]


def test_it_is_stored_without_objects_and_read_back(truth: Truth, tmp_path: Path) -> None:
    path = tmp_path / "truth.npz"
    truth.save(path)
    again = Truth.load(path)
    np.testing.assert_array_equal(again.rgb, truth.rgb)
    assert again.full_well_e == truth.full_well_e
    with np.load(path, allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 damaged", b"\x80\x04K\x01."])
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "truth.npz"
    path.write_bytes(data)
    with pytest.raises(UnreadableError):
        Truth.load(path)


def test_a_grey_of_one_saturates_green_exactly(truth: Truth) -> None:
    assert (truth.camera_from_rgb @ np.ones(3))[1] == pytest.approx(1.0)
    assert (truth.camera_from_rgb @ np.ones(3)).max() == pytest.approx(1.0)


def test_limited_keeps_what_the_raw_holds(truth: Truth) -> None:
    limited = truth.limited()
    assert luminance(limited).max() == pytest.approx(truth.highest, rel=1e-5)
    held = luminance(truth.rgb) <= truth.highest
    np.testing.assert_array_equal(limited[held], truth.rgb[held])
    assert truth.clipped()[~held].any(axis=-1).all()


def test_the_least_neutral_that_saturates_everything_is_the_limit(truth: Truth) -> None:
    just = truth.highest * np.ones((1, 1, 3), np.float32)
    assert replace(truth, rgb=just * 1.001).clipped().all()
    assert not replace(truth, rgb=just * 0.999).clipped().all()


def test_noise_is_read_noise_in_the_dark_and_grows_like_a_root(truth: Truth) -> None:
    def sigma(level: float) -> float:
        return float(replace(truth, rgb=np.full((1, 1, 3), level, np.float32)).noise_sigma()[0, 0])

    assert sigma(0.4) / sigma(0.1) == pytest.approx(2.0, rel=0.03)
    bare = replace(truth, read_noise_e=2 * truth.read_noise_e, rgb=np.zeros((1, 1, 3), np.float32))
    assert float(bare.noise_sigma()[0, 0]) == pytest.approx(2 * sigma(0.0), rel=1e-3)


def test_averaging_keeps_the_mean_and_lowers_the_noise(truth: Truth) -> None:
    small = truth.averaged(128)
    assert small.rgb.shape == (96, 128, 3)
    assert small.rgb.mean() == pytest.approx(truth.rgb.mean(), rel=1e-4)
    assert small.full_well_e == pytest.approx(truth.full_well_e * 4)
    assert truth.averaged(1024) is truth
