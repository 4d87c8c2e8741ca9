"""XMP values: read them from a packet in every form RDF allows, print them in one.

A property of a photo may stand as an attribute or as an element, in any of several
`rdf:Description` blocks and under any prefix. Names are given as `prefix:name` with the
prefixes of `namespaces`, or as `{address}name` for a namespace not listed there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lxml import etree

from sidelight_xmp.errors import InvalidValueError
from sidelight_xmp.namespaces import URIS, clark, short, split_clark
from sidelight_xmp.packet import Packet

_RDF = f"{{{URIS['rdf']}}}"
_LANG = f"{{{URIS['xml']}}}lang"
_LI = f"{_RDF}li"
_ARRAYS: dict[str, Literal["Seq", "Bag", "Alt"]] = {
    f"{_RDF}Seq": "Seq",
    f"{_RDF}Bag": "Bag",
    f"{_RDF}Alt": "Alt",
}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class LangText:
    """One language's text in an `rdf:Alt`."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Array:
    """An `rdf:Seq` (ordered), `rdf:Bag` (unordered) or `rdf:Alt` (alternatives)."""

    kind: Literal["Seq", "Bag", "Alt"]
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields; the order of the fields does not matter to equality."""

    fields: Mapping[str, Value]

    def get(self, name: str) -> Value | None:
        """Return the field `prefix:name`, None when absent."""
        return self.fields.get(name)


Value: TypeAlias = str | LangText | Array | Struct


def seq(*items: Value) -> Array:
    """Return an ordered array."""
    return Array("Seq", items)


def bag(*items: Value) -> Array:
    """Return an unordered array."""
    return Array("Bag", items)


def lang_alt(text: str) -> Array:
    """Return `text` as an alternative for the default language."""
    return Array("Alt", (LangText(text, "x-default"),))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a property stands: block number, and the number of the child element or None."""

    description: int
    child: int | None


def read_property(packet: Packet, name: str) -> Value | None:
    """Return the value of `prefix:name`, None when the packet lacks it.

    Of several occurrences, which XMP forbids, the first in document order counts.
    """
    wanted = clark(name)
    for element, _, children in packet.blocks:
        if wanted in element.attrib:
            return str(element.get(wanted))
        for child, _ in children:
            if child.tag == wanted:
                return read_element(child)
    return None


def read_properties(packet: Packet) -> dict[str, Value]:
    """Return every property of the packet by name (first occurrence of each)."""
    found: dict[str, Value] = {}
    for element, _, children in packet.blocks:
        for key, value in element.attrib.items():
            if _is_property(str(key)):
                found.setdefault(short(str(key)), str(value))
        for child, _ in children:
            found.setdefault(short(child.tag), read_element(child))
    return found


def find_property(packet: Packet, name: str) -> Iterator[Place]:
    """Yield every place where `prefix:name` stands, in document order."""
    wanted = clark(name)
    for number, (element, _, children) in enumerate(packet.blocks):
        if wanted in element.attrib:
            yield Place(number, None)
        for index, (child, _) in enumerate(children):
            if child.tag == wanted:
                yield Place(number, index)


def read_element(element: etree._Element) -> Value:
    """Return the value of a property element or of an `rdf:li`."""
    resource = element.get(f"{_RDF}resource")
    if resource is not None:
        return str(resource)
    children = [child for child in element if isinstance(child.tag, str)]
    if element.get(f"{_RDF}parseType") == "Resource":
        return _struct_or_qualified(element, children)
    if len(children) == 1:
        kind = _ARRAYS.get(children[0].tag)
        if kind is not None:
            return Array(kind, tuple(read_element(item) for item in children[0].iterchildren(_LI)))
        if children[0].tag == f"{_RDF}Description":
            inner = [child for child in children[0] if isinstance(child.tag, str)]
            return _struct_or_qualified(children[0], inner)
    if any(_is_property(str(key)) or key == f"{_RDF}value" for key in element.attrib):
        return _struct_or_qualified(element, children)
    # string() joins text and CDATA sections and leaves comments out.
    text = str(element.xpath("string()"))
    lang = element.get(_LANG)
    return LangText(text, str(lang)) if lang is not None else text


def _struct_or_qualified(element: etree._Element, children: list[etree._Element]) -> Value:
    fields: dict[str, Value] = {}
    for key, value in element.attrib.items():
        if key == f"{_RDF}value":
            return str(value)
        if _is_property(str(key)):
            fields[short(str(key))] = str(value)
    for child in children:
        if child.tag == f"{_RDF}value":
            return read_element(child)
        fields[short(child.tag)] = read_element(child)
    return Struct(fields)


def _is_property(key: str) -> bool:
    uri, _ = split_clark(key)
    return uri not in ("", URIS["rdf"], URIS["xml"])


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out: line end, one step of indentation, prefix of a namespace."""

    newline: str
    step: str
    prefix: Callable[[str, bool], str]

    def element_name(self, name: str) -> str:
        """Return `name` with the prefix the file uses."""
        return self._qualified(name, False)

    def attribute_name(self, name: str) -> str:
        """As `element_name`, but never by the default namespace."""
        return self._qualified(name, True)

    def _qualified(self, name: str, is_attribute: bool) -> str:
        uri, local = split_clark(clark(name))
        prefix = self.prefix(uri, is_attribute)
        return f"{prefix}:{local}" if prefix else local


def escape_text(text: str) -> str:
    """Return `text` fit to stand between tags.

    Raises InvalidValueError for characters XML cannot hold.
    """
    _check_characters(text)
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    )


def escape_attribute(text: str, quote: str) -> str:
    """Return `text` fit to stand between two of `quote`; line breaks survive as references.

    Raises InvalidValueError for characters XML cannot hold.
    """
    escaped = escape_text(text).replace("\t", "&#x9;").replace("\n", "&#xA;")
    return escaped.replace(quote, "&quot;" if quote == '"' else "&apos;")


def _check_characters(text: str) -> None:
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        raise InvalidValueError(f"The character U+{ord(bad[0]):04X} cannot be kept in a sidecar.")


def print_element(name: str, value: Value, style: Style, indent: str) -> str:
    """Return the element `name` holding `value`, without white space around it.

    `indent` is the white space in front of the element's own first line.
    """
    tag = style.element_name(name)
    if isinstance(value, str):
        return f"<{tag}>{escape_text(value)}</{tag}>" if value else f"<{tag}/>"
    if isinstance(value, LangText):
        lang = f'{tag} xml:lang="{escape_attribute(value.lang, chr(34))}"'
        return f"<{lang}>{escape_text(value.text)}</{tag}>" if value.text else f"<{lang}/>"
    if isinstance(value, Array):
        return _print_array(tag, value, style, indent)
    return _print_struct(tag, value, style, indent)


def _print_array(tag: str, value: Array, style: Style, indent: str) -> str:
    outer = style.newline + indent + style.step
    inner = outer + style.step
    array = style.element_name(f"rdf:{value.kind}")
    if not value.items:
        return f"<{tag}>{outer}<{array}/>{style.newline}{indent}</{tag}>"
    items = "".join(
        inner + print_element("rdf:li", item, style, inner.removeprefix(style.newline))
        for item in value.items
    )
    return f"<{tag}>{outer}<{array}>{items}{outer}</{array}>{style.newline}{indent}</{tag}>"


def _print_struct(tag: str, value: Struct, style: Style, indent: str) -> str:
    simple = {key: item for key, item in value.fields.items() if isinstance(item, str)}
    nested = {key: item for key, item in value.fields.items() if not isinstance(item, str)}
    if not value.fields:
        return f'<{tag} {style.attribute_name("rdf:parseType")}="Resource"/>'
    if not nested:
        return f"<{tag}{_print_attributes(simple, style, indent)}/>"
    inner = indent + style.step
    child_indent = inner + style.step
    description = style.element_name("rdf:Description")
    children = "".join(
        style.newline + child_indent + print_element(key, item, style, child_indent)
        for key, item in nested.items()
    )
    attributes = _print_attributes(simple, style, inner)
    return (
        f"<{tag}>{style.newline}{inner}<{description}{attributes}>{children}"
        f"{style.newline}{inner}</{description}>{style.newline}{indent}</{tag}>"
    )


def _print_attributes(fields: Mapping[str, str], style: Style, indent: str) -> str:
    space = style.newline + indent + style.step if style.newline else " "
    return "".join(
        f'{space}{style.attribute_name(key)}="{escape_attribute(text, chr(34))}"'
        for key, text in fields.items()
    )
