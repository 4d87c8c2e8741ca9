"""Reading values in every RDF form; printing them in one."""

from __future__ import annotations

import pytest

from sidelight_xmp import (
    Array,
    InvalidValueError,
    LangText,
    Packet,
    Struct,
    bag,
    lang_alt,
    merge,
    read_properties,
    read_property,
    seq,
)
from sidelight_xmp.namespaces import URIS
from sidelight_xmp.properties import escape_attribute, escape_text, find_property

_HEAD = (
    f'<rdf:RDF xmlns:rdf="{URIS["rdf"]}" xmlns:crs="{URIS["crs"]}" xmlns:dc="{URIS["dc"]}" '
    'xmlns:u="urn:u">'
)


def _packet(body: str) -> Packet:
    return Packet.from_bytes(f"{_HEAD}{body}</rdf:RDF>".encode())


def _element(body: str) -> Packet:
    return _packet(f'<rdf:Description rdf:about="">{body}</rdf:Description>')


READ = [
    # (element, value)
    ("<crs:A>+1</crs:A>", "+1"),
    ("<crs:A/>", ""),
    ("<crs:A> a <!-- no --><![CDATA[<b>]]> </crs:A>", " a <b> "),
    ('<crs:A rdf:resource="urn:x"/>', "urn:x"),
    ("<crs:A><rdf:Description><rdf:value>7</rdf:value><u:q/></rdf:Description></crs:A>", "7"),
    ('<crs:A rdf:value="7" u:unit="m"/>', "7"),
    ("<crs:A><rdf:Seq><rdf:li>1</rdf:li> <rdf:li>2</rdf:li></rdf:Seq></crs:A>", seq("1", "2")),
    ("<crs:A><rdf:Bag/></crs:A>", bag()),
    (
        '<crs:A><rdf:Alt><rdf:li xml:lang="x-default">t</rdf:li></rdf:Alt></crs:A>',
        lang_alt("t"),
    ),
    ('<crs:A crs:B="1" u:C="2"/>', Struct({"crs:B": "1", "{urn:u}C": "2"})),
    ('<crs:A rdf:parseType="Resource"><crs:B>1</crs:B></crs:A>', Struct({"crs:B": "1"})),
    (
        '<crs:A><rdf:Description crs:B="1"><crs:C><rdf:Seq/></crs:C></rdf:Description></crs:A>',
        Struct({"crs:B": "1", "crs:C": seq()}),
    ),
    (
        '<crs:A><rdf:Seq><rdf:li crs:B="1"/><rdf:li rdf:parseType="Resource"/></rdf:Seq></crs:A>',
        seq(Struct({"crs:B": "1"}), Struct({})),
    ),
]


@pytest.mark.parametrize(("xml", "value"), READ)
def test_read_forms(xml, value) -> None:
    """X3: every form of a value is understood."""
    assert read_property(_element(xml), "crs:A") == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a & b < c > \"d\" 'e'\t\n",
        seq(),
        seq("1", "", "3"),
        bag(Struct({"crs:B": "1", "dc:C": "\n2"}), "x"),
        lang_alt("tittel"),
        Array("Alt", (LangText("a", "x-default"), LangText("", "de"))),
        Struct({}),
        Struct({"crs:B": "1"}),
        Struct({"crs:B": "1", "crs:D": seq(Struct({"{urn:new}E": lang_alt("f")}))}),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", ""])
def test_written_values_read_back(value, newline) -> None:
    body = f'{_HEAD}{newline}<rdf:Description rdf:about=""/>{newline}</rdf:RDF>'
    result = merge(body.encode(), {"crs:A": value, "dc:after": "1"})
    assert read_property(Packet.from_bytes(result), "crs:A") == value
    assert b"\n" not in result.replace(b"\r\n", b"") or newline == "\n"


def test_read_properties_lists_both_forms_of_all_blocks() -> None:
    packet = _packet(
        '<rdf:Description rdf:about="" crs:A="1" u:X="5"><dc:B>2</dc:B></rdf:Description>'
        '<rdf:Description rdf:about="" crs:C="3" crs:A="4"/>'
    )
    expected = {"crs:A": "1", "{urn:u}X": "5", "dc:B": "2", "crs:C": "3"}
    assert read_properties(packet) == expected
    assert len(list(find_property(packet, "crs:A"))) == 2
    assert read_property(packet, "crs:Missing") is None


def test_properties_inside_structures_are_not_the_photos() -> None:
    packet = _element('<crs:Look><rdf:Description crs:Exposure2012="+1.00"/></crs:Look>')
    assert read_property(packet, "crs:Exposure2012") is None


def test_unknown_prefix_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        read_property(_element(""), "nope:A")


def test_escapes() -> None:
    assert escape_text("a<b&c>\r") == "a&lt;b&amp;c&gt;&#xD;"
    assert escape_attribute("'\"\n\t", '"') == "'&quot;&#xA;&#x9;"
    assert escape_attribute("'\"", "'") == '&apos;"'
    with pytest.raises(InvalidValueError):
        escape_text("\x00")
