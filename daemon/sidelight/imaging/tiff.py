"""A reader of TIFF tags, for what Pillow and LibRaw do not tell: every IFD of a raw file.

Reads headers only. TIFF 6.0, DNG 1.6, and the variants Olympus (`IIRO`) and Panasonic (`IIU`)
write; sizes and counts are limited, loops are cut.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sidelight.errors import UnreadableError

MAXIMUM_IFDS = 64
MAXIMUM_ENTRIES = 4096
MAXIMUM_VALUE_BYTES = 32 << 20
MAXIMUM_BYTES = 64 << 20
"""Opaque data read from all directories of a file."""

MAXIMUM_NUMBERS = 2_000_000
"""Numbers in all directories of a file: strips and tiles of 200 megapixels at their smallest."""

_POINTERS = {330: "sub", 34665: "exif"}
_MAGIC = {42, 0x4F52, 0x5352, 85}
_FORMATS = {
    1: "B",
    2: "s",
    3: "H",
    4: "I",
    5: "II",
    6: "b",
    7: "s",
    8: "h",
    9: "i",
    10: "ii",
    11: "f",
    12: "d",
    13: "I",
}


@dataclass
class Ifd:
    """One directory.

    Attributes:
        kind: `"main"`, `"sub"` or `"exif"`.
        tags: Tag number to a tuple of numbers, or bytes for text and opaque data.
        offset: Where it begins in the file.
    """

    kind: str
    tags: dict[int, Any] = field(default_factory=dict)
    offset: int = 0

    def number(self, tag: int, default: float = 0.0) -> float:
        """Return the first number of a tag."""
        value = self.tags.get(tag)
        return float(value[0]) if isinstance(value, tuple) and value else default

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return all numbers of a tag, empty when absent."""
        value = self.tags.get(tag)
        return value if isinstance(value, tuple) else ()

    def text(self, tag: int) -> str:
        """Return a tag's text, empty when absent."""
        value = self.tags.get(tag)
        if not isinstance(value, bytes):
            return ""
        return value.split(b"\0", 1)[0].decode("utf-8", "replace").strip()

    def data(self, tag: int) -> bytes:
        """Return a tag's bytes, empty when absent."""
        value = self.tags.get(tag)
        if isinstance(value, tuple) and all(isinstance(v, int) and 0 <= v < 256 for v in value):
            return bytes(value)
        return value if isinstance(value, bytes) else b""

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) of every strip, tile or JPEG stream."""
        for where, length in ((273, 279), (324, 325), (513, 514)):
            starts, counts = self.numbers(where), self.numbers(length)
            yield from (
                (int(start), int(count)) for start, count in zip(starts, counts, strict=False)
            )


@dataclass
class _Source:
    """A file, its byte order and size, and how much may still be read from it."""

    file: BinaryIO
    order: str
    size: int
    bytes_left: int
    numbers_left: int


def read_ifds(path: Path) -> list[Ifd]:
    """Return the IFDs of a TIFF-like file, empty when it is none.

    Raises:
        UnreadableError: The directories lie outside the file, are too many or hold too much.
    """
    with path.open("rb") as file:
        return ifds_of(file)


def ifds_of(file: BinaryIO, lenient: bool = False) -> list[Ifd]:
    """Return the IFDs of an open file as `read_ifds` does; offsets count from its beginning.

    With `lenient`, those before the first broken one instead of an error.
    """
    head = file.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return []
    magic, offset = struct.unpack(order + "HI", head[2:])
    if magic not in _MAGIC:
        return []
    source = _Source(file, order, file.seek(0, 2), MAXIMUM_BYTES, MAXIMUM_NUMBERS)
    found: list[Ifd] = []
    try:
        for ifd in _walk(source, offset):
            found.append(ifd)
    except UnreadableError:
        if not lenient:
            raise
    return found


def _walk(source: _Source, first: int) -> Iterator[Ifd]:
    waiting = [("main", first)]
    seen: set[int] = set()
    while waiting:
        kind, offset = waiting.pop(0)
        if offset == 0 or offset in seen:
            continue
        seen.add(offset)
        if len(seen) > MAXIMUM_IFDS:
            raise UnreadableError("the file has too many image directories")
        if offset + 2 > source.size:
            raise UnreadableError("the file is cut off: an image directory is missing")
        ifd, follows = _read_ifd(source, kind, offset)
        yield ifd
        for tag, child in _POINTERS.items():
            waiting.extend((child, int(value)) for value in ifd.numbers(tag)[:MAXIMUM_IFDS])
        if kind == "main":
            waiting.append(("main", follows))


def _read_ifd(source: _Source, kind: str, offset: int) -> tuple[Ifd, int]:
    file, order = source.file, source.order
    file.seek(offset)
    (count,) = struct.unpack(order + "H", file.read(2))
    body = file.read(count * 12 + 4)
    if count > MAXIMUM_ENTRIES or len(body) < count * 12:
        raise UnreadableError("the file is cut off inside an image directory")
    ifd = Ifd(kind, offset=offset)
    for index in range(count):
        tag, form, number, raw = struct.unpack_from(order + "HHI4s", body, index * 12)
        value = _read_value(source, form, number, raw)
        if value is not None:
            ifd.tags[tag] = value
    follows = struct.unpack_from(order + "I", body, count * 12)[0] if len(body) > count * 12 else 0
    return ifd, follows


def _read_value(
    source: _Source, form: int, number: int, raw: bytes
) -> tuple[float, ...] | bytes | None:
    code = _FORMATS.get(form)
    if code is None:
        return None
    order = source.order
    length = struct.calcsize("<" + code) * number
    opaque = code == "s"
    if length > 4:
        (where,) = struct.unpack(order + "I", raw)
        if length > MAXIMUM_VALUE_BYTES or where + length > source.size:
            return None
        _spend(source, number, opaque)
        source.file.seek(where)
        raw = source.file.read(length)
    if opaque:
        return raw[:length]
    values = struct.unpack_from(f"{order}{number * len(code)}{code[0]}", raw)
    if len(code) == 1:
        return values
    pairs = zip(values[::2], values[1::2], strict=True)
    return tuple(top / bottom if bottom else 0.0 for top, bottom in pairs)


def _spend(source: _Source, number: int, opaque: bool) -> None:
    """Count a value, whose bytes others may share: many tags may point at the same place."""
    if opaque:
        source.bytes_left -= number
    else:
        source.numbers_left -= number
    if min(source.bytes_left, source.numbers_left) < 0:
        raise UnreadableError("the file's image directories hold too much")
