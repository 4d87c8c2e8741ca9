"""RGB tables: byte-identical on real profiles, refusals for all else."""

from __future__ import annotations

import struct
import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight_xmp import Packet, RGBTable, TableError, identity_table, read_property
from sidelight_xmp.crs.rgb_table import (
    Gamma,
    Gamut,
    Primaries,
    decode85,
    encode85,
    identity_samples,
    table_digest,
)

PROFILES = ("look_rgbtable_channel_swap_rb", "look_rgbtable_channel_swap_gb")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\x00", "00"),
        (b"\xff\xff\xff\xff", "0cSn%"),
        (b"\x01\x02\x03\x04\x05", "aYOo150"),
    ],
)
def test_small_vectors(data, text) -> None:
    assert encode85(data) == text
    assert decode85(text) == data
    assert decode85(" \n".join(text)) == data


@given(st.binary(max_size=300))
def test_any_bytes_survive(data) -> None:
    assert decode85(encode85(data)) == data


@pytest.mark.parametrize("name", PROFILES)
def test_real_profiles_rebuild_byte_identically(shared, name) -> None:
    """Both profiles: text → table → binary and text, equal to the last character."""
    packet = Packet.from_bytes((shared / f"data/lightroom/{name}.xmp").read_bytes())
    digest = read_property(packet, "crs:RGBTable")
    text = read_property(packet, f"crs:Table_{digest}")
    block = decode85(text)
    binary = zlib.decompress(block[4:])
    assert len(binary) == 196652
    table = RGBTable.from_text(text, digest)
    assert table.to_bytes() == binary
    assert table.to_text() == text
    assert table.digest == digest


def test_channel_swap_swaps(shared) -> None:
    """R is outermost and B fastest: at the pure blue corner the R-B swap gives red."""
    packet = Packet.from_bytes((shared / f"data/lightroom/{PROFILES[0]}.xmp").read_bytes())
    digest = read_property(packet, "crs:RGBTable")
    table = RGBTable.from_text(read_property(packet, f"crs:Table_{digest}"))
    assert table.divisions == 32
    for r, g, b in ((0, 0, 31), (31, 0, 0), (5, 17, 29)):
        at = 3 * ((r * 32 + g) * 32 + b)
        inputs = [identity_samples(32, 1)[3 * index] for index in (r, g, b)]
        outputs = table.samples[at : at + 3]
        assert all(abs(a - b) <= 1 for a, b in zip(outputs, inputs[::-1], strict=True))


def test_identity() -> None:
    table = identity_table(32)
    data = table.to_bytes()
    assert len(data) == 196652
    assert table.digest == "56F51E1F25C8418FC8108764A3B00FCB"
    assert table.to_text().startswith("Lir00")
    assert set(data[16 : 16 + 32**3 * 6]) == {0}
    assert RGBTable.from_bytes(data) == table
    assert identity_samples(2, 1) == array("H", [0, 0, 0, 65535, 65535, 65535])
    assert identity_samples(3, 1)[3] == 32768


@given(
    st.integers(2, 4),
    st.sampled_from((1, 3)),
    st.randoms(),
    st.sampled_from(Primaries),
    st.sampled_from(Gamma),
    st.sampled_from(Gamut),
    st.integers(0, 2**32 - 1),
)
def test_any_table_survives(divisions, dimensions, rng, primaries, gamma, gamut, flags) -> None:
    count = 3 * divisions**dimensions
    samples = array("H", [rng.randrange(65536) for _ in range(count)])
    table = RGBTable(divisions, samples, dimensions, primaries, gamma, gamut, 1.0, 1.0, flags)
    assert RGBTable.from_bytes(table.to_bytes()) == table
    assert RGBTable.from_text(table.to_text(), table.digest.lower()) == table


def _text(binary: bytes, size: int | None = None) -> str:
    return encode85(
        struct.pack("<I", len(binary) if size is None else size) + zlib.compress(binary)
    )


GOOD = identity_table(2).to_bytes()


@pytest.mark.parametrize(
    "binary",
    [
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[:10], id="cut off in the header"),
        pytest.param(GOOD[:-1], id="cut off"),
        pytest.param(GOOD + b"\0\0\0\0", id="flags of zero"),
        pytest.param(GOOD + b"\0", id="too long"),
        pytest.param(b"\0" + GOOD[1:], id="look table"),
        pytest.param(GOOD[:4] + b"\x02" + GOOD[5:], id="version 2"),
        pytest.param(GOOD[:8] + b"\x02" + GOOD[9:], id="two dimensions"),
        pytest.param(GOOD[:12] + b"\x01" + GOOD[13:], id="one division"),
        pytest.param(GOOD[:12] + b"\xff\xff\xff\xff" + GOOD[16:], id="a billion divisions"),
        pytest.param(GOOD[:-28] + b"\x09" + GOOD[-27:], id="unknown primaries"),
        pytest.param(GOOD[:-8] + struct.pack("<d", float("nan")), id="amount not a number"),
        pytest.param(GOOD[:-8] + struct.pack("<d", 0.5), id="maximum below 100 %"),
    ],
)
def test_other_binaries_are_refused(binary) -> None:
    with pytest.raises(TableError):
        RGBTable.from_bytes(binary)
    with pytest.raises(TableError):
        RGBTable.from_text(_text(binary))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "Lir00",
        "%" * 5,
        _text(GOOD, size=2**32 - 1),
        _text(GOOD, size=len(GOOD) + 1),
        _text(GOOD, size=len(GOOD) - 1),
        _text(GOOD)[:-6],
        encode85(struct.pack("<I", 100_000) + zlib.compress(b"\0" * 50_000_000)),
    ],
)
def test_damaged_text_and_bombs_are_refused(text) -> None:
    with pytest.raises(TableError, match=r"\.$"):
        RGBTable.from_text(text)


def test_a_foreign_digest_is_refused() -> None:
    with pytest.raises(TableError, match="digest"):
        RGBTable.from_text(_text(GOOD), "0" * 32)
    assert RGBTable.from_text(_text(GOOD), table_digest(GOOD)).divisions == 2


def test_tables_that_cannot_be() -> None:
    for divisions, count in ((33, 3), (1, 3), (2, 23)):
        with pytest.raises(TableError):
            RGBTable(divisions, array("H", bytes(2 * count)))
    with pytest.raises(TableError):
        RGBTable(2, array("I", bytes(4 * 24)))
