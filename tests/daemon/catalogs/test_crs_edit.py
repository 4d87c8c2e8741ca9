"""Which settings of a catalog are somebody's work."""

from __future__ import annotations

from typing import Any

import pytest

from sidelight.catalogs.crs_edit import is_edit

CURRENT = {"ProcessVersion": "15.4", "WhiteBalance": "As Shot"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"Exposure2012": 0, "Sharpness": 40, "Contrast": 25, "ProcessVersion": "6.7"},
        {"ToneCurvePV2012": [0, 0, 255, 255]},
        {"ToneCurvePV2012": [0, 0, 255]},
        {"MaskGroupBasedCorrections": []},
        {"ConvertToGrayscale": False, "Exposure2012": "much"},
        {"CropTop": 0.1},
    ],
)
def test_defaults_are_none(settings: dict[str, Any]) -> None:
    assert not is_edit({**CURRENT, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"Exposure2012": 0.05},
        {"WhiteBalance": "Custom"},
        {"ToneCurvePV2012": [0, 0, 128, 140, 255, 255]},
        {"MaskGroupBasedCorrections": [{"What": "Correction"}]},
        {"ConvertToGrayscale": True},
        {"HDREditMode": 1},
    ],
)
def test_edits_are(settings: dict[str, Any]) -> None:
    assert is_edit({**CURRENT, **settings})
