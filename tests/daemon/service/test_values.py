"""From bytes to typed values, whatever the bytes."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from sidelight.service.problem import ProblemError
from sidelight.service.values import read_json, read_query


class Wish(Struct, forbid_unknown_fields=True):
    strength: Annotated[float, Meta(ge=0, le=1)] = 1.0
    count: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    names: list[Literal["a", "b"]] | UnsetType = UNSET
    state: Literal["x"] | UnsetType = UNSET
    text: str = ""


def test_good_values() -> None:
    assert read_json(b'{"strength": 0.5, "names": ["a"]}', Wish).names == ["a"]
    assert read_query("strength=0.5&names=a&names=b&text=%C3%A4+b", Wish) == Wish(
        0.5, names=["a", "b"], text="ä b"
    )
    assert read_query("", Wish) == Wish()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b'{"strength": NaN}',
        b'{"strength": Infinity}',
        b'{"strength": 1e999}',
        b'{"strength": "1"}',
        b'{"strength": true}',
        b'{"strength": 2}',
        b'{"count": 1.5}',
        b'{"count": 18446744073709551616}',
        b'{"count": ' + b"1" * 1_000_000 + b"}",
        b'{"names": ["c"]}',
        b'{"unknown": 1}',
        b'{"strength": 1, "strength": 0}',
        b'{"text": "\\ud800"}',
        b'{"text": "\xff"}',
        b"[" * 100_000,
        b'{"names": ' + b"[" * 100_000,
        b'{"text": ' + b'{"text": ' * 100_000,
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)
def test_h14_bad_json_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        read_json(data, Wish)
    assert caught.value.code == "bad_request"
    assert len(caught.value.body()) < 1000


@pytest.mark.parametrize(
    "text",
    [
        "unknown=1",
        "strength=1&strength=0",
        "strength=nan",
        "strength=inf",
        "strength=",
        "strength",
        "&",
        "count=x",
        "count=%2B1",
        "names=c",
        "state=null",
        "text=%ff",
        "text=\udcff",
        "text=ä",
        "&".join(["names=a"] * 101),
    ],
)
def test_bad_queries_are_refused(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_query(text, Wish)
    assert caught.value.code == "bad_request"
