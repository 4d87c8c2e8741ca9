from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.camera_cells import CELLS, matched_cells
from sidelight.imaging.color import REC2020_TO_SRGB, apply_matrix
from sidelight.imaging.image import Image, Preview
from sidelight.imaging.transfer import srgb_encode


def jpeg(rgb: np.ndarray) -> np.ndarray:
    """Codes of light darkened by one stop."""
    srgb = apply_matrix(0.5 * rgb, REC2020_TO_SRGB)
    return np.rint(255 * np.clip(srgb_encode(np.clip(srgb, 0, 1)), 0, 1)).astype(np.uint8)


@pytest.fixture
def photo(landscape: Image) -> Image:
    """The landscape with a camera's JPEG in it, larger than the proxy and cropped."""
    smooth = np.repeat(np.repeat(landscape.rgb[::6, ::6], 12, axis=0), 12, axis=1)
    image = replace(landscape, rgb=smooth, clipped=np.zeros(smooth.shape, bool))
    large = np.repeat(np.repeat(jpeg(smooth), 2, axis=0), 2, axis=1)
    return replace(image, preview=Preview(large[10:-10, 12:-12], True, "a camera's look"))


def test_matching_places_are_compared(photo: Image) -> None:
    cells = matched_cells(photo)
    assert cells is not None
    assert cells.rgb.shape == cells.target.shape == (*cells.weights.shape, 3)
    assert len(cells.weights) > 0.5 * CELLS**2 / 2
    assert 0 < cells.weights.min() <= cells.weights.max() <= 1
    flat = (cells.weights > 0.9) & (cells.target.max(axis=1) < 0.9)
    flat &= cells.target.min(axis=1) > 0.02
    assert flat.sum() > 100
    ratio = cells.target[flat] / cells.rgb[flat]
    assert np.median(ratio) == pytest.approx(0.5, abs=0.005)
    assert np.percentile(np.abs(ratio - 0.5), 90) < 0.03


def test_clipped_cells_weigh_less_and_are_marked(photo: Image) -> None:
    clipped = photo.clipped.copy()
    clipped[:60, :, 1] = True
    cells, before = matched_cells(replace(photo, clipped=clipped)), matched_cells(photo)
    assert cells is not None and before is not None
    assert not before.clipped.any()
    assert 0.15 < cells.clipped.mean() < 0.45
    assert cells.weights[cells.clipped].max() == pytest.approx(0.3)
    assert cells.share < before.share


def test_cells_that_are_no_light_are_left_out(photo: Image) -> None:
    rgb = photo.rgb.copy()
    rgb[30:90, 30:90] = np.nan
    rgb[100:110] = 1e30
    cells = matched_cells(replace(photo, rgb=rgb))
    assert cells is not None
    assert np.isfinite(cells.rgb).all()
    assert cells.rgb.max() < 1e4


def test_without_a_cameras_jpeg_there_are_none(photo: Image) -> None:
    assert photo.preview is not None
    assert matched_cells(replace(photo, preview=None)) is None
    plain = replace(photo.preview, from_camera=False, reason="no look is in it")
    assert matched_cells(replace(photo, preview=plain)) is None


def test_a_jpeg_of_something_else_is_not_compared(photo: Image) -> None:
    other = np.random.default_rng(5).integers(0, 255, (24, 36, 3)).repeat(10, 0).repeat(10, 1)
    preview = Preview(other.astype(np.uint8), True, "a camera's look")
    assert matched_cells(replace(photo, preview=preview)) is None


def test_a_selection_keeps_the_share(photo: Image) -> None:
    cells = matched_cells(photo)
    assert cells is not None
    some = cells.take(np.arange(7))
    assert some.rgb.shape == (7, 3)
    assert some.share == cells.share
