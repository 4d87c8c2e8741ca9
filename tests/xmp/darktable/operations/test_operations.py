"""All operations: against darktable's sizes, the reference sidecars and random values."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sidelight_xmp.darktable import history_from_bytes
from sidelight_xmp.darktable.operations import (
    OPERATIONS,
    decode,
    defaults,
    encode,
    modversion,
)
from sidelight_xmp.darktable.params import Field, params_from_text
from sidelight_xmp.errors import InvalidValueError

# darktable 4.2.1: version and bytes of each struct
EXPECTED = {
    "temperature": (3, 16),
    "highlights": (4, 48),
    "exposure": (6, 24),
    "toneequal": (2, 72),
    "channelmixerrgb": (3, 160),
    "colorbalancergb": (5, 132),
    "rgbcurve": (1, 516),
    "sigmoid": (1, 24),
    "lut3d": (3, 12940),
}


def test_versions_and_sizes_are_darktables():
    found = {name: (layout.modversion, layout.size) for name, layout in OPERATIONS.items()}
    assert found == EXPECTED
    assert all(name == layout.operation for name, layout in OPERATIONS.items())


@pytest.mark.parametrize("operation", EXPECTED)
def test_defaults_are_what_an_empty_edit_encodes(operation):
    data = encode(operation, {})
    values = decode(operation, modversion(operation), data)
    assert isinstance(values, dict)
    assert encode(operation, values) == data == encode(operation, defaults(operation))


@pytest.mark.parametrize(("operation", "version"), [("exposure", 7), ("filmicrgb", 6), ("x", 1)])
def test_unknown_is_kept_as_bytes(operation, version):
    assert decode(operation, version, b"\1\2\3") == b"\1\2\3"


def test_known_operation_of_another_length_is_refused():
    with pytest.raises(InvalidValueError, match="exposure v6 has 24 bytes, not 28"):
        decode("exposure", 6, bytes(28))


def test_encoding_an_unknown_operation_is_refused():
    with pytest.raises(InvalidValueError, match="filmicrgb is not known"):
        encode("filmicrgb", {})


def test_reference_sidecars_come_back_byte_for_byte(shared):
    """Every entry of the verified sidecars whose operation we know."""
    checked = set()
    for path in sorted((shared / "reference" / "darktable-examples").glob("*.xmp")):
        history = history_from_bytes(path.read_bytes())
        assert history is not None
        for entry in history.entries:
            values = decode(entry.operation, entry.modversion, entry.params)
            if isinstance(values, dict):
                assert encode(entry.operation, values) == entry.params, path.name
                checked.add(entry.operation)
            else:
                assert entry.operation in ("filmicrgb", "tonecurve")
    assert checked == set(EXPECTED) - {"toneequal", "channelmixerrgb"}


def _values(field: Field) -> st.SearchStrategy:
    if field.kind == "char":
        return st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
    if field.kind == "bytes":
        return st.binary(min_size=field.width, max_size=field.width)
    if field.kind == "enum":
        one = st.sampled_from(list(field.choices))
    elif field.kind == "bool":
        one = st.booleans()
    elif field.kind == "int":
        one = st.integers(int(field.low), int(field.high))
    else:
        low, high = (struct.unpack("<f", struct.pack("<f", x))[0] for x in (field.low, field.high))
        one = st.floats(low, high, width=32, allow_nan=False)
    for size in reversed(field.shape):
        one = st.lists(one, min_size=size, max_size=size).map(tuple)
    return one


@pytest.mark.parametrize("operation", [name for name in EXPECTED if name != "lut3d"])
@given(data=st.data())
def test_values_survive_encoding(operation, data):
    layout = OPERATIONS[operation]
    values = {field.name: data.draw(_values(field), field.name) for field in layout.fields}
    encoded = encode(operation, values)
    assert len(encoded) == layout.size
    assert decode(operation, layout.modversion, encoded) == values


@pytest.mark.parametrize("operation", [name for name in EXPECTED if name != "lut3d"])
@given(data=st.data())
def test_any_bytes_are_decoded_without_loss_or_refused(operation, data):
    layout = OPERATIONS[operation]
    raw = data.draw(st.binary(min_size=layout.size, max_size=layout.size))
    values = decode(operation, layout.modversion, raw)
    try:
        again = encode(operation, values)
    except InvalidValueError:
        return  # out of range: readable, never written
    assert decode(operation, layout.modversion, again) == pytest.approx(values, nan_ok=True)


def test_reference_style_comes_back_byte_for_byte(shared):
    style = etree.parse(shared / "reference" / "darktable-examples" / "14-style.dtstyle")
    decoded = []
    for plugin in style.iter("plugin"):
        operation, version = plugin.findtext("operation"), int(plugin.findtext("module"))
        data = params_from_text(plugin.findtext("op_params"))
        values = decode(operation, version, data)
        if isinstance(values, dict):
            assert encode(operation, values) == data
            decoded.append((operation, values["exposure"]))
    assert decoded == [("exposure", 1.5)]
