"""Change declared properties of a sidecar and nothing else.

The edits are spliced into the file's own text: what is not declared stays as it is, to
the character. The result is parsed again before it is handed out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from sidelight_xmp.errors import SidecarError
from sidelight_xmp.namespaces import PREFIXES, URIS, clark, split_clark
from sidelight_xmp.packet import Attribute, Block, Packet
from sidelight_xmp.properties import (
    Place,
    Style,
    Value,
    escape_attribute,
    escape_text,
    find_property,
    print_element,
    read_property,
)

EMPTY_SIDECAR: Final = (
    f'<x:xmpmeta xmlns:x="{URIS["x"]}" x:xmptk="Sidelight">\n'
    f' <rdf:RDF xmlns:rdf="{URIS["rdf"]}">\n'
    '  <rdf:Description rdf:about="">\n'
    "  </rdf:Description>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
).encode()
"""A sidecar without properties, laid out as Lightroom lays out its own."""

EMPTY_SIDECAR_WITH_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n' + EMPTY_SIDECAR
"""The same with an XML declaration, as darktable writes it."""


@dataclass(frozen=True)
class Changes:
    """What to change; every other property survives.

    `values`: property → new value, None removes it.
    `if_absent`: set only where the sidecar has no such property.
    `on_change`: set only when one of the others changes something (dates).
    `order`: names in the order in which new attributes take their place among old ones.
    """

    values: Mapping[str, Value | None]
    if_absent: Mapping[str, Value] = field(default_factory=dict)
    on_change: Mapping[str, Value | None] = field(default_factory=dict)
    order: Sequence[str] = ()


def merge(
    existing: bytes | None,
    changes: Changes | Mapping[str, Value | None],
    *,
    empty: bytes = EMPTY_SIDECAR,
    packet: Packet | None = None,
) -> bytes:
    """Return the sidecar with the changes made; `existing` itself when nothing changes.

    `existing` None stands for "no file yet": the changes go into `empty`. A caller that
    has parsed `existing` already passes the `packet`.

    Raises DamagedSidecarError or HostileSidecarError for a file that must be left alone,
    InvalidValueError for a value XML cannot hold.
    """
    if not isinstance(changes, Changes):
        changes = Changes(changes)
    if packet is None:
        packet = Packet.from_bytes(empty if existing is None else existing)
    todo = pending(packet, changes)
    if not todo:
        return empty if existing is None else existing
    result = apply(packet, todo, changes.order)
    _verify(result, todo)
    return result


def pending(packet: Packet, changes: Changes) -> dict[str, Value | None]:
    """Return those of the changes that would alter the packet."""
    todo = {
        name: value for name, value in changes.values.items() if not _is_set(packet, name, value)
    }
    for name, value in changes.if_absent.items():
        if name not in todo and read_property(packet, name) is None:
            todo[name] = value
    if todo:
        for name, stamp in changes.on_change.items():
            if not _is_set(packet, name, stamp):
                todo[name] = stamp
    return todo


def apply(packet: Packet, values: Mapping[str, Value | None], order: Sequence[str] = ()) -> bytes:
    """Return the packet's bytes with the values set, without looking whether they differ."""
    if not packet.blocks:
        packet = _with_description(packet)
    drafts = [_Draft(packet, block, order) for block in packet.blocks]
    rank = {name: index for index, name in enumerate(order)}
    for name in sorted(values, key=lambda name: rank.get(name, len(rank))):
        _set(packet, drafts, name, values[name])
    splices = [splice for draft in drafts for splice in draft.splices()]
    pieces, position = [], 0
    for start, end, new in sorted(splices):
        pieces += [packet.text[position:start], new]
        position = end
    return packet.to_bytes("".join(pieces) + packet.text[position:])


def _is_set(packet: Packet, name: str, value: Value | None) -> bool:
    places = len(list(find_property(packet, name)))
    if value is None:
        return places == 0
    return places == 1 and read_property(packet, name) == value


def _verify(result: bytes, values: Mapping[str, Value | None]) -> None:
    packet = Packet.from_bytes(result)
    for name, value in values.items():
        if not _is_set(packet, name, value):
            raise SidecarError(f"The sidecar cannot hold {name} in its present form.")


def _with_description(packet: Packet) -> Packet:
    tag = packet.rdf_tag
    prefix = tag.name.rpartition(":")[0]
    name = f"{prefix}:Description" if prefix else "Description"
    # An attribute needs a prefix of its own where RDF is the default namespace.
    about = f' {prefix}:about=""' if prefix else ""
    block = f"<{name}{about}/>"
    if tag.empty:
        opening = packet.text[tag.start : tag.before_close]
        text = f"{packet.text[: tag.start]}{opening}>{block}</{tag.name}>{packet.text[tag.end :]}"
    else:
        text = f"{packet.text[: tag.inner]}{block}{packet.text[tag.inner :]}"
    return Packet.from_bytes(packet.to_bytes(text))


def _set(packet: Packet, drafts: list[_Draft], name: str, value: Value | None) -> None:
    places = list(find_property(packet, name))
    kept = places[0] if places and value is not None else None
    for place in places:
        if place != kept:
            drafts[place.description].remove(name, place)
    if value is None:
        return
    if kept is not None:
        drafts[kept.description].change(name, kept, value)
        return
    uri, _ = split_clark(clark(name))
    draft = max(drafts, key=lambda draft: draft.affinity(uri))
    if isinstance(value, str):
        draft.add_attribute(name, value)
    else:
        draft.add_child(name, value)


class _Draft:
    """The pending edits of one `rdf:Description`."""

    def __init__(self, packet: Packet, block: Block, order: Sequence[str]) -> None:
        self.packet, self.order = packet, list(order)
        element, tag, self.children = block
        self.element, self.tag = element, tag
        self.attributes = [replace(attribute) for attribute in tag.attributes]
        self.added: list[str] = []
        self.edits: list[tuple[int, int, str]] = []
        self.prefixes = {prefix: uri for prefix, uri in element.nsmap.items() if uri}
        self.indent, self.step = self._indentation()
        self.style = Style(packet.newline, self.step, self.prefix_of)

    def affinity(self, uri: str) -> int:
        """How much this block is the home of a namespace: 2 has properties, 1 declares it."""
        if any(split_clark(str(key))[0] == uri for key in self.element.attrib) or any(
            split_clark(child.tag)[0] == uri for child, _ in self.children
        ):
            return 2
        return 1 if uri in self.prefixes.values() else 0

    def prefix_of(self, uri: str, is_attribute: bool) -> str:
        """Return the file's prefix of a namespace, declaring one where there is none."""
        if uri == URIS["xml"]:
            return "xml"
        for prefix, known in self.prefixes.items():
            if known == uri and not (is_attribute and prefix is None):
                return prefix or ""
        wanted = PREFIXES.get(uri, "ns")
        prefix, number = wanted, 0
        while prefix in self.prefixes:
            number += 1
            prefix = f"{wanted}{number}"
        self.prefixes[prefix] = uri
        declarations = [
            index for index, old in enumerate(self.attributes) if _is_declaration(old.name)
        ]
        space = self._space(self.style.step * 2)
        if declarations:
            space = self.attributes[declarations[-1]].space
        at = declarations[-1] + 1 if declarations else min(1, len(self.attributes))
        self.attributes.insert(
            at, Attribute(space, f"xmlns:{prefix}", "=", '"', escape_attribute(uri, '"'))
        )
        return prefix

    def add_attribute(self, name: str, value: str) -> None:
        """Add a simple property at its place in the order, else behind the last attribute."""
        written = self.style.attribute_name(name)
        at = self._position(name)
        space = next(
            (
                old.space
                for old in reversed(self.attributes)
                if not _is_declaration(old.name) and self._clark(old.name) not in _RDF_ATTRIBUTES
            ),
            self._space(self.step),
        )
        new = Attribute(space, written, "=", '"', escape_attribute(value, '"'))
        self.attributes.insert(at, new)

    def add_child(self, name: str, value: Value) -> None:
        """Add a structured property behind the last child."""
        self.added.append(print_element(name, value, self.style, self._child_indent()))

    def change(self, name: str, place: Place, value: Value) -> None:
        """Give an existing property another value, in the form in which it stands."""
        if place.child is None:
            attribute = next(old for old in self.attributes if self._clark(old.name) == clark(name))
            if isinstance(value, str):
                attribute.raw = escape_attribute(value, attribute.quote)
            else:
                self.attributes.remove(attribute)
                self.add_child(name, value)
            return
        element, tag = self.children[place.child]
        if isinstance(value, str) and _is_simple(element):
            opening = self.packet.text[tag.start : tag.before_close]
            new = f"{opening}>{escape_text(value)}</{tag.name}>"
        else:
            new = print_element(name, value, self.style, self._child_indent())
        self.edits.append((tag.start, tag.end, new))

    def remove(self, name: str, place: Place) -> None:
        """Remove a property together with the white space in front of it."""
        if place.child is None:
            self.attributes = [
                old for old in self.attributes if self._clark(old.name) != clark(name)
            ]
            return
        _, tag = self.children[place.child]
        start = tag.start
        while start > self.tag.inner and self.packet.text[start - 1].isspace():
            start -= 1
        self.edits.append((start, tag.end, ""))

    def splices(self) -> list[tuple[int, int, str]]:
        """Return the edits of this block as (start, end, new text)."""
        text, tag = self.packet.text, self.tag
        newline = self.packet.newline
        between = f"{newline}{self._child_indent()}" if newline else ""
        children = "".join(f"{between}{child}" for child in self.added)
        opening = f"<{tag.name}{''.join(map(str, self.attributes))}"
        result = list(self.edits)
        if tag.empty and self.added:
            closing = f"{newline}{self.indent}</{tag.name}>"
            result.append((tag.start, tag.end, f"{opening}>{children}{closing}"))
            return result
        if opening != text[tag.start : tag.before_close]:
            result.append((tag.start, tag.before_close, opening))
        if self.added:
            at = self.children[-1][1].end if self.children else tag.inner
            result.append((at, at, children))
        return result

    def _indentation(self) -> tuple[str, str]:
        text = self.packet.text
        own = _line_indent(text, self.tag.start)
        parent = _line_indent(text, self.packet.rdf_tag.start)
        if own is None:
            return "", " "
        step = own.removeprefix(parent or "") if own.startswith(parent or "") else ""
        return own, step or " "

    def _child_indent(self) -> str:
        for _, tag in self.children:
            indent = _line_indent(self.packet.text, tag.start)
            if indent is not None:
                return indent
        return self.indent + self.step

    def _space(self, step: str) -> str:
        newline = self.packet.newline
        return f"{newline}{self.indent}{step}" if newline else " "

    def _clark(self, written: str) -> str:
        prefix, _, local = written.rpartition(":")
        if not prefix or prefix == "xmlns":
            return written
        uri = URIS["xml"] if prefix == "xml" else self.prefixes.get(prefix, "")
        return f"{{{uri}}}{local}"

    def _position(self, name: str) -> int:
        if name not in self.order:
            return len(self.attributes)
        present = {self._clark(old.name): index for index, old in enumerate(self.attributes)}
        rank = self.order.index(name)
        for earlier in reversed(self.order[:rank]):
            if clark(earlier) in present:
                return present[clark(earlier)] + 1
        for later in self.order[rank + 1 :]:
            if clark(later) in present:
                return present[clark(later)]
        return len(self.attributes)


_RDF_ATTRIBUTES = frozenset({clark("rdf:about"), clark("rdf:ID"), clark("rdf:nodeID"), "about"})


def _is_declaration(name: str) -> bool:
    return name == "xmlns" or name.startswith("xmlns:")


def _is_simple(element: etree._Element) -> bool:
    """Whether the element holds text alone, so that only the text need be replaced."""
    return not element.attrib and not any(isinstance(child.tag, str) for child in element)


def _line_indent(text: str, start: int) -> str | None:
    """Return the white space in front of `start` when nothing else precedes it on its line."""
    line = text.rfind("\n", 0, start) + 1
    indent = text[line:start]
    return indent if not indent.strip() and (line > 0 or not indent) else None
