"""Bytes of a sidecar ↔ a tree to read and the untouched text to edit.

The tree (lxml) answers what the file means. Writing never serialises it: the edits of
`merge` are spliced into the decoded text, so that the layout, quotes, comments, encoding
and line ends of a file that belongs to someone else stay as they are.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from sidelight_xmp.errors import DamagedSidecarError, HostileSidecarError
from sidelight_xmp.namespaces import URIS

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100
MAX_ATTRIBUTES = 50_000
MAX_ATTRIBUTE_LENGTH = 8 * 1024 * 1024

# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_BYTES = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_SINGLE_BYTE_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MISC = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_NAME = re.compile(r"""<([^\s<>/!?=&"']+)""")
_ATTRIBUTE = re.compile(r"""(\s+)([^\s=<>/"']+)(\s*=\s*)(?:"([^"<]*)"|'([^'<]*)')""")
_TAG_CLOSE = re.compile(r"\s*(/?)>")
_END_TAG = re.compile(r"""</([^\s<>/"']+)\s*>""")
_PACKET_BEGIN = re.compile(r"<\?xpacket\s+begin", re.IGNORECASE)
_PACKET_END = re.compile(r"<\?xpacket\s+end.*?\?>", re.IGNORECASE | re.DOTALL)
_SCANNED_DEPTH = 4  # xmpmeta, RDF, Description, property: what lies deeper is never edited


@dataclass(slots=True)
class Attribute:
    """One attribute of a start tag, verbatim; joining the parts gives the source text."""

    space: str
    name: str
    equals: str
    quote: str
    raw: str

    def __str__(self) -> str:
        return f"{self.space}{self.name}{self.equals}{self.quote}{self.raw}{self.quote}"


@dataclass(slots=True)
class Tag:
    """Where an element stands in the text.

    `start` is the offset of its `<`, `inner` and `close` bound its content, `end` is past
    its last character. For an empty element (`<a/>`) inner = close = end.
    """

    name: str
    start: int
    attributes: list[Attribute]
    before_close: int
    inner: int
    empty: bool
    close: int = -1
    end: int = -1
    children: list[Tag] = field(default_factory=list)


class Block(NamedTuple):
    """An `rdf:Description` of the photo and its child elements, each with its place."""

    element: etree._Element
    tag: Tag
    children: list[tuple[etree._Element, Tag]]


@dataclass(slots=True)
class Packet:
    """A parsed sidecar: `root` is for reading, `text` with the tags is for editing.

    `blocks` are the `rdf:Description` elements that hold the photo's properties, `newline`
    is CRLF, LF or, in a file of one line, nothing.
    """

    text: str
    codec: str
    byte_order_mark: bytes
    tail: bytes
    root: etree._Element
    rdf_tag: Tag
    blocks: list[Block]
    newline: str

    @classmethod
    def from_bytes(cls, data: bytes) -> Packet:
        """Parse a sidecar.

        Raises HostileSidecarError for a document type, an entity or a file beyond the
        limits, DamagedSidecarError for all that is not a complete XMP document.
        """
        if len(data) > MAX_BYTES:
            raise HostileSidecarError("The sidecar is larger than 16 MB, so it was left alone.")
        text, codec, mark, tail = _decode(data)
        start = _find_root(text)
        tag = _scan(text, start)
        _check_packet_end(text, start, tag.end)
        root = _parse(text[tag.start : tag.end])
        rdf, rdf_tag = _find_rdf(root, tag)
        wanted = f"{{{URIS['rdf']}}}Description"
        blocks = [
            Block(element, place, element_children(element, place))
            for element, place in element_children(rdf, rdf_tag)
            if element.tag == wanted
        ]
        return cls(text, codec, mark, tail, root, rdf_tag, blocks, _newline(text))

    def to_bytes(self, text: str | None = None) -> bytes:
        """Encode the packet's own text, or an edited one, as the file was encoded."""
        body = self.text if text is None else text
        # Old text always fits its own encoding; only new values may need a reference.
        return self.byte_order_mark + body.encode(self.codec, "xmlcharrefreplace") + self.tail


def element_children(element: etree._Element, tag: Tag) -> list[tuple[etree._Element, Tag]]:
    """Pair the child elements with their places; comments and instructions are left out."""
    children = [child for child in element if isinstance(child.tag, str)]
    if len(children) != len(tag.children):
        raise DamagedSidecarError("The sidecar is damaged, so it was left alone.")
    return list(zip(children, tag.children, strict=True))


def _newline(text: str) -> str:
    first = text.find("\n")
    if first < 0:
        return ""
    return "\r\n" if text[first - 1 : first] == "\r" else "\n"


def _decode(data: bytes) -> tuple[str, str, bytes, bytes]:
    """Return text, codec, byte-order mark and the bytes that could not be decoded."""
    _refuse_utf7(data)
    mark, codec = b"", ""
    for candidate, name in _BYTE_ORDER_MARKS:
        if data.startswith(candidate):
            mark, codec = candidate, name
            break
    else:
        codec = _codec_without_mark(data)
    body = data[len(mark) :]
    try:
        return body.decode(codec), codec, mark, b""
    except UnicodeDecodeError as error:
        # Rubbish behind the document is kept as bytes; inside it the scan finds no end.
        return body[: error.start].decode(codec), codec, mark, body[error.start :]


def _codec_without_mark(data: bytes) -> str:
    for first, name in _FIRST_BYTES:
        if data.startswith(first):
            return name
    declared = _DECLARED.match(data[:512])
    if declared is None:
        return "utf-8"
    name = declared[1].decode("ascii").lower()
    if name not in _SINGLE_BYTE_CODECS:
        raise DamagedSidecarError(
            f"The sidecar says it is encoded as {name}, which it cannot be, so it was left alone."
        )
    return _SINGLE_BYTE_CODECS[name]


def _refuse_utf7(data: bytes) -> None:
    # UTF-7 hides a document type from a reader that looks at ASCII only.
    head = data[:4096]
    declared = _DECLARED.match(head)
    hidden = b"+ADw" in head and _DECLARATION.search(head.decode("utf-7", "ignore"))
    if head.startswith(b"+/v") or hidden or (declared and declared[1].lower() == b"utf-7"):
        raise HostileSidecarError("The sidecar is encoded as UTF-7, so it was left alone.")


def _find_root(text: str) -> int:
    start = _MISC.match(text).end()  # type: ignore[union-attr]
    if _DECLARATION.match(text, start):
        raise HostileSidecarError(
            "The sidecar declares a document type or an entity, which no editor does, "
            "so it was left alone."
        )
    if not _NAME.match(text, start):
        reason = "is empty" if not text.strip() else "is not XMP"
        raise DamagedSidecarError(f"The sidecar is damaged: it {reason}, so it was left alone.")
    return start


def _start_tag(text: str, start: int) -> Tag:
    name = _NAME.match(text, start)
    if name is None:
        raise DamagedSidecarError("The sidecar is damaged, so it was left alone.")
    position = name.end()
    attributes = []
    while match := _ATTRIBUTE.match(text, position):
        space, key, equals, double, single = match.groups()
        quote, raw = ('"', double) if double is not None else ("'", single)
        attributes.append(Attribute(space, key, equals, quote, raw))
        position = match.end()
        if len(attributes) > MAX_ATTRIBUTES:
            raise _too_much("attributes")
    close = _TAG_CLOSE.match(text, position)
    if close is None:
        raise _damaged_markup() if text.find("<", position + 1) >= 0 else _cut_off()
    empty = bool(close[1])
    tag = Tag(name[1], start, attributes, position, close.end(), empty)
    if empty:
        tag.close = tag.end = close.end()
    return tag


def _scan(text: str, start: int) -> Tag:
    """Locate the elements down to the properties, starting at the root's `<`."""
    root = _start_tag(text, start)
    if root.empty:
        return root
    stack = [root]
    position = root.inner
    while True:
        position = text.find("<", position)
        if position < 0:
            raise _cut_off()
        past = _past_markup(text, position)
        if past is not None:
            position = past
            continue
        if text.startswith("</", position):
            tag = stack.pop()
            position = _close(text, tag, position)
            if not stack:
                return root
            continue
        tag = _start_tag(text, position)
        stack[-1].children.append(tag)
        position = tag.end
        if not tag.empty and len(stack) + 1 < _SCANNED_DEPTH:
            stack.append(tag)
            position = tag.inner
        elif not tag.empty:
            position = _close(text, tag, _find_close(text, tag))


def _close(text: str, tag: Tag, position: int) -> int:
    end = _END_TAG.match(text, position)
    if end is None:
        raise _cut_off()
    if end[1] != tag.name:
        raise _damaged_markup()
    tag.close, tag.end = position, end.end()
    return tag.end


def _past_markup(text: str, position: int) -> int | None:
    """Return the offset behind a comment, CDATA section or instruction standing here."""
    for opening, closing in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")):
        if text.startswith(opening, position):
            end = text.find(closing, position + len(opening))
            if end < 0:
                raise _cut_off()
            return end + len(closing)
    return None


def _find_close(text: str, tag: Tag) -> int:
    """Return the offset of the end tag that belongs to `tag`.

    A mask of several MB holds 100 000 elements, so the common case (nothing inside that
    could hide or repeat the name) is one search.
    """
    same = re.compile(rf"<(/?){re.escape(tag.name)}(?=[\s/>])")
    first = same.search(text, tag.inner)
    if first is None:
        raise _cut_off()
    hiding = any(text.find(mark, tag.inner, first.start()) >= 0 for mark in ("<!", "<?"))
    if first[1] and not hiding:
        return first.start()
    depth, position = 1, tag.inner
    while True:
        position = text.find("<", position)
        if position < 0:
            raise _cut_off()
        past = _past_markup(text, position)
        if past is not None:
            position = past
        elif text.startswith("</", position):
            depth -= 1
            if depth == 0:
                return position
            position += 2
        else:
            inner = _start_tag(text, position)
            depth += 0 if inner.empty else 1
            position = inner.inner


def _parse(document: str) -> etree._Element:
    if document.count("=") > MAX_ATTRIBUTES and _count_attributes(document) > MAX_ATTRIBUTES:
        raise _too_much("attributes")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,  # bounded by MAX_BYTES; without entities nothing can grow
        strip_cdata=False,
    )
    try:
        root = etree.fromstring(document.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        if "depth" in (error.msg or ""):
            raise _too_much("nested elements") from None
        raise _damaged_markup() from None
    except UnicodeEncodeError:
        raise _damaged_markup() from None
    if root.xpath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")"):
        raise _too_much("nested elements")
    if len(document) > MAX_ATTRIBUTE_LENGTH and any(
        len(value) > MAX_ATTRIBUTE_LENGTH for value in root.xpath("//@*")
    ):
        raise HostileSidecarError(
            "The sidecar has a single value of more than 8 MB, so it was left alone."
        )
    return root


def _count_attributes(document: str) -> int:
    return sum(1 for _ in _ATTRIBUTE.finditer(document))


def _find_rdf(root: etree._Element, tag: Tag) -> tuple[etree._Element, Tag]:
    wanted = f"{{{URIS['rdf']}}}RDF"
    for element, place in [(root, tag), *element_children(root, tag)]:
        if element.tag == wanted:
            return element, place
    raise DamagedSidecarError("The sidecar is damaged: it is not XMP, so it was left alone.")


def _check_packet_end(text: str, start: int, end: int) -> None:
    if _PACKET_BEGIN.search(text, 0, start) and not _PACKET_END.search(text, end):
        raise _cut_off()


def _cut_off() -> DamagedSidecarError:
    return DamagedSidecarError("The sidecar is damaged: its end is missing, so it was left alone.")


def _damaged_markup() -> DamagedSidecarError:
    return DamagedSidecarError("The sidecar is damaged: it is not valid XML, so it was left alone.")


def _too_much(what: str) -> HostileSidecarError:
    return HostileSidecarError(f"The sidecar has far too many {what}, so it was left alone.")
