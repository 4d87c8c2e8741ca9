"""Which blend parameters refer to a drawn mask."""

from __future__ import annotations

import struct

import pytest

from sidelight_xmp.darktable.blend import SIZE, VERSION, blends, mask_id, uses_drawn_mask
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


def _with_modes(modes: int) -> str:
    return params_to_text(struct.pack("<I", modes).ljust(SIZE, b"\0"))


@pytest.mark.parametrize(
    ("version", "text", "expected"),
    [
        (None, None, False),
        (VERSION, DEFAULT_OF_DARKTABLE, False),
        (14, DEFAULT_OF_DARKTABLE, False),
        (VERSION, _with_modes(0), False),
        (VERSION, _with_modes(2), False),  # a mask that is kept, blending switched off
        (VERSION, _with_modes(1), True),
        (14, _with_modes(3), True),
        (VERSION, "00" * 8, True),
        (8, _with_modes(0), True),
        (15, _with_modes(0), True),
        (None, _with_modes(0), True),
    ],
)
def test_blends(version, text, expected):
    assert blends(version, text) is expected


def test_damaged_text_is_refused():
    for read in (mask_id, blends):
        with pytest.raises(DamagedSidecarError):
            read(VERSION, "gz01????")
