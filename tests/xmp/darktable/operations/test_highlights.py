"""highlights v4: what darktable writes for a new photo."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

NEW_PHOTO = """
05000000  # mode: inpaint opposed
0000803f  # blendL: 1
00000000  # blendC: 0
00000000  # strength: 0
0000803f  # clip: 1
00000000  # noise_level: 0
01000000  # iterations: 1
05000000  # scales: 5
cdcccc3e  # candidating: 0.4
00000040  # combine: 2
00000000  # recovery: off
00000000  # solid_color: 0
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "highlights",
        NEW_PHOTO,
        {
            "mode": "opposed",
            "blendL": 1.0,
            "clip": 1.0,
            "iterations": 1,
            "scales": 5,
            "candidating": 0.4,
            "combine": 2.0,
            "recovery": 0,
            "solid_color": 0.0,
        },
    )


def test_defaults_are_those_of_a_new_photo():
    words = [line.split("#")[0].strip() for line in NEW_PHOTO.splitlines()]
    assert encode("highlights", {}).hex() == "".join(words)


def test_names_the_modes_of_an_unknown_one():
    with pytest.raises(InvalidValueError, match="clip, lch, inpaint"):
        encode("highlights", {"mode": "magic"})
