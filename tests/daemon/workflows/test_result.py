"""Records and sentences."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from sidelight.errors import UnreadableError
from sidelight.workflows.result import Result, joined, sentence
from sidelight_xmp.errors import DiskFullError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnreadableError("it is\n  cut off"), "it is cut off"),
        (DiskFullError("The disk is full."), "The disk is full."),
        (OSError(errno.EACCES, "Permission denied", "/private/a.dng"), "a.dng: permission denied"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
        (MemoryError(), "there is not enough memory for this photo"),
        (ValueError("odd"), "an unexpected ValueError: odd"),
        (UnreadableError(""), "an unexpected UnreadableError: "),
    ],
)
def test_an_error_is_one_sentence(error: Exception, text: str) -> None:
    assert sentence(error) == text


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), None])
def test_json_holds_no_nan(confidence: float | None) -> None:
    result = Result(Path("a"), "darktable", "written", confidence=confidence)
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["confidence"] is None


def test_sentences_are_joined_without_empty_ones() -> None:
    assert joined("one.", "", "two") == "one; two"
    assert joined("", "") == ""


def test_there_and_back_as_plain_values() -> None:
    import json
    import os

    full = Result(
        Path(os.fsdecode(b"/p/\xff.NEF")),
        "lightroom",
        "written",
        "why",
        Path("/p/a.xmp"),
        {"exposure": 0.5},
        ({"slider": "exposure"},),
        0.5,
        1.25,
        True,
        Path("/p/a_01.NEF.xmp"),
    )
    for result in (full, Result(Path("/p/a.NEF"), "darktable", "kept")):
        assert Result.from_plain(json.loads(json.dumps(result.to_plain()))) == result
