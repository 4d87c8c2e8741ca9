"""Develop settings to and from sidecars, with the markers Lightroom insists on (S9, S-D)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidelight_xmp import (
    InvalidValueError,
    Packet,
    Struct,
    has_edit,
    merge,
    read_property,
    read_settings,
    seq,
    write_settings,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PHOTO = Path("/photos/IMG_1.CR3")


def _write(existing, settings, **options) -> bytes:
    return write_settings(existing, settings, PHOTO, **{"now": NOW} | options)


def _get(data: bytes, name: str):
    return read_property(Packet.from_bytes(data), name)


def test_a_new_sidecar_has_the_markers() -> None:
    data = _write(None, {"Exposure2012": 0.5, "Vibrance": 12})
    expected = {
        "crs:Exposure2012": "+0.50",
        "crs:Vibrance": "+12",
        "crs:HasSettings": "True",
        "crs:AlreadyApplied": "False",
        "crs:ProcessVersion": "15.4",
        "crs:Version": "15.4",
        "crs:RawFileName": "IMG_1.CR3",
        "photoshop:SidecarForExtension": "CR3",
        "xmpMM:PreservedFileName": "IMG_1.CR3",
        "xmp:MetadataDate": "2026-03-04T05:06:07+00:00",
        "crs:WhiteBalance": None,
        "crs:HDREditMode": None,
    }
    for name, value in expected.items():
        assert _get(data, name) == value, name
    assert data.startswith(b"<x:xmpmeta ")


def test_the_same_settings_again_are_no_change() -> None:
    """S-E: whatever the time, and a day later too."""
    settings = {"Exposure2012": 0.5, "HDREditMode": 1, "ToneCurvePV2012": ((0, 0), (255, 250))}
    first = _write(None, settings)
    assert _write(first, settings, now=NOW + timedelta(days=1)) is first
    changed = _write(first, settings | {"Vibrance": 1}, now=NOW + timedelta(days=1))
    assert _get(changed, "xmp:MetadataDate") == "2026-03-05T05:06:07+00:00"
    assert _write(first, {}) is first


def test_s1_every_sidecar_keeps_what_is_not_ours(sidecars, corpus) -> None:
    """S1: settings written into every sidecar of the corpus, read back, nothing else changed."""
    settings = {"Exposure2012": -0.25, "Contrast2012": 9, "HDREditMode": 1, "HDRMaxValue": 2.0}
    for name, data in sidecars.items():
        result = _write(data, settings | {"Temperature": 5000, "Tint": -4})
        found = read_settings(result)
        assert settings.items() <= found.items(), name
        assert found["Temperature"] == 5000 and found["WhiteBalance"] == "Custom"
        assert "AutoToneDigest" not in found
        old = {fact for fact in corpus.facts(data) if not _is_ours(fact)}
        assert old <= set(corpus.facts(result)), name
        assert _write(result, settings | {"Temperature": 5000, "Tint": -4}) is result


def _is_ours(fact) -> bool:
    ours = (
        "Exposure2012 Contrast2012 HDREditMode HDRMaxValue SDR\\w+ Temperature Tint WhiteBalance "
        "Incremental\\w+ HasSettings AlreadyApplied ProcessVersion Version AutoTone\\w* "
        "MetadataDate"
    ).replace(" ", "|")
    return len(fact[0]) == 1 and re.search(rf"}}({ours})$", fact[0][0]) is not None


def test_hdr_on_writes_nine_keys_together_in_order() -> None:
    base = merge(None, {"crs:BlueSaturation": "0", "crs:ConvertToGrayscale": "False"})
    data = _write(base, {"HDREditMode": 1, "SDRShadows": -58})
    names = re.findall(r"crs:(\w+)=", data.decode())
    start = names.index("HDREditMode")
    assert names[start - 1] == "BlueSaturation" and names[start + 9] == "ConvertToGrayscale"
    assert names[start : start + 9] == [
        "HDREditMode",
        "HDRMaxValue",
        "SDRBrightness",
        "SDRContrast",
        "SDRClarity",
        "SDRHighlights",
        "SDRShadows",
        "SDRWhites",
        "SDRBlend",
    ]
    assert _get(data, "crs:HDRMaxValue") == "+2.30" and _get(data, "crs:SDRShadows") == "-58"


def test_hdr_off_leaves_one_key() -> None:
    data = _write(None, {"HDREditMode": 1, "HDRMaxValue": 3.0})
    off = _write(data, {"HDREditMode": 0, "HDRMaxValue": 3.0})
    assert re.findall(r"crs:(HDR\w+|SDR\w+)=\"(\w+)\"", off.decode()) == [("HDREditMode", "0")]
    with pytest.raises(InvalidValueError, match="without HDREditMode"):
        _write(None, {"SDRShadows": 5})


def test_s9_kelvin_for_raw_and_relative_for_the_rest() -> None:
    """S9: the two pairs are never mixed, whatever the file held before."""
    raw = _write(None, {"Temperature": 5200, "Tint": 6})
    assert _get(raw, "crs:WhiteBalance") == "Custom"
    rendered = _write(raw, {"IncrementalTemperature": -8, "IncrementalTint": 3}, raw=False)
    assert _get(rendered, "crs:Temperature") is None and _get(rendered, "crs:Tint") is None
    again = _write(rendered, {"Temperature": 5200, "Tint": 6})
    assert _get(again, "crs:IncrementalTemperature") is None
    for settings, is_raw in (
        ({"Temperature": 5200, "Tint": 6}, False),
        ({"IncrementalTint": 3}, True),
        ({"Temperature": 5200}, True),
    ):
        with pytest.raises(InvalidValueError):
            _write(None, settings, raw=is_raw)
    assert _get(_write(raw, {"Tint": 9}), "crs:Temperature") == "5200"


def test_white_balance_is_left_alone_when_not_set() -> None:
    base = merge(None, {"crs:WhiteBalance": "As Shot", "crs:Temperature": "5000"})
    data = _write(base, {"Exposure2012": 1.0})
    assert _get(data, "crs:WhiteBalance") == "As Shot"


def test_curves_name_themselves() -> None:
    custom = _write(None, {"ToneCurvePV2012": ((0, 0), (128, 140), (255, 255))})
    assert _get(custom, "crs:ToneCurveName2012") == "Custom"
    assert _get(custom, "crs:ToneCurvePV2012") == seq("0, 0", "128, 140", "255, 255")
    linear = _write(custom, {"ToneCurvePV2012": ((0, 0), (255, 255))})
    assert _get(linear, "crs:ToneCurveName2012") == "Linear"
    red = _write(custom, {"ToneCurvePV2012Red": ((0, 0), (255, 255))})
    assert _get(red, "crs:ToneCurveName2012") == "Custom"


@pytest.mark.parametrize(
    ("old", "settings", "process", "engine"),
    [
        ({}, {"Vibrance": 1}, "15.4", "15.4"),
        ({"ProcessVersion": "5.7", "Version": "6.0"}, {"Vibrance": 1}, "15.4", "15.4"),
        ({"ProcessVersion": "6.7", "Version": "9.1.1"}, {"Vibrance": 1}, "6.7", "9.1.1"),
        ({"ProcessVersion": "11.0", "Version": "11.4"}, {"HDREditMode": 1}, "15.4", "15.4"),
        ({"ProcessVersion": "15.4", "Version": "17.3"}, {"HDREditMode": 1}, "15.4", "17.3"),
        ({"ProcessVersion": "11.0", "Version": "17.3"}, {"HDREditMode": 1}, "15.4", "17.3"),
        ({"ProcessVersion": "x"}, {"Vibrance": 1}, "15.4", "15.4"),
    ],
)
def test_process_version_rises_only_where_needed(old, settings, process, engine) -> None:
    base = merge(None, {f"crs:{name}": value for name, value in old.items()} | {"xmp:Rating": "1"})
    data = _write(base, settings)
    assert _get(data, "crs:ProcessVersion") == process
    assert _get(data, "crs:Version") == engine


def test_automatic_tone_gives_way() -> None:
    base = merge(None, {"crs:AutoTone": "True", "crs:AutoToneDigest": "A"})
    data = _write(base, {"Exposure2012": 1.0})
    assert _get(data, "crs:AutoTone") is None and _get(data, "crs:AutoToneDigest") is None
    assert _get(_write(None, {"AutoTone": True}), "crs:AutoTone") == "True"


def test_masks_crop_and_look_stay_to_the_character(corpus) -> None:
    for base in ("lightroom-masks", "lightroom-point-color", "lightroom-snapshots"):
        text = corpus.BASES[base]
        data = _write(text.encode(), {"Exposure2012": 1.0, "HDREditMode": 1}).decode()
        for element in re.findall(r"   <crss?:\w+[ >\n].*?\n   </crss?:\w+>", text, re.DOTALL):
            assert element in data


def test_unknown_settings_are_refused() -> None:
    for name in ("Exposure", "crs:Exposure2012", "Temp", ""):
        with pytest.raises(InvalidValueError, match="no setting called"):
            _write(None, {name: 1})


def test_x4_wrong_types_are_absent() -> None:
    """X4: and the others are still read."""
    data = merge(None, {"crs:Exposure2012": "+0,50", "crs:Vibrance": "+4", "crs:Tint": ""})
    assert read_settings(data) == {"Vibrance": 4}


DEFAULTS = {"HasSettings": True, "ProcessVersion": "15.4", "WhiteBalance": "As Shot"}
POINT_COLORS_NONE = seq(", ".join(["-1.000000"] * 19))


@pytest.mark.parametrize(
    ("settings", "edited"),
    [
        ({}, False),
        (DEFAULTS, False),
        (DEFAULTS | {"Exposure2012": 0.0, "Contrast2012": 0, "Sharpness": 40}, False),
        (DEFAULTS | {"CropTop": 0.1, "HasCrop": True, "LensProfileEnable": 1}, False),
        (DEFAULTS | {"PointColors": POINT_COLORS_NONE}, False),
        (DEFAULTS | {"MaskGroupBasedCorrections": seq()}, False),
        (DEFAULTS | {"Temperature": 5100, "Tint": 8}, False),
        (DEFAULTS | {"Exposure2012": 0.01}, True),
        (DEFAULTS | {"WhiteBalance": "Custom"}, True),
        (DEFAULTS | {"ConvertToGrayscale": True}, True),
        (DEFAULTS | {"ToneCurvePV2012Blue": ((0, 9), (255, 255))}, True),
        (DEFAULTS | {"MaskGroupBasedCorrections": seq(Struct({}))}, True),
        (DEFAULTS | {"PointColors": seq("0.1, -1.000000")}, True),
        (DEFAULTS | {"HDREditMode": 1}, True),
        (DEFAULTS | {"Exposure2012": 0.5, "HasSettings": False}, False),
        (DEFAULTS | {"Exposure2012": 0.5, "AlreadyApplied": True}, False),
        ({"ProcessVersion": "5.7", "Brightness": 50, "Contrast": 25, "Shadows": 5}, False),
        ({"ProcessVersion": "5.7", "Brightness": 60}, True),
        ({"ProcessVersion": "15.4", "Brightness": 60}, False),
        ({"IncrementalTint": 4}, True),
    ],
)
def test_has_edit(settings, edited) -> None:
    """S-D: import defaults are no edit, anybody's tone or color is."""
    assert has_edit(settings) is edited


def test_has_edit_of_profiles() -> None:
    parameters = Struct({"crs:RGBTable": "A" * 32})
    creative = Struct({"crs:Name": "Film", "crs:Amount": "1", "crs:Parameters": parameters})
    assert has_edit(DEFAULTS | {"Look": creative})
    assert not has_edit(DEFAULTS | {"Look": Struct({"crs:Name": "Adobe Color"})})


def test_has_edit_of_what_we_wrote() -> None:
    assert has_edit(read_settings(_write(None, {"Exposure2012": 0.5})))
    assert not has_edit(read_settings(_write(None, {"Exposure2012": 0.0})))


def test_real_settings_are_read(shared) -> None:
    folder = shared / "data/lightroom"
    hdr = read_settings((folder / "hdr_nonraw_acr15.5.1.xmp").read_bytes())
    assert hdr["HDREditMode"] == 1 and hdr["HDRMaxValue"] == 4.0 and hdr["SDRShadows"] == -58
    assert hdr["ToneCurvePV2012"] == ((0, 0), (255, 255))
    raw = read_settings((folder / "sidecar_raw_pv11_acr11.4.1.xmp").read_bytes())
    assert raw["Temperature"] == 6050 and raw["Tint"] == 11 and raw["Exposure2012"] == -0.25
    assert has_edit(raw)
    element_form = (shared / "data/xmp/pigallery2_IMG_5910.jpg.xmp").read_bytes()
    assert read_settings(element_form)["Highlights2012"] == -83
