"""Settings without what says nothing."""

from __future__ import annotations

from sidelight.catalogs.compact import MOST_CHARACTERS, compact


def test_empty_and_very_long_values_go() -> None:
    settings = {
        "Exposure2012": 0,
        "ConvertToGrayscale": False,
        "ToneCurvePV2012": [0, 0, 255, 255],
        "Name": "x",
        "RedEyeInfo": [],
        "Nothing": None,
        "Empty": "",
        "PaintBasedCorrections": [{"Mask": "d 0.5 0.5 " * MOST_CHARACTERS}],
    }
    assert list(compact(settings)) == [
        "Exposure2012",
        "ConvertToGrayscale",
        "ToneCurvePV2012",
        "Name",
    ]
