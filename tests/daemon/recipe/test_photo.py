"""Exposure values from EXIF, against the definition EV100 = log2(N² / t · 100 / S)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidelight.errors import RecipeError
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


def test_json_and_back() -> None:
    known = photo(
        white_balance_source="daylight",
        width=6000,
        height=4000,
        orientation=6,
        make="Maker",
        model="é",
        exposure_s=1 / 3,
        iso=100.0,
        captured="2026:01:01 00:00:00",
        baseline_exposure_ev=0.1,
    )
    text = json.dumps(known.to_json(), allow_nan=False)
    assert "a.dng" not in text
    assert PhotoInfo.from_json(json.loads(text), Path("a.dng")) == known
    assert PhotoInfo.from_json(json.loads(text), Path("b.dng")).path == Path("b.dng")


def test_json_holds_no_number_that_is_none() -> None:
    odd = photo(exposure_s=float("inf"), iso=float("nan"))
    values = json.loads(json.dumps(odd.to_json(), allow_nan=False))
    assert values["exposure_s"] is None and values["iso"] is None


def test_what_an_earlier_version_stored_is_read() -> None:
    values = photo(lost_light_is_neutral=True).to_json()
    assert PhotoInfo.from_json(values, Path("a.dng")).lost_light_is_neutral
    del values["lost_light_is_neutral"]
    assert not PhotoInfo.from_json(values, Path("a.dng")).lost_light_is_neutral


@pytest.mark.parametrize("missing", ["white_balance", "is_raw"])
def test_incomplete_values_are_refused(missing: str) -> None:
    values = photo().to_json()
    del values[missing]
    with pytest.raises(RecipeError, match="metadata"):
        PhotoInfo.from_json(values, Path("a.dng"))


def test_the_time_counts_in_seconds_where_there_is_one() -> None:
    def at(captured: str) -> float | None:
        return PhotoInfo(Path("a"), False, RelativeWhiteBalance(), captured=captured).captured_s

    noon = at("2025:06:01 12:00:00")
    assert noon is not None
    assert at("2025:06:01 12:01:30") == noon + 90
    assert at("2025:06:02 12:00:00") == noon + 86400
    for nothing in ("", "0000:00:00 00:00:00", "2025-06-01", "    :  :     :  :  "):
        assert at(nothing) is None
