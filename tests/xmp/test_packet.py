"""Hardened parsing: X1 to X5 of the threat model."""

from __future__ import annotations

import time

import pytest

from sidelight_xmp import (
    DamagedSidecarError,
    HostileSidecarError,
    Packet,
    SidecarError,
    merge,
    read_property,
)
from sidelight_xmp.namespaces import URIS

_RDF = URIS["rdf"]
_CRS = URIS["crs"]


def _document(body: str = "", prolog: str = "") -> str:
    return (
        f'{prolog}<x:xmpmeta xmlns:x="{URIS["x"]}"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:crs="{_CRS}">{body}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )


_ATTRIBUTE = 'a{}="1"'
_BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
PROLOGS = {
    "bomb": _BOMB,
    "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50000}">]>',
    "external file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
    "lower case": "<!doctype x>",
    "behind a comment": "<!-- a --><?pi b?>\n<!DOCTYPE x>",
    "behind a declaration": '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE x>',
    "entity alone": '<!ENTITY a "b">',
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("prolog", PROLOGS)
def test_x1_document_types_are_refused(prolog, encoding) -> None:
    """X1: a document type or an entity is refused before parsing, in every encoding."""
    data = _document("<crs:Name>&e;</crs:Name>", PROLOGS[prolog]).encode(encoding)
    with pytest.raises(HostileSidecarError):
        Packet.from_bytes(data)


def test_x1_encoded_by_hand_as_utf7() -> None:
    """X1: UTF-7 as an attacker writes it, with the angle brackets hidden."""
    data = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + _document().encode()
    with pytest.raises(HostileSidecarError):
        Packet.from_bytes(data)
    with pytest.raises(HostileSidecarError):
        Packet.from_bytes(b"+ADw-+ACE-DOCTYPE x [+ADw-+ACE-ENTITY a 'b'+AD4-]+AD4-")


def test_x1_undeclared_entity_is_damage() -> None:
    """X1: no entity is ever dropped in silence."""
    with pytest.raises(DamagedSidecarError):
        Packet.from_bytes(_document("<crs:Name>a&e;b</crs:Name>").encode())


def test_x1_the_words_alone_are_text() -> None:
    """X1: a caption may speak of document types."""
    body = "<crs:Name><![CDATA[<!DOCTYPE x>]]></crs:Name><!-- <!ENTITY a 'b'> -->"
    packet = Packet.from_bytes(_document(body).encode())
    assert read_property(packet, "crs:Name") == "<!DOCTYPE x>"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_document(" " * (16 * 1024 * 1024)).encode(), id="17 MB"),
        pytest.param(_document("<crs:a>" * 98 + "</crs:a>" * 98).encode(), id="101 deep"),
        pytest.param(_document("<crs:a>" * 5000 + "</crs:a>" * 5000).encode(), id="5000 deep"),
        pytest.param(
            _document("<crs:a>" * 200_000 + "</crs:a>" * 200_000).encode(), id="200 000 deep"
        ),
        pytest.param(_document('<crs:a b="1" c="2"/>' * 25_001).encode(), id="50 002 attributes"),
        pytest.param(
            _document(f"<crs:a {' '.join(_ATTRIBUTE.format(i) for i in range(50_001))}/>").encode(),
            id="50 001 attributes in one element",
        ),
        pytest.param(_document(f'<crs:a b="{"x" * 9_000_000}"/>').encode(), id="9-MB attribute"),
    ],
)
@pytest.mark.timeout(60)
def test_x2_beyond_the_limits_is_refused(data) -> None:
    """X2: size, depth, number and length of attributes; the refusal does not hang."""
    with pytest.raises(HostileSidecarError):
        Packet.from_bytes(data)


def test_x2_within_the_limits_is_read() -> None:
    """X2: deep and long, but allowed: depth 100, 40 000 attributes, a 7-MB attribute."""
    deep = "<crs:a>" * 97 + "</crs:a>" * 97
    for inside in (deep, '<crs:a b="1" c="2"/>' * 20_000, f'<crs:a b="{"x" * 7_000_000}"/>'):
        data = _document(inside).encode()
        assert Packet.from_bytes(data).to_bytes() == data


def test_s8_masks_of_several_megabytes_are_merged_in_time() -> None:
    """S8: an embedded mask of 6 MB stays; merging costs a few times what reading does."""
    mask = f'<crs:Masks><rdf:Seq><rdf:li crs:Data="{"Ab9+" * 1_500_000}"/></rdf:Seq></crs:Masks>'
    data = _document(mask).encode()
    reading, merging = [], []
    for _ in range(6):
        start = time.process_time()
        Packet.from_bytes(data)
        between = time.process_time()
        result = merge(data, {"crs:Exposure2012": "+0.50"})
        reading.append(between - start)
        merging.append(time.process_time() - between)
    assert mask.encode() in result
    assert min(merging) < 6 * min(reading)


FORMS = {
    "byte-order mark": b"\xef\xbb\xbf" + _document("<crs:A>1</crs:A>").encode(),
    "utf-16-le": _document("<crs:A>1</crs:A>").encode("utf-16-le"),
    "utf-16 with mark": _document("<crs:A>1</crs:A>").encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + _document("<crs:A>1</crs:A>").encode("utf-16-be"),
    "utf-32": _document("<crs:A>1</crs:A>").encode("utf-32"),
    "no declaration": _document("<crs:A>1</crs:A>").encode(),
    "packet with padding": (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        + _document("<crs:A>1</crs:A>")
        + " " * 2000
        + '<?xpacket end="w"?>'
    ).encode(),
    "line ends of Windows": _document("\r\n<crs:A>1</crs:A>\r\n").encode(),
    "rubbish behind": _document("<crs:A>1</crs:A>").encode() + b"\0\xff<x> & </y>",
    "two blocks": _document(
        f"</rdf:Description><rdf:Description><c:A xmlns:c='{_CRS}'>1</c:A>"
    ).encode(),
    "attribute": _document().replace('about=""', 'about="" crs:A="1"').encode(),
    "other prefix": _document("<crs:A>1</crs:A>").replace("crs", "camera").encode(),
    "apostrophes": _document("<crs:A>1</crs:A>").replace('"', "'").encode(),
    "CDATA": _document("<crs:A><![CDATA[1]]></crs:A>").encode(),
    "comment inside": _document("<crs:A><!-- > </crs:A> -->1</crs:A>").encode(),
    "instruction inside": _document("<crs:B><?x </crs:B> ?></crs:B><crs:A>1</crs:A>").encode(),
    "same name inside": _document("<crs:B><crs:B>2</crs:B></crs:B><crs:A>1</crs:A>").encode(),
    "markup in an attribute": _document("<crs:B c='a > b'/><crs:A>1</crs:A>").encode(),
    "no xmpmeta": _document("<crs:A>1</crs:A>")
    .partition(">")[2]
    .removesuffix("</x:xmpmeta>")
    .encode(),
    "latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    + _document("<crs:C>\u00e9</crs:C><crs:A>1</crs:A>").encode("latin-1"),
}


@pytest.mark.parametrize("form", FORMS)
def test_x3_every_form_is_read_and_kept(form) -> None:
    """X3: read, and after a change taken back identical to the byte."""
    data = FORMS[form]
    assert read_property(Packet.from_bytes(data), "crs:A") == "1"
    assert Packet.from_bytes(data).to_bytes() == data
    changed = merge(data, {"crs:A": "2"})
    assert read_property(Packet.from_bytes(changed), "crs:A") == "2"
    restored = merge(changed, {"crs:A": "1"})
    if form not in ("CDATA", "comment inside"):
        assert restored == data


def test_x5_truncated_at_200_offsets(sidecars) -> None:
    """X5: cut off anywhere inside the document is damage, never a shorter sidecar."""
    for name in ("lightroom-masks.plain", "exiftool.utf-16-le", "rawtherapee.bom"):
        data = sidecars[name]
        end = max(data.rfind(mark) for mark in (b"xmpmeta>", "xmpmeta>".encode("utf-16-le")))
        if b"?xpacket" in data or "?xpacket".encode("utf-16-le") in data:
            end = len(data) - 2
        for step in range(200):
            with pytest.raises(DamagedSidecarError):
                Packet.from_bytes(data[: step * end // 200])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"\0" * 500,
        bytes(range(256)) * 4,
        b"\xff\xd8\xff\xe0 JFIF",
        b"hello",
        b"<",
        b"<a/>",
        b"<html><body/></html>",
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        _document("<crs:A></crs:B>").encode(),
        _document("<crs:A>\xff</crs:A>").encode("latin-1"),
        _document("<crs:A>\x01</crs:A>").encode(),
        _document("<zzz:A/>").encode(),
        _document().replace("</x:xmpmeta>", "</y>").encode(),
    ],
)
def test_x5_not_xmp(data) -> None:
    """X5: empty, binary or other XML is damage, with one sentence to say so."""
    with pytest.raises(SidecarError) as caught:
        merge(data, {"crs:A": "1"})
    assert isinstance(caught.value, DamagedSidecarError)
    assert str(caught.value).endswith("left alone.")
