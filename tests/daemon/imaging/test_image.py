from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging.image import Image, Preview
from sidelight.recipe import PhotoInfo
from sidelight.recipe.white_balance import RelativeWhiteBalance


def _image() -> Image:
    info = PhotoInfo(Path("a.jpg"), False, RelativeWhiteBalance())
    return Image(np.zeros((2, 3, 3), np.float32), np.zeros((2, 3, 3), bool), info)


def test_an_image_cannot_be_given_other_pixels():
    with pytest.raises(FrozenInstanceError):
        _image().rgb = np.ones((2, 3, 3), np.float32)


def test_answers_can_be_remembered_by_image_but_not_mixed_up():
    one, other = _image(), _image()
    remembered = {one: "one"}
    assert remembered.get(one) == "one"
    assert remembered.get(other) is None, "equal pixels of two photos are two images"


def test_a_preview_says_how_its_origin_was_told():
    preview = Preview(np.zeros((2, 3, 3), np.uint8), False, "no tone curve in it")
    assert not preview.from_camera and preview.reason
