"""Text of params, and layouts on their own."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight_xmp.darktable.params import Layout, params_from_text, params_to_text
from sidelight_xmp.errors import DamagedSidecarError, InvalidValueError

SMALL = Layout.from_text(
    "small",
    1,
    """
    gain   float [-2..2] = 0.5    # EV
    count  int [1..3] = 2
    on     bool = true
    mode   enum(first second tenth=10) = second
    grid   float[2][3] = 1 2 3
    name   char(8)
    rest   bytes(2)
    """,
)


@pytest.mark.parametrize("text", ["", "00", "0000803f", "ff" * 100])
def test_short_params_are_plain_hex(text):
    assert params_to_text(params_from_text(text)) == text


def test_long_params_are_compressed():
    text = params_to_text(bytes(101))
    assert text.startswith("gz09eJx")  # 101 // 12 + 1
    assert params_from_text(text) == bytes(101)
    assert params_to_text(bytes(20_000)).startswith("gz99")


def test_text_of_darktable_is_reproduced():
    blend = "gz14eJxjYIAACQYYOOHEgAZY0QVwggZ7CB6pfNoAAE8gGQg="
    assert len(params_from_text(blend)) == 420
    assert params_to_text(params_from_text(blend)) == blend


@given(st.binary(max_size=2000))
def test_any_bytes_survive(data):
    assert params_from_text(params_to_text(data)) == data


BOMB = f"gz99{base64.b64encode(zlib.compress(bytes(2**21))).decode()}"


@pytest.mark.parametrize(
    "text",
    ["0", "0g", "FF", "00 00", "gz", "gz01", "gz01!!!!", "gz01AAAA", "gzip", "gz09eJx", BOMB],
)
def test_what_darktable_would_drop_is_refused(text):
    with pytest.raises(DamagedSidecarError):
        params_from_text(text)


def test_layout_defaults_and_size():
    assert SMALL.size == 4 + 4 + 4 + 4 + 24 + 8 + 2
    assert SMALL.defaults() == {
        "gain": 0.5,
        "count": 2,
        "on": True,
        "mode": "second",
        "grid": ((1.0, 2.0, 3.0), (0.0, 0.0, 0.0)),
        "name": "",
        "rest": b"\0\0",
    }


def test_layout_encodes_field_by_field():
    data = SMALL.encode({"gain": -1, "mode": 10, "name": "ab", "on": 0, "rest": b"xy"})
    assert data.hex(" ", 4) == bytes.fromhex(
        "000080bf 02000000 00000000 0a000000"
        "0000803f 00000040 00004040 00000000 00000000 00000000"
        "6162000000000000 7879"
    ).hex(" ", 4)
    assert SMALL.decode(data)["mode"] == "tenth"


def test_values_out_of_range_are_read_but_not_written():
    data = bytearray(SMALL.encode({}))
    data[4:8] = (9).to_bytes(4, "little")
    data[12:16] = (77).to_bytes(4, "little")
    values = SMALL.decode(bytes(data))
    assert (values["count"], values["mode"]) == (9, 77)
    with pytest.raises(InvalidValueError, match="small: count"):
        SMALL.encode(values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"gain": 2.001}, "gain"),
        ({"gain": float("nan")}, "gain"),
        ({"gain": 1e39}, "gain"),
        ({"gain": True, "count": 1.5}, "count"),
        ({"count": 4}, "count"),
        ({"on": 2}, "on"),
        ({"mode": "third"}, "mode"),
        ({"mode": 2}, "mode"),
        ({"grid": (1, 2, 3)}, "grid"),
        ({"grid": ((1, 2), (3, 4))}, "grid"),
        ({"grid": ((1, 2, 3), (4, 5, float("inf")))}, "grid"),
        ({"name": "a\0b"}, "name"),
        ({"name": b"ab"}, "name"),
        ({"rest": b"x"}, "rest"),
        ({"gein": 1}, "gein"),
    ],
)
def test_the_error_names_the_field(values, named):
    with pytest.raises(InvalidValueError, match=rf"small.*\b{named}\b"):
        SMALL.encode(values)


@pytest.mark.parametrize("line", ["gain", "gain double", "gain float [1..] = 2", "mode enum[ = 1"])
def test_layout_that_is_not_one(line):
    with pytest.raises(ValueError, match="not a line of a layout"):
        Layout.from_text("small", 1, line)
