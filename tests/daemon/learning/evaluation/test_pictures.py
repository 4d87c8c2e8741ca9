from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow

from sidelight.learning.evaluation.methods import Rendition
from sidelight.learning.evaluation.pictures import PICTURE_PX, pictures_of, small_jpeg


def _codes(jpeg: bytes | None) -> np.ndarray:
    assert jpeg is not None
    picture = Pillow.open(io.BytesIO(jpeg))
    assert picture.format == "JPEG"
    return np.asarray(picture).astype(int)


def test_a_picture_is_small_and_srgb():
    codes = _codes(small_jpeg(np.full((600, 800, 3), 0.2158605, np.float32)))
    assert codes.shape == (PICTURE_PX * 3 // 4, PICTURE_PX, 3)
    assert np.abs(codes - 128).max() <= 1


def test_an_hdr_rendition_is_darkened_and_mapped_above_white():
    hdr = np.repeat(np.float32([0.5, 1.0, 2.0, 4.0]), 40)[None, :, None]
    hdr = np.repeat(np.repeat(hdr, 40, axis=0), 3, axis=2)
    found = pictures_of(Rendition(np.minimum(hdr, 1.0), hdr), 2.0)
    dark, above = _codes(found.hdr_dark), _codes(found.above_white)
    np.testing.assert_allclose(above[20, [20, 60, 100, 140], 0], [0, 0, 127.5, 255], atol=4)
    # 0.25 and 1 in light.
    np.testing.assert_allclose(dark[20, [60, 140], 0], [137, 255], atol=3)
    assert pictures_of(Rendition(hdr), 2.0).hdr_dark is None
