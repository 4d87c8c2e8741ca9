"""Lua tables as text: there and back, the real sample, and what is no table."""

from __future__ import annotations

import math
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.catalogs.lua_table import MOST_CHARACTERS, MOST_DEPTH, parse_lua_table
from sidelight.errors import CatalogError

NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,12}\Z").filter(
    lambda name: name not in ("true", "false", "nil")
)
NUMBERS = st.one_of(
    st.integers(-(10**14), 10**14), st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SIMPLE = st.one_of(NUMBERS, st.booleans(), TEXTS)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(NAMES, TEXTS), inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


def to_lua(value: Any) -> str:
    """Write a value as Lightroom does: one item a line, a newline as backslash and newline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n")
        return f'"{text}"'.replace("\0", "\\000").replace("\r", "\\r")
    if isinstance(value, list):
        return "{ " + ",\n".join(map(to_lua, value)) + " }"
    items = ",\n".join(f"{_key(name)} = {to_lua(item)}" for name, item in value.items())
    return f"{{ {items} }}"


def _key(name: str) -> str:
    plain = name.isidentifier() and name.isascii() and name not in ("true", "false", "nil")
    return name if plain else f"[{to_lua(name)}]"


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.one_of(NAMES, TEXTS), VALUES, max_size=6))
def test_there_and_back(table: dict[str, Any]) -> None:
    assert parse_lua_table(f"s = {to_lua(table)}\n") == table


@settings(max_examples=500, deadline=None)
@given(st.text("s={}[]\"'\\\n,;.-0x1eabtrue nil\ud800é", max_size=60))
def test_rubbish_is_refused_or_read(text: str) -> None:
    try:
        assert isinstance(parse_lua_table(text), dict)
    except CatalogError as error:
        assert "line" in str(error)


def test_all_settings_of_a_real_catalog(shared: Path) -> None:
    sample = shared / "data" / "lightroom" / "lr5_small_catalog.lrcat"
    uri = f"{sample.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        texts = [
            row[0]
            for table in (
                "Adobe_imageDevelopSettings",
                "Adobe_libraryImageDevelopHistoryStep",
                "Adobe_libraryImageDevelopSnapshot",
            )
            for row in connection.execute(f"SELECT text FROM {table} WHERE text IS NOT NULL")
        ]
    tables = [parse_lua_table(text) for text in texts]
    assert len(tables) >= 4
    raw = tables[0]
    assert len(raw) == 62
    assert raw["Exposure2012"] == 0
    assert raw["SharpenRadius"] == 1
    assert raw["AutoGrayscaleMix"] is True
    assert raw["ToneCurveName"] == "Medium Contrast"
    assert raw["ToneCurve"] == [0, 0, 32, 22, 64, 56, 128, 128, 192, 196, 255, 255]
    assert raw["RetouchInfo"] == []


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("s = {}", {}),
        ("{ a = 1 }", {"a": 1}),
        ("s = { 1, 2; 3, }", {"1": 1, "2": 2, "3": 3}),
        ("s = { a = { 7, b = 2, 8 } }", {"a": {"1": 7, "2": 8, "b": 2}}),
        ('s = { [ "a b" ] = -.5, [2] = 1e3 }', {"a b": -0.5, "2": 1000}),
        ("s = { a = 0xFF, b = -0x10 }", {"a": 255, "b": -16}),
        ("s = { a = nil, b = true } -- end", {"b": True}),
        (r's = { a = "tab\tquote\"\065\x42\u{e9}\195\169" }', {"a": 'tab\tquote"ABéé'}),
        ("s = { a = 'it''s' }", None),
        ("s = { a = 'one \\\n two' }", {"a": "one \n two"}),
        ("s = { a = 'one \\z   two' }", {"a": "one two"}),
        ("s = { a = {\n} }", {"a": []}),
    ],
)
def test_forms(text: str, table: dict[str, Any] | None) -> None:
    if table is None:
        with pytest.raises(CatalogError):
            parse_lua_table(text)
    else:
        assert parse_lua_table(text) == table


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("s = 5", 1, 5),
        ("s = { a = }", 1, 11),
        ("s = { a = 1\nb = 2 }", 2, 1),
        ("s = { a = os.execute('x') }", 1, 11),
        ("s = { a = 1 } t = {}", 1, 15),
        ("s = {\n  [{}] = 1 }", 2, 6),
        ("s = { 'no end", 1, 6),
        ("s = { a = 1e999 }", 1, 11),
        ("s = { a = math.huge }", 1, 11),
    ],
)
def test_an_error_says_where(text: str, line: int, column: int) -> None:
    with pytest.raises(CatalogError, match=rf"at line {line}, column {column}$"):
        parse_lua_table(text)


def test_numbers_are_finite_and_plain() -> None:
    table = parse_lua_table("s = { a = 123456789012345678, b = 2.0, c = -0.25 }")
    assert math.isclose(table["a"], 123456789012345678)
    assert (table["b"], table["c"]) == (2, -0.25)
    assert isinstance(table["b"], int)


def test_depth_and_size_are_limited() -> None:
    deepest = "{" * MOST_DEPTH + "}" * MOST_DEPTH
    parse_lua_table(deepest)
    with pytest.raises(CatalogError, match="inside one another"):
        parse_lua_table("{" + deepest + "}")
    with pytest.raises(CatalogError, match="inside one another"):
        parse_lua_table("{" * 1_000_000)
    with pytest.raises(CatalogError, match="characters long"):
        parse_lua_table(" " * (MOST_CHARACTERS + 1))


@pytest.mark.quiet
@pytest.mark.parametrize("filler", [" ", "\\", "--", '"', "[", "0", "- ", "\n--"])
def test_time_grows_with_the_length_only(filler: str) -> None:
    def seconds(length: int) -> float:
        text = "s = { " + filler * length + "@"
        began = time.perf_counter()
        with pytest.raises(CatalogError):
            parse_lua_table(text)
        return time.perf_counter() - began

    seconds(1000)
    short = min(seconds(20_000) for _ in range(3))
    assert min(seconds(200_000) for _ in range(3)) < 60 * short + 0.05
