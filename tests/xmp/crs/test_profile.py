"""Profile files: laid out as real ones, equal for equal arguments."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sidelight_xmp import InvalidValueError, Packet, identity_table, read_rgb_table
from sidelight_xmp.crs.look import read_preset_header
from sidelight_xmp.crs.profile import profile_to_bytes, profile_uuid

TABLE = identity_table(3)


def names(data: bytes) -> list[str]:
    """Properties in the order in which they stand."""
    return re.findall(r"\s<?(crs:\w+)(?==|>\s*<rdf:Alt)", data.decode("utf-8-sig"))


@pytest.mark.parametrize("swap", ["rb", "gb"])
def test_layout_of_a_real_profile(shared, swap) -> None:
    real = (shared / f"data/lightroom/look_rgbtable_channel_swap_{swap}.xmp").read_bytes()
    table = read_rgb_table(Packet.from_bytes(real))
    ours = profile_to_bytes("Channel Swap", "Swaps", table)
    expected = [name for name in names(real) if name != "crs:CameraProfile"]
    assert len(expected) == 24 and names(ours) == expected
    text = re.search(r'crs:Table_\w+="[^"]*"', real.decode("utf-8-sig"))[0]
    assert text in ours.decode() and read_rgb_table(Packet.from_bytes(ours)) == table


def test_header() -> None:
    name = 'Ångström "5" <&>'
    header = read_preset_header(Packet.from_bytes(profile_to_bytes(name, "Film", TABLE)))
    assert (header.preset_type, header.name, header.group) == ("Look", name, "Film")
    assert header.uuid == profile_uuid(name, "Film") and header.rgb_table == TABLE.digest
    assert {flag for flag, value in header.flags.items() if value} == {
        "SupportsAmount",
        "SupportsColor",
        "SupportsHighDynamicRange",
        "SupportsNormalDynamicRange",
        "SupportsSceneReferred",
        "SupportsOutputReferred",
    }


def test_flags_follow_the_table_and_the_caller() -> None:
    fixed = replace(TABLE, min_amount=1.0, max_amount=1.0)
    data = profile_to_bytes("a", "b", fixed, supports_hdr=False)
    flags = read_preset_header(Packet.from_bytes(data)).flags
    assert not flags["SupportsAmount"] and not flags["SupportsHighDynamicRange"]


def test_equal_profiles_are_equal_and_others_have_another_uuid() -> None:
    assert profile_to_bytes("a", "b", TABLE) == profile_to_bytes("a", "b", TABLE)
    uuids = {profile_uuid(*pair) for pair in (("a", "b"), ("b", "a"), ("a", "c"))}
    assert len(uuids) == 3 and all(re.fullmatch("[0-9A-F]{32}", one) for one in uuids)


def test_a_name_that_xml_cannot_hold() -> None:
    with pytest.raises(InvalidValueError):
        profile_to_bytes("a\0b", "c", TABLE)
