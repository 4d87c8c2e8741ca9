"""Creative profiles and preset headers."""

from __future__ import annotations

from sidelight_xmp import (
    Packet,
    Struct,
    lang_alt,
    merge,
    read_look,
    read_preset_header,
    read_rgb_table,
)
from sidelight_xmp.crs.look import plain_text


def _packet(**properties) -> Packet:
    return Packet.from_bytes(
        merge(None, {f"crs:{key}": value for key, value in properties.items()})
    )


def test_look_of_a_real_sidecar(shared) -> None:
    path = shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp"
    look = read_look(Packet.from_bytes(path.read_bytes()))
    assert look.name == "Adobe Color" and look.group == "Profiles" and look.amount == 1.0
    assert look.uuid == "B952C231111CD8E0ECCF14B86BAA7077"
    assert look.look_table == "E1095149FDB39D7A057BAB208837E2E1" and look.rgb_table is None
    assert look.parameters["ToneCurvePV2012"][1] == (22, 16)
    assert look.parameters["CameraProfile"] == "Adobe Standard"
    assert not look.supports_amount and not look.is_stub


def test_stub_and_rubbish() -> None:
    stub = Struct({"crs:Name": "Velvia", "crs:Stubbed": "true", "crs:Amount": "1.5"})
    look = read_look(_packet(Look=stub))
    assert look.is_stub and look.amount == 1.5
    assert read_look(_packet(Look="Velvia")) is None
    assert read_look(_packet(Look=Struct({"crs:Amount": "1"}))) is None
    assert read_look(_packet(Vibrance="0")) is None
    for amount in ("abc", "nan", "-1", "9"):
        broken = Struct({"crs:Name": "Velvia", "crs:Amount": amount})
        assert read_look(_packet(Look=broken)).amount == 1.0


def test_header_of_a_real_profile(shared) -> None:
    path = shared / "data/lightroom/look_rgbtable_channel_swap_rb.xmp"
    packet = Packet.from_bytes(path.read_bytes())
    header = read_preset_header(packet)
    assert header.preset_type == "Look" and header.name == "Channel Swap R-B"
    assert header.group == "Channel Swap"
    assert header.flags["SupportsHighDynamicRange"] and not header.flags["SupportsMonochrome"]
    assert header.rgb_table == "0F9B516499F73B06FAAFC3DFF4699A31"
    assert read_rgb_table(packet).digest == header.rgb_table


def test_a_photos_sidecar_has_no_header() -> None:
    packet = _packet(Exposure2012="0.00")
    assert read_preset_header(packet) is None and read_rgb_table(packet) is None
    assert read_rgb_table(_packet(RGBTable="00")) is None


def test_plain_text() -> None:
    assert plain_text(lang_alt("a")) == "a" and plain_text("a") == "a"
    assert plain_text(lang_alt("")) is None and plain_text(None) is None
