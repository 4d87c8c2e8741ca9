"""Whatever a file is called, its name can be sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.service.display import sendable, shown, without_folders


def test_plain_names_stay() -> None:
    assert shown(Path("/a/Ünï 😀.CR3")) == str(Path("/a/Ünï 😀.CR3"))


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX")
def test_bytes_that_are_no_text_are_escaped() -> None:
    assert shown(Path(os.fsdecode(b"/a/\xff\xfe.nef"))) == "/a/\\xff\\xfe.nef"


def test_halves_of_pairs_are_escaped() -> None:
    assert shown("a\ud800b") == "a\\ud800b"


def test_values_are_walked() -> None:
    values = {"a\udcff": ["\udcfe", {"b": ("c", Path("d"))}, 1, None, True, 0.5]}
    assert sendable(values) == {"a\\xff": ["\\xfe", {"b": ["c", "d"]}, 1, None, True, 0.5]}


@given(st.text(st.characters()))
def test_everything_can_be_encoded(text: str) -> None:
    shown(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/home/me/my photos/a b.nef is cut off", "a b.nef is cut off"),
        ("C:\\Users\\me\\a.nef is cut off", "a.nef is cut off"),
        ("\\\\host\\share\\a.nef is cut off", "a.nef is cut off"),
        ("'/home/me/a.nef' is cut off", "'a.nef' is cut off"),
        ("it is black and/or white, at 1/60 s", "it is black and/or white, at 1/60 s"),
        ("GET /v1", "GET /v1"),
    ],
)
def test_sentences_lose_their_folders(text: str, told: str) -> None:
    assert without_folders(text) == told
