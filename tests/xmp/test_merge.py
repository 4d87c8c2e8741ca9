"""Merging: only declared keys change, everything else survives (S1, S2, S-C, S-E, X3)."""

from __future__ import annotations

import json
import random
import re
import shutil
import string
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidelight_xmp import (
    EMPTY_SIDECAR_WITH_DECLARATION,
    Changes,
    InvalidValueError,
    Packet,
    SidecarError,
    Struct,
    lang_alt,
    merge,
    read_properties,
    read_property,
    seq,
)
from sidelight_xmp.namespaces import clark

CHANGES = {
    "crs:Exposure2012": "+0.50",
    "crs:HDREditMode": "1",
    "crs:ToneCurvePV2012": seq("0, 0", "128, 140", "255, 255"),
    "crs:AutoToneDigest": None,
    "crs:Version": "15.4",
    "xmp:Label": "Grün & \"<q>\" 'a'",
    "dc:title": lang_alt("Tittel"),
    "darktable:history": seq(Struct({"darktable:num": "0", "darktable:operation": "exposure"})),
}


def test_s1_corpus_round_trip(sidecars, corpus) -> None:
    """S1: at least 60 real-shaped sidecars keep every fact that is not ours."""
    assert len(sidecars) >= 60
    ours = {clark(name) for name in CHANGES}
    for name, data in sidecars.items():
        result = merge(data, CHANGES)
        assert corpus.facts_without(result, ours) == corpus.facts_without(data, ours), name
        assert corpus.comments(result) == corpus.comments(data), name
        packet = Packet.from_bytes(result)
        for key, value in CHANGES.items():
            assert read_property(packet, key) == value, (name, key)


def test_s1_second_merge_is_no_change(sidecars) -> None:
    """S-E: the same changes again return the very same bytes."""
    for name, data in sidecars.items():
        result = merge(data, CHANGES)
        assert result != data, name
        assert merge(result, CHANGES) is result, name


def test_s1_layout_survives(sidecars) -> None:
    """X3: a change taken back gives the file to the byte: encoding, marks, quotes, padding."""
    tried = 0
    for name, data in sidecars.items():
        for key, value in read_properties(Packet.from_bytes(data)).items():
            # A qualified value (rdf:value) becomes a plain one when it is set.
            if key.endswith("}size") or not isinstance(value, str):
                continue
            if re.fullmatch(r"[\w.+-]+", value):
                changed = merge(data, {key: "other"})
                assert changed != data, (name, key)
                assert merge(changed, {key: value}) == data, (name, key)
                tried += 1
    assert tried > 1000


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_s1_exiftool_sees_the_same(sidecars, tmp_path) -> None:
    """S1: an independent program reads the same values before and after."""
    plain = {name: data for name, data in sidecars.items() if "rubbish" not in name}
    for number, data in enumerate(plain.values()):
        (tmp_path / f"{number:03d}_before.xmp").write_bytes(data)
        (tmp_path / f"{number:03d}_after.xmp").write_bytes(merge(data, CHANGES))
    call = ["exiftool", "-j", "-G1", "-struct", "-a", "-XMP:all", "-ext", "xmp", str(tmp_path)]
    run = subprocess.run(call, capture_output=True, check=False, text=True)
    read = {
        entry["SourceFile"].rpartition("/")[2]: {
            key: value
            for key, value in entry.items()
            if key.partition(":")[2].lower()
            not in {"", *(changed.partition(":")[2].lower() for changed in CHANGES)}
        }
        for entry in json.loads(run.stdout)
    }
    assert len(read) == 2 * len(plain)
    for number, name in enumerate(plain):
        assert read[f"{number:03d}_after.xmp"] == read[f"{number:03d}_before.xmp"], name


_LOCAL = st.text(string.ascii_letters, min_size=1, max_size=6)
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="￾￿"),
    max_size=12,
)
_NAMESPACES = ("urn:a", "https://b.example/ns#", "tag:c,2020:", clark("crs:x")[1:-2])


def _escape(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&#34;")
        .replace("'", "&#39;")
    )


@st.composite
def _element(draw, depth: int = 0) -> str:
    prefix, local = draw(st.sampled_from("abcd")), draw(_LOCAL)
    name = f"{prefix}:{local}x"
    kind = draw(st.integers(0, 5 if depth < 3 else 1))
    if kind == 0:
        return f"<{name}>{_escape(draw(_TEXT))}</{name}>"
    if kind == 1:
        return f"<{name}/>" if draw(st.booleans()) else f"<{name}></{name}>"
    inner = draw(st.lists(_element(depth=depth + 1), max_size=3))
    if kind == 2:
        return f'<{name} rdf:parseType="Resource">{"".join(inner)}</{name}>'
    if kind == 3:
        return f"<{name}><rdf:Description>{'<!-- c -->'.join(inner)}</rdf:Description></{name}>"
    array = draw(st.sampled_from(("Seq", "Bag", "Alt")))
    items = "\n".join(
        f"<rdf:li>{_escape(draw(_TEXT))}</rdf:li>"
        if draw(st.booleans())
        else f"<rdf:li><rdf:Description>{item}</rdf:Description></rdf:li>"
        for item in inner
    )
    return f"<{name}>\n<rdf:{array}>{items}</rdf:{array}></{name}>"


@st.composite
def _sidecar(draw) -> bytes:
    space = draw(st.sampled_from(("\n   ", " ", "\n", "\t")))
    declarations = "".join(
        f'{space}xmlns:{prefix}="{uri}"' for prefix, uri in zip("abcd", _NAMESPACES, strict=True)
    )
    blocks = []
    for _ in range(draw(st.integers(0, 3))):
        keys = draw(st.dictionaries(st.tuples(st.sampled_from("abcd"), _LOCAL), _TEXT, max_size=5))
        quote = draw(st.sampled_from("\"'"))
        attributes = "".join(
            f"{space}{prefix}:{local}{quote.join(('=', _escape(value), ''))}"
            for (prefix, local), value in keys.items()
        )
        children = draw(st.lists(_element(), max_size=4))
        opening = f'<rdf:Description rdf:about=""{declarations}{attributes}'
        body = f">{space}{space.join(children)}{space}</rdf:Description>" if children else "/>"
        blocks.append(opening + body)
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="{clark("rdf:x")[1:-2]}">{space.join(blocks)}</rdf:RDF></x:xmpmeta>'
    )
    codec = draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16")))
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n")))).encode(codec)


_VALUE = st.one_of(
    st.none(),
    _TEXT,
    st.lists(_TEXT, max_size=3).map(lambda items: seq(*items)),
    st.dictionaries(
        st.sampled_from(["crs:A", "dc:B", "{urn:a}c"]), st.one_of(_TEXT, _TEXT.map(lang_alt))
    ).map(Struct),
)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    data=_sidecar(),
    values=st.dictionaries(
        st.sampled_from(["crs:Exposure2012", "dc:title", "{urn:a}ax", "{urn:new}n", "xmp:Label"]),
        _VALUE,
        min_size=1,
    ),
)
def test_s2_any_sidecar(corpus, data, values) -> None:
    """S2: random namespaces, nesting, orders and layouts: as S1."""
    ours = {clark(name) for name in values}
    result = merge(data, values)
    assert corpus.facts_without(result, ours) == corpus.facts_without(data, ours)
    assert merge(result, values) is result
    packet = Packet.from_bytes(result)
    for name, value in values.items():
        assert read_property(packet, name) == value


BEFORE_AFTER = [
    # (body of rdf:RDF before, changes, body after)
    ('<D A="0" c:X="1"/>', {"crs:X": "2"}, '<D A="0" c:X="2"/>'),
    ("<D A=\"0\" c:X='1'/>", {"crs:X": "it's"}, "<D A=\"0\" c:X='it&apos;s'/>"),
    ('<D A="0" c:X="1" c:Y="2"/>', {"crs:X": None}, '<D A="0" c:Y="2"/>'),
    ('<D A="0"><c:X>1</c:X></D>', {"crs:X": "2"}, '<D A="0"><c:X>2</c:X></D>'),
    ('<D A="0"><c:X/></D>', {"crs:X": "2"}, '<D A="0"><c:X>2</c:X></D>'),
    ('<D A="0"><c:X>1</c:X> <c:Y/></D>', {"crs:X": None}, '<D A="0"> <c:Y/></D>'),
    ('<D A="0" c:X="1"><c:X>2</c:X></D>', {"crs:X": "1"}, '<D A="0" c:X="1"></D>'),
    ('<D A="0" c:X="1"/><D A="0" c:X="2"/>', {"crs:X": "3"}, '<D A="0" c:X="3"/><D A="0"/>'),
    ('<D A="0" c:Y="1"/>', {"crs:X": "2"}, '<D A="0" c:Y="1" c:X="2"/>'),
    ('<D A="0"/><D A="0" c:Y="1"/>', {"crs:X": "2"}, '<D A="0"/><D A="0" c:Y="1" c:X="2"/>'),
]


def _document(body: str) -> bytes:
    body = body.replace("<D ", "<rdf:Description ").replace("</D>", "</rdf:Description>")
    body = body.replace('A="0"', 'rdf:about=""')
    return (
        f'<rdf:RDF xmlns:rdf="{clark("rdf:x")[1:-2]}" xmlns:c="{clark("crs:x")[1:-2]}">'
        f"{body}</rdf:RDF>"
    ).encode()


@pytest.mark.parametrize(("before", "changes", "after"), BEFORE_AFTER)
def test_before_and_after(before, changes, after) -> None:
    assert merge(_document(before), changes) == _document(after)


def test_new_attributes_take_their_place_in_the_order() -> None:
    changes = Changes({"crs:B": "2", "crs:C": "3"}, order=("crs:A", "crs:B", "crs:C", "crs:D"))
    before = _document('<D A="0" c:D="4" c:A="1" c:Z="9"/>')
    after = _document('<D A="0" c:D="4" c:A="1" c:B="2" c:C="3" c:Z="9"/>')
    assert merge(before, changes) == after


def test_dates_change_only_with_something_else() -> None:
    """S-E: a new date alone is no reason to write."""
    before = _document('<D A="0" c:X="1" c:Date="old"/>')
    assert merge(before, Changes({"crs:X": "1"}, on_change={"crs:Date": "new"})) is before
    assert b'c:Date="new"' in merge(before, Changes({"crs:X": "2"}, on_change={"crs:Date": "new"}))


def test_if_absent_leaves_what_is_there() -> None:
    before = _document('<D A="0" c:X="1"/>')
    after = merge(before, Changes({}, if_absent={"crs:X": "2", "crs:Y": "3"}))
    assert after == _document('<D A="0" c:X="1" c:Y="3"/>')


def test_rdf_without_a_description_gets_one() -> None:
    assert b'c:X="1"' in merge(_document(""), {"crs:X": "1"})
    empty = _document("").replace(b"></rdf:RDF>", b"/>")
    assert read_property(Packet.from_bytes(merge(empty, {"crs:X": "1"})), "crs:X") == "1"


def test_new_file_in_both_layouts() -> None:
    made = merge(None, {"crs:X": "1"})
    assert made.startswith(b"<x:xmpmeta") and b'\n   crs:X="1"' in made
    made = merge(None, {"xmp:X": "1"}, empty=EMPTY_SIDECAR_WITH_DECLARATION)
    assert made.startswith(b"<?xml version")


def test_value_outside_the_encoding_is_referenced() -> None:
    """X3: a Latin-1 file stays Latin-1 when it gets a Japanese word."""
    head = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    before = head + _document('<D A="0" c:X="na\u00efve"/>').decode().encode("latin-1")
    after = merge(before, {"crs:Y": "日本"})
    assert "naïve".encode("latin-1") in after
    assert read_property(Packet.from_bytes(after), "crs:Y") == "日本"


def test_characters_xml_cannot_hold_are_refused() -> None:
    for bad in ("\0", "\x1b", "\ud800", "\uffff"):
        with pytest.raises(InvalidValueError):
            merge(None, {"crs:X": bad})


def test_x5_mutants_keep_their_facts_or_are_refused(corpus) -> None:
    """X5, 2 000 mutants: a damaged sidecar is refused or loses nothing that it says."""
    rng = random.Random(20251)
    ours = {clark("crs:Exposure2012")}
    bases = [text.encode() for text in corpus.BASES.values()]
    refused = 0
    for _ in range(2000):
        data = bytearray(rng.choice(bases))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            action = rng.randrange(3)
            if action == 0:
                data[at] = rng.randrange(256)
            elif action == 1:
                del data[at : at + rng.randint(1, 40)]
            else:
                data[at:at] = rng.choice((b"<", b">", b'"', b"&", b"]]>", b"<!--", b"\0"))
        mutant = bytes(data)
        try:
            result = merge(mutant, {"crs:Exposure2012": "+0.50"})
        except SidecarError:
            refused += 1
            continue
        assert corpus.facts_without(result, ours) == corpus.facts_without(mutant, ours)
    assert 500 < refused < 1950
