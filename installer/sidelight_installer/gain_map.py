"""The parts of a gain-map JPEG (Ultra HDR): base picture, gain map and its numbers.

Two JPEGs stand behind one another in the file; the second one's XMP holds the numbers of the
Adobe gain map specification 1.0 (`hdrgm`), from which a page restores the HDR picture:

    HDR = (SDR + offset_sdr) * 2^(minimum + (maximum - minimum) * map^(1 / gamma)) - offset_hdr
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from xml.etree import ElementTree

_HDRGM = "{http://ns.adobe.com/hdr-gain-map/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1

Triple = tuple[float, float, float]


class GainMapError(ValueError):
    """Raised when a file is not a gain-map JPEG; the message says what is missing."""


@dataclass(frozen=True)
class GainMap:
    """Where the two pictures lie, as (start, end) byte offsets, and how to combine them.

    `minimum`, `maximum` are log2 gains; all triples are red, green, blue. `capacity_max` is the
    display headroom, in stops, at which the map acts in full.
    """

    base: tuple[int, int]
    map: tuple[int, int]
    minimum: Triple
    maximum: Triple
    gamma: Triple
    offset_sdr: Triple
    offset_hdr: Triple
    capacity_max: float

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values."""
        return asdict(self)


def read_gain_map(content: bytes) -> GainMap:
    """Find the base picture and the gain map in a JPEG file's bytes.

    Raises:
        GainMapError: It is no JPEG, is cut off, or holds no gain map that can be used.
    """
    pictures = list(_pictures(content))
    for start, end in pictures[1:]:
        for packet in _xmp_packets(content, start):
            description = _description(packet)
            if description is not None and _has(description, "GainMapMax"):
                return _gain_map(description, pictures[0], (start, end))
    raise GainMapError("the JPEG holds no gain map")


def _gain_map(
    description: ElementTree.Element, base: tuple[int, int], second: tuple[int, int]
) -> GainMap:
    if (_text(description, "BaseRenditionIsHDR") or "False").lower() == "true":
        raise GainMapError("the base picture is the HDR one, which is not supported")
    maximum = _triple(description, "GainMapMax", 1.0)
    capacity = _triple(description, "HDRCapacityMax", max(maximum))
    return GainMap(
        base=base,
        map=second,
        minimum=_triple(description, "GainMapMin", 0.0),
        maximum=maximum,
        gamma=_triple(description, "Gamma", 1.0),
        offset_sdr=_triple(description, "OffsetSDR", 1 / 64),
        offset_hdr=_triple(description, "OffsetHDR", 1 / 64),
        capacity_max=capacity[0],
    )


def _pictures(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the JPEGs that stand behind one another."""
    start = 0
    if content[:2] != b"\xff\xd8":
        raise GainMapError("this is not a JPEG")
    while start >= 0:
        end = _end(content, start)
        yield start, end
        start = content.find(b"\xff\xd8\xff", end)


def _end(content: bytes, start: int) -> int:
    """Return the offset behind the EOI marker of the JPEG that begins at `start`."""
    for marker, offset, length in _segments(content, start):
        if marker == _EOI:
            return offset
        if offset + length > len(content):
            break
    raise GainMapError("the JPEG is cut off")


def _segments(content: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, offset, length) of the segments' content; EOI ends them."""
    at = start + 2
    while at + 2 <= len(content):
        if content[at] != 0xFF:
            raise GainMapError("the JPEG is damaged")
        marker = content[at + 1]
        at += 2
        if marker == 0xFF:
            at -= 1
            continue
        if marker == _EOI:
            yield marker, at, 0
            return
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2:
            raise GainMapError("the JPEG is damaged")
        yield marker, at + 2, length - 2
        at += length
        if marker == _SOS:
            at = _after_scan(content, at)


def _after_scan(content: bytes, at: int) -> int:
    """Return where compressed data end: the next marker that is neither stuffing nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        follower = content[at + 1]
        if follower != 0 and not 0xD0 <= follower <= 0xD7:
            return at
        at += 2


def _xmp_packets(content: bytes, start: int) -> Iterator[bytes]:
    for marker, offset, length in _segments(content, start):
        if marker == _SOS:
            return
        body = content[offset : offset + length]
        if marker == _APP1 and body.startswith(_XMP_SEGMENT):
            yield body[len(_XMP_SEGMENT) :]


def _description(packet: bytes) -> ElementTree.Element | None:
    # A document type is how entity bombs arrive; XMP has none.
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return None
    try:
        root = ElementTree.fromstring(packet.strip(b"\0 \r\n\t"))
    except ElementTree.ParseError:
        return None
    found = root.iter(f"{_RDF}Description")
    return next((item for item in found if _has(item, "GainMapMax")), None)


def _has(description: ElementTree.Element, name: str) -> bool:
    return name_of(name) in description.attrib or description.find(name_of(name)) is not None


def name_of(name: str) -> str:
    """Return an `hdrgm` name with its namespace."""
    return _HDRGM + name


def _text(description: ElementTree.Element, name: str) -> str | None:
    if (value := description.get(name_of(name))) is not None:
        return value
    element = description.find(name_of(name))
    return None if element is None else element.text


def _triple(description: ElementTree.Element, name: str, default: float) -> Triple:
    element = description.find(name_of(name))
    items = [] if element is None else [item.text or "" for item in element.iter(f"{_RDF}li")]
    if not items:
        text = _text(description, name)
        items = [str(default) if text is None else text]
    try:
        values = [float(item) for item in items]
    except ValueError as error:
        raise GainMapError(f"{name} of the gain map is not a number") from error
    if len(values) == 1:
        values *= 3
    if len(values) != 3:
        raise GainMapError(f"{name} of the gain map has {len(values)} numbers")
    return values[0], values[1], values[2]
