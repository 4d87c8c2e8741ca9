from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.protocol import (
    PROTOCOLS,
    Protocol,
    Request,
    Split,
    build_protocol,
)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_without_its_photos_says_so(name: str, tmp_path: Path):
    with pytest.raises(SidelightError, match=r"\w{4}"):
        build_protocol(name, Request(folders=(tmp_path,), cache=tmp_path / "cache"))


def test_an_unknown_protocol_is_refused_with_a_list():
    with pytest.raises(SidelightError, match="there are: folder, virtual, fivek"):
        build_protocol("imagenet", Request())


def test_photos_without_any_reference_are_an_error_with_the_reason(photos: Path, tmp_path: Path):
    with pytest.raises(SidelightError, match=r"no references found .*a\.dng"):
        build_protocol("folder", Request(folders=(photos,), reference=tmp_path))


def test_a_name_that_is_not_there_is_told(photos: Path):
    request = Request(
        folders=(photos,), reference=photos / "finished", only=frozenset({"a.dng", "zebra"})
    )
    with pytest.raises(SidelightError, match="no such photo in this protocol: zebra"):
        build_protocol("folder", request)


def test_the_size_may_be_that_of_the_short_side():
    split = Split("scenes", "", None, ())
    long = Protocol("x", "", (), (), split, 480)
    short = Protocol("x", "", (), (), split, 480, "short")
    assert long.long_side((1000, 1500, 3)) == 480
    assert short.long_side((1000, 1500, 3)) == 720
    assert short.long_side((1500, 1000, 3)) == 720
