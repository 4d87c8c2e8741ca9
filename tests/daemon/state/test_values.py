"""What is stored comes back as it was, whatever a file system offers."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.state import values

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name and b"/" not in name))
@pytest.mark.skipif(os.name != "posix", reason="only POSIX names are bytes")
def test_any_name_comes_back(name: bytes) -> None:
    path = Path("/photos") / os.fsdecode(name)
    assert values.blob_to_path(values.path_to_blob(path)) == path
    values.path_to_text(path).encode("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX names are bytes")
def test_a_name_that_is_not_utf8_is_shown_with_escapes() -> None:
    assert values.path_to_text(Path(os.fsdecode(b"/a/\xff\xc3\xa9.NEF"))) == "/a/\\xffé.NEF"


def test_a_sentence_that_quotes_such_a_name_can_be_stored() -> None:
    assert values.to_text("\udcff is strange, é is not").encode("utf-8")
    assert values.to_text("é") == "é"


@given(st.integers(-(2**130), 2**130))
def test_any_number_comes_back(number: int) -> None:
    cell = values.number_to_cell(number)
    assert isinstance(cell, str) or abs(cell) < 2**63
    assert values.cell_to_number(cell) == number


@given(plain)
def test_any_plain_value_comes_back(value: object) -> None:
    assert values.unpack(values.pack(value)) == value


def test_equal_values_are_the_same_text() -> None:
    assert values.to_json({"a": 1, "b": [2.5]}) == values.to_json({"b": [2.5], "a": 1})


def test_what_the_disk_lost_reads_as_nothing() -> None:
    packed = values.pack({"recipe": list(range(100))})
    assert values.unpack(packed[:-20] + bytes(20)) == {}
    assert values.unpack(b"") == {}


def test_times_are_utc_and_say_so() -> None:
    assert datetime.fromisoformat(values.now()).utcoffset() == timedelta(0)
