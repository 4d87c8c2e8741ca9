"""Exposure values from EXIF, against the definition EV100 = log2(N² / t · 100 / S)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.recipe import PhotoInfo
from sidelight.recipe.white_balance import RelativeWhiteBalance


def photo(**exposure: float | None) -> PhotoInfo:
    return PhotoInfo(Path("a.dng"), True, RelativeWhiteBalance(), **exposure)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exposure_s", "f_number", "iso", "ev"),
    [
        (1.0, 1.0, 100.0, 0.0),
        (1 / 128, 16.0, 100.0, 15.0),
        (1 / 128, 16.0, 400.0, 13.0),
        (8.0, 2.0, 100.0, -1.0),
    ],
)
def test_exposure_value(exposure_s: float, f_number: float, iso: float, ev: float) -> None:
    assert photo(exposure_s=exposure_s, f_number=f_number, iso=iso).ev100 == pytest.approx(ev)


@pytest.mark.parametrize("missing", ["exposure_s", "f_number", "iso"])
@pytest.mark.parametrize("value", [None, 0.0])
def test_no_exposure_value_without_all_three(missing: str, value: float | None) -> None:
    known: dict[str, float | None] = {"exposure_s": 0.01, "f_number": 4.0, "iso": 100.0}
    assert photo(**{**known, missing: value}).ev100 is None
