"""The reader of TIFF tags."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sidelight.errors import UnreadableError
from sidelight.imaging import tiff as module
from sidelight.imaging.tiff import ifds_of, read_ifds


def tiff(entries: list[tuple[int, int, int, bytes]], follows: int = 0, order: str = "<") -> bytes:
    """One IFD at offset 8 with raw entries (tag, type, count, four bytes)."""
    mark = b"II" if order == "<" else b"MM"
    body = struct.pack(order + "2sHI", mark, 42, 8) + struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(order + "HHI", tag, kind, count) + value
    return body + struct.pack(order + "I", follows)


@pytest.mark.parametrize("order", ["<", ">"])
def test_values(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        np.zeros((20, 30, 3), np.uint16),
        photometric="rgb",
        byteorder=order,
        software="Writer 1",
        resolution=(300, 150),
        extratags=[(50730, 10, 1, (-3, 2), True), (50721, 10, 2, (1, 4, -1, 2), True)],
    )
    (ifd,) = read_ifds(path)
    assert (ifd.number(256), ifd.number(257)) == (30, 20)
    assert ifd.numbers(258) == (16, 16, 16)
    assert ifd.text(305) == "Writer 1"
    assert ifd.number(282) == 300
    assert ifd.number(50730) == -1.5
    assert ifd.numbers(50721) == (0.25, -0.5)
    assert ifd.number(9999, 7) == 7 and ifd.numbers(9999) == () and ifd.text(9999) == ""
    assert sum(count for _, count in ifd.extents()) == 20 * 30 * 3 * 2


def test_other_files_have_no_ifds(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"", b"II", b"\xff\xd8\xff\xe0" + bytes(50), b"II\x05\x00" + bytes(50)):
        path.write_bytes(content)
        assert read_ifds(path) == []


def test_a_loop_ends(tmp_path: Path) -> None:
    path = tmp_path / "loop.tif"
    path.write_bytes(tiff([(256, 3, 1, struct.pack("<HH", 10, 0))], follows=8))
    assert len(read_ifds(path)) == 1


def test_endless_directories_are_refused(tmp_path: Path) -> None:
    chain = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for index in range(70000):
        chain += struct.pack("<HI", 0, 8 + 6 * (index + 1))
    path = tmp_path / "chain.tif"
    path.write_bytes(chain)
    with pytest.raises(UnreadableError, match="too many"):
        read_ifds(path)


@pytest.mark.parametrize("keep", [9, 14, 20])
def test_a_directory_beyond_the_end(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.tif"
    path.write_bytes(tiff([(256, 3, 1, b"\x0a\0\0\0")] * 4)[:keep])
    with pytest.raises(UnreadableError, match="cut off"):
        read_ifds(path)


def test_values_beyond_the_end_or_of_unknown_type_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "odd.tif"
    entries = [
        (273, 4, 1 << 30, struct.pack("<I", 4)),
        (271, 2, 50, struct.pack("<I", 1 << 31)),
        (272, 99, 1, bytes(4)),
        (282, 5, 1, struct.pack("<I", 0)),
    ]
    path.write_bytes(tiff(entries))
    (ifd,) = read_ifds(path)
    assert set(ifd.tags) == {282}


def test_sub_directories_of_a_dng(shared: Path) -> None:
    ifds = read_ifds(shared / "data/photos/gopro_hero6_GOPR0024_demo.dng")
    assert [ifd.kind for ifd in ifds] == ["main", "sub", "exif"]
    assert (ifds[1].number(256), ifds[1].number(257)) == (1600, 1200)
    assert len(ifds[1].data(51009)) == 8836


@pytest.mark.parametrize(("kind", "limit"), [(7, "MAXIMUM_BYTES"), (3, "MAXIMUM_NUMBERS")])
def test_tags_that_share_their_bytes_are_counted_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int, limit: str
) -> None:
    path = tmp_path / "shared.tif"
    path.write_bytes(tiff([(300 + n, kind, 50, struct.pack("<I", 8)) for n in range(20)]))
    monkeypatch.setattr(module, limit, 1000)
    assert len(read_ifds(path)[0].tags) == 20
    monkeypatch.setattr(module, limit, 999)
    with pytest.raises(UnreadableError, match="hold too much"):
        read_ifds(path)


def test_lenient_reading_keeps_what_comes_before_the_damage() -> None:
    data = tiff([(274, 3, 1, struct.pack("<HH", 6, 0))], follows=1 << 20)
    with pytest.raises(UnreadableError):
        ifds_of(io.BytesIO(data))
    (ifd,) = ifds_of(io.BytesIO(data), lenient=True)
    assert ifd.number(274) == 6
