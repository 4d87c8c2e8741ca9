"""Which blend parameters refer to a drawn mask."""

from __future__ import annotations

import struct

import pytest

from sidelight_xmp.darktable.blend import SIZE, VERSION, mask_id, uses_drawn_mask
from sidelight_xmp.darktable.params import params_to_text
from sidelight_xmp.errors import DamagedSidecarError

DEFAULT_OF_DARKTABLE = "gz14eJxjYIAACQYYOOHEgAZY0QVwggZ7CB6pfNoAAE8gGQg="


def _with_mask(number: int) -> str:
    data = bytearray(SIZE)
    struct.pack_into("<I", data, 24, number)
    return params_to_text(bytes(data))


@pytest.mark.parametrize(
    ("version", "text", "expected"),
    [
        (None, None, 0),
        (VERSION, "", 0),
        (VERSION, DEFAULT_OF_DARKTABLE, 0),
        (VERSION, _with_mask(1002), 1002),
        (VERSION, _with_mask(0xFFFFFFFF), 0),
        (VERSION, "00" * 8, None),
        (8, _with_mask(0), None),
    ],
)
def test_mask_id(version, text, expected):
    assert mask_id(version, text) == expected
    assert uses_drawn_mask(version, text) == (expected != 0)


def test_damaged_text_is_refused():
    with pytest.raises(DamagedSidecarError):
        mask_id(VERSION, "gz01????")
