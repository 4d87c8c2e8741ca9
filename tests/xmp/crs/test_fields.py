"""The table of develop settings: spelling, ranges, wrong types (X4)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight_xmp import FIELDS, InvalidValueError, Packet, merge, read_property, seq
from sidelight_xmp.crs.fields import HDR_FIELDS, LEGACY_FIELDS, ORDER, Kind

SPELLINGS = [
    ("Exposure2012", 0.54, "+0.54"),
    ("Exposure2012", -0.67, "-0.67"),
    ("Exposure2012", 0.0, "0.00"),
    ("Exposure2012", -0.001, "0.00"),
    ("Exposure2012", 0.001, "0.00"),
    ("HDRMaxValue", 4, "+4.00"),
    ("HDRMaxValue", 2.3, "+2.30"),
    ("Contrast2012", 6, "+6"),
    ("Contrast2012", -33, "-33"),
    ("Contrast2012", 0, "0"),
    ("Contrast2012", 0.4, "0"),
    ("Contrast2012", 5.6, "+6"),
    ("Sharpness", 40, "40"),
    ("Temperature", 5550, "5550"),
    ("Tint", 11, "+11"),
    ("SharpenRadius", 1.0, "+1.0"),
    ("PerspectiveRotate", 0, "0.0"),
    ("PerspectiveX", 0, "0.00"),
    ("HDREditMode", 1, "1"),
    ("HDREditMode", True, "1"),
    ("ConvertToGrayscale", False, "False"),
    ("HasSettings", True, "True"),
    ("CropTop", 0, "0"),
    ("CropBottom", 1.0, "1"),
    ("CropAngle", -1.234, "-1.234"),
    ("CropAngle", -0.5, "-0.5"),
    ("CropLeft", 0.2317761, "0.231776"),
    ("WhiteBalance", "Custom", "Custom"),
    ("ToneCurvePV2012", ((0, 0), (22, 16), (255, 255)), seq("0, 0", "22, 16", "255, 255")),
]


@pytest.mark.parametrize(("name", "setting", "text"), SPELLINGS)
def test_spelling(name, setting, text) -> None:
    assert FIELDS[name].spell(setting) == text


WRONG = [
    ("Exposure2012", "abc"),
    ("Exposure2012", "1e400"),
    ("Exposure2012", "1e0"),
    ("Exposure2012", "+0,50"),
    ("Exposure2012", ""),
    ("Exposure2012", "nan"),
    ("Exposure2012", "inf"),
    ("Exposure2012", "+7.00"),
    ("Exposure2012", "٣"),
    ("Exposure2012", "1_0"),
    ("Exposure2012", "9" * 5000),
    ("Exposure2012", seq("1")),
    ("Contrast2012", "0x10"),
    ("Contrast2012", "101"),
    ("HDREditMode", "True"),
    ("HDREditMode", "2"),
    ("HasSettings", "1"),
    ("HasSettings", ""),
    ("Temperature", "0"),
    ("ToneCurvePV2012", "0, 0"),
    ("ToneCurvePV2012", seq("0, 0")),
    ("ToneCurvePV2012", seq("0, 0", "0, 255")),
    ("ToneCurvePV2012", seq("0, 0", "256, 255")),
    ("CropTop", "-1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_x4_wrong_types_are_absent_and_kept(name, value) -> None:
    """X4: read as absent; a merge of another setting keeps them verbatim."""
    assert FIELDS[name].read(value) is None
    data = merge(None, {f"crs:{name}": value})
    changed = merge(data, {"crs:Vibrance": "+5"})
    assert read_property(Packet.from_bytes(changed), f"crs:{name}") == value


REFUSED = [
    ("Exposure2012", math.nan),
    ("Exposure2012", math.inf),
    ("Exposure2012", 5.01),
    ("Exposure2012", "0.5"),
    ("Contrast2012", -101),
    ("Contrast2012", None),
    ("Temperature", 1999),
    ("HasSettings", 1),
    ("WhiteBalance", 1),
    ("ToneCurvePV2012", ((0, 0),)),
    ("ToneCurvePV2012", "0, 0"),
    ("HDRMaxValue", 4.5),
]


@pytest.mark.parametrize(("name", "setting"), REFUSED)
def test_what_cannot_be_written_is_refused(name, setting) -> None:
    with pytest.raises(InvalidValueError, match=r"\.$"):
        FIELDS[name].spell(setting)


@given(st.data())
def test_every_number_reads_back_within_one_step(data) -> None:
    steps = {Kind.EV: 0.01, Kind.HUNDREDTH: 0.01, Kind.TENTH: 0.1, Kind.FRACTION: 1e-6}
    numeric = [field for field in FIELDS.values() if math.isfinite(field.low)]
    field = data.draw(st.sampled_from(numeric))
    number = data.draw(st.floats(field.low, field.high))
    text = field.spell(number)
    again = field.read(text)
    assert abs(again - number) <= steps.get(field.kind, 1) / 2 + 1e-9
    assert field.spell(again) == text


def test_defaults_are_valid() -> None:
    for field in (FIELDS | LEGACY_FIELDS).values():
        for default in (field.default, field.default_rendered):
            if default is not None:
                assert field.read(field.spell(default)) == default, field.name


def test_hdr_keys_stand_together_in_order() -> None:
    names = [field.name for field in HDR_FIELDS]
    sdr = ("Brightness", "Contrast", "Clarity", "Highlights", "Shadows", "Whites", "Blend")
    assert names == ["HDREditMode", "HDRMaxValue", *(f"SDR{name}" for name in sdr)]
    start = ORDER.index("crs:HDREditMode")
    assert ORDER[start : start + 9] == tuple(f"crs:{name}" for name in names)
    assert ORDER[start - 1] == "crs:BlueSaturation"
    assert ORDER[start + 9] == "crs:ConvertToGrayscale"


def test_order_is_camera_raws_own(shared) -> None:
    """The order of the table is the order in a packet of Camera Raw 15.5.1."""
    text = (shared / "data/lightroom/hdr_nonraw_acr15.5.1.xmp").read_text()
    places = {name: text.find(f" {name}=") for name in ORDER}
    present = [place for place in places.values() if place >= 0]
    assert len(present) > 100 and present == sorted(present)


def test_every_scalar_of_real_sidecars_is_spelled_as_found(shared) -> None:
    """Reading a value Camera Raw wrote and spelling it again gives the same text."""
    checked = 0
    for name in (
        "hdr_nonraw_acr15.5.1",
        "sidecar_raw_pv11_acr11.4.1",
        "sidecar_raw_pv6.7_acr9.1.1",
    ):
        packet = Packet.from_bytes((shared / f"data/lightroom/{name}.xmp").read_bytes())
        for field in FIELDS.values():
            value = read_property(packet, f"crs:{field.name}")
            if value is not None and value != "":
                setting = field.read(value)
                assert setting is not None, field.name
                assert field.spell(setting) == value, field.name
                checked += 1
    assert checked > 300
