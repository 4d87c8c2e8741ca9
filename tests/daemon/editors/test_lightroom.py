"""Lightroom's own terms: spelling, white balance, HDR keys, sidecars of others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.editors.lightroom import (
    DNG_NOTE,
    Lightroom,
    recipe_to_settings,
    settings_to_recipe,
)
from sidelight.errors import EditorError
from sidelight.recipe import CameraWhiteBalance, Hdr, Lut3D, PhotoInfo, Recipe, ToneCurve
from sidelight.recipe.white_balance import RelativeWhiteBalance
from sidelight_xmp.crs.settings import read_settings
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_property

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
SRGB_LIKE = np.array([[0.63, 0.33, 0.04], [0.07, 0.92, 0.01], [0.02, 0.09, 0.89]])
RAW = CameraWhiteBalance(XYZ_TO_CAMERA, np.array([2.1, 1.0, 1.6]), SRGB_LIKE)
CURVE = ToneCurve.from_offsets(0.06 * np.sin(np.linspace(0, 2 * np.pi, 14)))
EDITOR = Lightroom()


def photo(folder: Path, name: str = "IMG_1.CR3", source: str = "camera") -> PhotoInfo:
    path = folder / name
    path.write_bytes(b"original")
    return PhotoInfo(path, is_raw=True, white_balance=RAW, white_balance_source=source)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(tmp_path / "first_versions", "batch")


def written(info: PhotoInfo, recipe: Recipe, order: Order) -> dict[str, str]:
    """Return the text of every `crs` property of a fresh sidecar."""
    assert EDITOR.write(info, recipe, order).status == "written"
    sidecar = EDITOR.place(info.path).sidecar
    assert sidecar is not None
    packet = Packet.from_bytes(sidecar.read_bytes())
    settings = read_settings(packet)
    texts = {name: read_property(packet, f"crs:{name}") for name in settings}
    return {name: text for name, text in texts.items() if isinstance(text, str)}


def test_spelling_as_lightroom_writes_it(tmp_path: Path, order: Order) -> None:
    recipe = Recipe(
        exposure_ev=0.537, contrast=6.4, highlights=-33.2, hdr=Hdr(True, 2.3, sdr_brightness=41)
    )
    found = written(photo(tmp_path), recipe, order)
    expected = {
        "Exposure2012": "+0.54",
        "Contrast2012": "+6",
        "Highlights2012": "-33",
        "Shadows2012": "0",
        "HDREditMode": "1",
        "HDRMaxValue": "+2.30",
        "SDRBrightness": "+41",
        "SDRBlend": "0",
        "ProcessVersion": "15.4",
        "HasSettings": "True",
        "AlreadyApplied": "False",
        "RawFileName": "IMG_1.CR3",
        "WhiteBalance": "As Shot",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "Temperature" not in found


def test_zero_shift_is_as_shot_unless_the_camera_did_not_say(tmp_path: Path, order: Order) -> None:
    assert recipe_to_settings(Recipe(), photo(tmp_path))["WhiteBalance"] == "As Shot"
    settings = recipe_to_settings(Recipe(), photo(tmp_path, source="daylight"))
    assert settings["WhiteBalance"] == "Custom"
    assert settings["Temperature"] == pytest.approx(RAW.kelvin, abs=0.5)
    assert settings["Tint"] == pytest.approx(RAW.tint, abs=0.5)


def test_as_shot_drops_numbers_of_an_earlier_choice(tmp_path: Path, order: Order) -> None:
    info = photo(tmp_path)
    written(info, Recipe(temperature_mired=20), order)
    found = written(info, Recipe(), replace(order, batch="two"))
    assert found["WhiteBalance"] == "As Shot"
    assert "Temperature" not in found and "Tint" not in found


def test_a_warmer_picture_has_a_higher_temperature(tmp_path: Path) -> None:
    info = photo(tmp_path)
    settings = recipe_to_settings(Recipe(temperature_mired=-30), info)
    expected = 1e6 / (1e6 / RAW.kelvin - 30)
    assert settings["Temperature"] == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("mired", [-150.0, 150.0])
@pytest.mark.parametrize("tint", [-150.0, 150.0])
def test_kelvin_and_tint_stay_in_range(tmp_path: Path, mired: float, tint: float) -> None:
    settings = recipe_to_settings(Recipe(temperature_mired=mired, tint=tint), photo(tmp_path))
    assert 2000 <= settings["Temperature"] <= 50000
    assert -150 <= settings["Tint"] <= 150


def test_rendered_photos_get_the_relative_pair_and_no_sidecar(tmp_path: Path, order: Order) -> None:
    info = replace(
        photo(tmp_path, "a.jpg", "none"), is_raw=False, white_balance=RelativeWhiteBalance()
    )
    settings = recipe_to_settings(Recipe(temperature_mired=-20, tint=4), info)
    assert settings["IncrementalTemperature"] == 20
    assert settings["IncrementalTint"] == 4
    assert "Temperature" not in settings and "Tint" not in settings
    assert settings_to_recipe(settings, info).recipe.temperature_mired == -20
    outcome = EDITOR.write(info, Recipe(), order)
    assert outcome.status == "skipped" and "JPG" in outcome.reason
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg"}


def test_curves(tmp_path: Path) -> None:
    info = photo(tmp_path)
    assert recipe_to_settings(Recipe(), info)["ToneCurvePV2012"] == ((0, 0), (255, 255))
    points = recipe_to_settings(Recipe(curve=CURVE), info)["ToneCurvePV2012"]
    assert [x for x, _ in points] == list(range(0, 256, 17))
    assert points[0] == (0, 0) and points[-1] == (255, 255)


def test_no_point_curve_in_hdr_mode(tmp_path: Path, order: Order) -> None:
    info = photo(tmp_path)
    outcome = EDITOR.write(info, Recipe(curve=CURVE, hdr=Hdr(True)), order)
    assert "tone curve was left out" in outcome.reason
    assert EDITOR.read(info).recipe.curve.is_identity


def test_what_cannot_be_written_is_said(tmp_path: Path, order: Order) -> None:
    assert "LUT" in EDITOR.write(photo(tmp_path), Recipe(lut=Lut3D.identity(2)), order).reason
    assert DNG_NOTE in EDITOR.write(photo(tmp_path, "b.dng"), Recipe(), order).reason


def test_the_sidecar_of_a_namesake_is_left_alone(tmp_path: Path, order: Order) -> None:
    first, second = photo(tmp_path, "a.CR3"), photo(tmp_path, "a.NEF")
    EDITOR.write(first, Recipe(exposure_ev=1), order)
    before = (tmp_path / "a.xmp").read_bytes()
    with pytest.raises(EditorError, match="belongs to the CR3"):
        EDITOR.write(second, Recipe(), replace(order, overwrite=True))
    with pytest.raises(EditorError, match="belongs to the CR3"):
        EDITOR.read(second)
    assert (tmp_path / "a.xmp").read_bytes() == before


def test_an_existing_spelling_is_used(tmp_path: Path, order: Order) -> None:
    info = photo(tmp_path, "IMG_1.CR3")
    EDITOR.write(info, Recipe(), order)
    (tmp_path / "IMG_1.xmp").rename(tmp_path / "IMG_1.XMP")
    EDITOR.write(info, Recipe(exposure_ev=1), replace(order, overwrite=True))
    assert {path.name for path in tmp_path.iterdir() if "IMG" in path.name} == {
        "IMG_1.CR3",
        "IMG_1.XMP",
    }


def test_real_sidecars_are_read_and_their_other_settings_named(shared: Path) -> None:
    folder = shared / "data" / "lightroom"
    info = PhotoInfo(Path("a.CR2"), is_raw=True, white_balance=RAW)
    reading = settings_to_recipe(
        read_settings((folder / "sidecar_raw_pv11_acr11.4.1.xmp").read_bytes()), info
    )
    assert all(np.isfinite(list(reading.recipe.sliders().values())))
    hdr = settings_to_recipe(
        read_settings((folder / "hdr_nonraw_acr15.5.1.xmp").read_bytes()), info
    ).recipe.hdr
    assert hdr.enabled and hdr.headroom == 4.0


def test_terms_of_a_rendered_file_take_the_relative_pair(tmp_path: Path) -> None:
    jpeg = PhotoInfo(tmp_path / "a.jpg", False, RelativeWhiteBalance(), "none")
    terms = EDITOR.terms(jpeg, Recipe(temperature_mired=-20.0, tint=3.0))
    assert terms["WhiteBalance"] == "Custom"
    assert (terms["IncrementalTemperature"], terms["IncrementalTint"]) == (20, 3)
    assert "Temperature" not in terms and "Tint" not in terms


def test_terms_are_spelled_as_the_plug_in_passes_them_on(tmp_path: Path) -> None:
    terms = EDITOR.terms(photo(tmp_path), Recipe(exposure_ev=0.537, contrast=6.4, curve=CURVE))
    assert (terms["Exposure2012"], terms["Contrast2012"], terms["HDREditMode"]) == (0.54, 6, 0)
    assert terms["WhiteBalance"] == "As Shot" and "Temperature" not in terms
    points = terms["ToneCurvePV2012"]
    assert points[:2] == [0, 0] and points[-2:] == [255, 255] and len(points) == 32
    assert {type(value) for value in points} == {int}
    assert terms["ToneCurveName2012"] == "Custom"
    plain = EDITOR.terms(photo(tmp_path), Recipe())
    assert (plain["ToneCurvePV2012"], plain["ToneCurveName2012"]) == ([0, 0, 255, 255], "Linear")
