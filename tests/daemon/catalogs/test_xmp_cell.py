"""XMP in a catalog's cell: plain, packed, damaged, and bombs."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import Any

import pytest

from sidelight.catalogs.xmp_cell import MOST_BYTES, xmp_from_cell
from sidelight.errors import CatalogError

PACKET = "<x:xmpmeta>é</x:xmpmeta>"


def packed(data: bytes, length: int | None = None) -> bytes:
    return (len(data) if length is None else length).to_bytes(4, "big") + zlib.compress(data)


@pytest.mark.parametrize(
    ("cell", "packet"),
    [
        (None, ""),
        ("", ""),
        (b"", ""),
        (PACKET, PACKET),
        (PACKET.encode(), PACKET),
        (b" \n" + PACKET.encode(), " \n" + PACKET),
        (packed(PACKET.encode()), PACKET),
        (packed(b""), ""),
    ],
)
def test_plain_and_packed(cell: Any, packet: str) -> None:
    assert xmp_from_cell(cell) == packet


@pytest.mark.parametrize(
    "cell",
    [
        5,
        b"\0\0\0\5",
        b"\0\0\0\5rubbish",
        packed(PACKET.encode())[:-3],
        packed(PACKET.encode(), 3),
        packed(PACKET.encode(), 300),
        packed(b"\xff\xfe"),
        packed(b"x", 2**32 - 1),
        "<" + "x" * MOST_BYTES,
    ],
)
def test_damage_is_refused(cell: Any) -> None:
    with pytest.raises(CatalogError, match="XMP packet"):
        xmp_from_cell(cell)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(bytes(200 << 20), 1000)
    tracemalloc.start()
    with pytest.raises(CatalogError):
        xmp_from_cell(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
