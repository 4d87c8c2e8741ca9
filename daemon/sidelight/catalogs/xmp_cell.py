"""The XMP packet that Lightroom keeps of each photo: plain text, or packed in recent catalogs."""

from __future__ import annotations

import zlib
from typing import Any

from sidelight.errors import CatalogError

MOST_BYTES = 16 << 20
"""The size up to which XMP is read anywhere in Sidelight."""

_LENGTH_BYTES = 4
_DAMAGED = "the XMP packet in the catalog is damaged"


def xmp_from_cell(cell: Any) -> str:
    """Return the packet in one cell of the catalog, empty for none.

    Args:
        cell: Text, bytes, or bytes that begin with the length of what zlib packed behind it
            (four bytes, the most significant first).

    Raises:
        CatalogError: It is damaged, or larger than any real one.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _limited(cell)
    if not isinstance(cell, bytes):
        raise CatalogError(_DAMAGED)
    if cell.lstrip()[:1] == b"<" or not cell:
        return _decoded(cell)
    length = int.from_bytes(cell[:_LENGTH_BYTES], "big")
    if length > MOST_BYTES:
        raise CatalogError("the XMP packet in the catalog is larger than any real one")
    unpacker = zlib.decompressobj()
    try:
        # One byte more than announced is enough to tell that the announcement was wrong.
        packet = unpacker.decompress(cell[_LENGTH_BYTES:], length + 1)
    except zlib.error as error:
        raise CatalogError(_DAMAGED) from error
    if len(packet) != length or not unpacker.eof:
        raise CatalogError(_DAMAGED)
    return _decoded(packet)


def _decoded(packet: bytes) -> str:
    if len(packet) > MOST_BYTES:
        raise CatalogError("the XMP packet in the catalog is larger than any real one")
    try:
        return packet.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CatalogError(_DAMAGED) from error


def _limited(text: str) -> str:
    return _decoded(text.encode("utf-8", "surrogateescape"))
