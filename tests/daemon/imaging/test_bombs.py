"""Photos that claim more than their files hold are refused before memory is set aside."""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from sidelight.errors import UnreadableError, WorkerError
from sidelight.imaging import read_photo
from sidelight.jobs.worker import Limits, WorkerPool

MOST_GROWTH_MIB = 100

Photos = dict[str, list[bytes]]
Make = Callable[[Photos], bytes]

linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read in /proc")


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, body: bytes) -> bytes:
    """A one-bit PNG of whatever size its header claims."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg(photos: Photos, width: int, height: int, progressive: bool = False) -> bytes:
    data = photos[".jpg"][progressive]
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def ifd(entries: dict[int, tuple[int, int, int]], follows: int = 0) -> bytes:
    """A little-endian directory of tag → (type, count, value or offset)."""
    rows = [struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items())]
    return struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", follows)


def tiff(width: int, height: int, strip: bytes | None = None, **tags: int) -> bytes:
    """A TIFF of one deflated strip, by default of 4000 zeros; further tags as `t259=1`."""
    strip = zlib.compress(bytes(4000)) if strip is None else strip
    entries = {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, 16),
        259: (3, 1, 8),
        262: (3, 1, 1),
        273: (4, 1, 8),
        277: (3, 1, 1),
        278: (4, 1, height),
        279: (4, 1, len(strip)),
    }
    entries |= {int(name[1:]): (4, 1, value) for name, value in tags.items()}
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + ifd(entries)


def dng(width: int, height: int, **tags: int) -> bytes:
    """A deflated floating-point DNG."""
    return tiff(width, height, **{"t262": 32803, "t258": 32, "t339": 3, "t50706": 1025, **tags})


def chain(count: int) -> bytes:
    links = (struct.pack("<HI", 0, 8 + 6 * (index + 1)) for index in range(count))
    return struct.pack("<2sHI", b"II", 42, 8) + b"".join(links)


def sharing(kind: int, count: int, entries: int = 1500) -> bytes:
    """A TIFF whose many tags all point at the same bytes."""
    size = count * {3: 2, 7: 1}[kind]
    rows = {1000 + n: (kind, count, 8) for n in range(entries)}
    return struct.pack("<2sHI", b"II", 42, 8 + size) + bytes(size) + ifd(rows)


ROOM = bytes(45_000)
"""Behind a file, it allows 90 megapixels."""

TOO_MANY = "too many"
CANNOT = "than the file can hold"
DIRECTORIES = "too many image directories"

BOMBS: dict[str, tuple[str, Make, str]] = {
    "png of 900 megapixels": (".png", lambda _: png(30000, 30000, ROOM), TOO_MANY),
    "jpeg of 900 megapixels": (".jpg", lambda photos: jpeg(photos, 30000, 30000), TOO_MANY),
    "tiff of 900 megapixels": (".tif", lambda _: tiff(30000, 30000), TOO_MANY),
    "dng of 900 megapixels": (".dng", lambda _: dng(30000, 30000), TOO_MANY),
    "nef of 900 megapixels": (".nef", lambda _: tiff(30000, 30000, t262=32803), TOO_MANY),
    "png 70 000 wide": (".png", lambda _: png(70000, 20, ROOM), TOO_MANY),
    "tiff 70 000 high": (".tif", lambda _: tiff(20, 70000), TOO_MANY),
    "one-bit png of zeros": (
        ".png",
        lambda _: png(10000, 10000, zlib.compress(bytes(1251 * 10000), 9)),
        CANNOT,
    ),
    "jpeg of 190 megapixels": (".jpg", lambda photos: jpeg(photos, 60000, 3200), CANNOT),
    "progressive jpeg": (".jpg", lambda photos: jpeg(photos, 60000, 3200, True), CANNOT),
    "deflated tiff": (".tif", lambda _: tiff(9000, 9000) + ROOM, CANNOT),
    "uncompressed tiff": (".tif", lambda _: tiff(9000, 9000, t259=1) + ROOM, CANNOT),
    "deflated float dng": (".dng", lambda _: dng(9000, 9000) + ROOM, CANNOT),
    "uncompressed dng": (".dng", lambda _: dng(9000, 9000, t259=1) + ROOM, CANNOT),
    "65 535 directories": (".tif", lambda _: chain(65_535), DIRECTORIES),
    "65 535 directories in a dng": (".dng", lambda _: chain(65_535), DIRECTORIES),
    "tags that share bytes": (".tif", lambda _: sharing(7, 1 << 20), "hold too much"),
    "tags that share numbers": (".dng", lambda _: sharing(3, 1 << 19), "hold too much"),
    "a thumbnail larger than the tiff": (
        ".tif",
        lambda _: tiff(60, 60, t513=8, t514=0x7FFFFFFF),
        "cut off",
    ),
    "a thumbnail larger than the dng": (
        ".dng",
        lambda _: dng(60, 60, t513=8, t514=0x7FFFFFFF),
        "cut off",
    ),
    "gzip": (".tif", lambda _: gzip.compress(tiff(60, 60)), "cannot be decoded"),
    "gzip as a raw file": (".nef", lambda _: gzip.compress(bytes(1 << 26)), "no decoder"),
}


@pytest.fixture
def warm(
    decoders: WorkerPool, reader: ModuleType, small_photos: Photos, tmp_path: Path
) -> WorkerPool:
    """A pool that has read a photo of each format before."""
    for extension, (data, *_) in small_photos.items():
        path = tmp_path / f"warm{extension}"
        path.write_bytes(data)
        for _ in range(2):
            decoders.submit(reader.read, str(path), timeout_s=20.0).result(60)
    return decoders


def growth(pool: WorkerPool, reader: ModuleType, path: Path) -> tuple[Any, float]:
    """Return the photo's shape, or the error's text, and the memory that reading took, in MiB."""
    outcome, mib = pool.submit(reader.growth, str(path), timeout_s=20.0).result(60)
    return outcome, mib


@linux
@pytest.mark.parametrize("name", BOMBS)
def test_d4_refused_from_the_header(
    warm: WorkerPool, reader: ModuleType, small_photos: Photos, tmp_path: Path, name: str
) -> None:
    extension, make, text = BOMBS[name]
    path = tmp_path / f"bomb{extension}"
    path.write_bytes(make(small_photos))
    with pytest.raises(UnreadableError, match=text):
        read_photo(path)
    outcome, mib = growth(warm, reader, path)
    assert text in outcome
    assert mib < MOST_GROWTH_MIB


def pages(count: int) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.full((count, 700, 700, 3), 90, np.uint8), photometric="rgb")
    return file.getvalue()


def animation(count: int) -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (500, 400), (90, n, 90)) for n in range(count)]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


def with_exif(photos: Photos, exif: bytes) -> bytes:
    """A JPEG with this EXIF and no other."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(photos[".jpg"][0])) as picture:
        picture.save(file, "JPEG", exif=b"Exif\0\0" + exif)
    return file.getvalue()


def thumbnail_of(length: int) -> bytes:
    """EXIF whose thumbnail has so many bytes."""
    first = ifd({271: (2, 4, 0x00785878)}, follows=26)
    second = ifd({259: (3, 1, 6), 513: (4, 1, 100), 514: (4, 1, length)})
    return struct.pack("<2sHI", b"II", 42, 8) + first + second + bytes(100)


LOOP = struct.pack("<2sHI", b"II", 42, 8) + ifd({34665: (4, 1, 8)}, follows=8) + bytes(99)

HARMLESS: dict[str, tuple[str, Make]] = {
    "a tiff of 60 pages": (".tif", lambda _: pages(60)),
    "a moving png": (".png", lambda _: animation(60)),
    "a thumbnail longer than the jpeg": (
        ".jpg",
        lambda photos: with_exif(photos, thumbnail_of(0x7FFFFFFF)),
    ),
    "a jpeg whose exif has a loop": (".jpg", lambda photos: with_exif(photos, LOOP)),
    "a strip that unpacks to a gigabyte": (
        ".tif",
        lambda _: tiff(64, 64, zlib.compress(bytes(1 << 30), 9)),
    ),
    "a strip packed twice": (
        ".tif",
        lambda _: tiff(64, 64, zlib.compress(zlib.compress(bytes(1 << 28), 9), 9)),
    ),
    "eight samples of which three are used": (
        ".tif",
        lambda _: tiff(64, 64, zlib.compress(bytes(64 * 64 * 16)), t277=8),
    ),
}


@linux
@pytest.mark.parametrize("name", HARMLESS)
def test_d4_only_the_first_picture_itself_is_unpacked(
    warm: WorkerPool, reader: ModuleType, small_photos: Photos, tmp_path: Path, name: str
) -> None:
    extension, make = HARMLESS[name]
    path = tmp_path / f"photo{extension}"
    path.write_bytes(make(small_photos))
    outcome, mib = growth(warm, reader, path)
    assert isinstance(outcome, list)
    assert mib < MOST_GROWTH_MIB


@linux
@pytest.mark.parametrize("extension", [".tif", ".dng"])
def test_d4_a_loop_of_directories_ends(
    warm: WorkerPool, reader: ModuleType, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"loop{extension}"
    path.write_bytes(LOOP)
    outcome, mib = growth(warm, reader, path)
    assert isinstance(outcome, str)
    assert mib < MOST_GROWTH_MIB


def test_d4_what_memory_does_not_hold_is_one_sentence(reader: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.fromarray(np.zeros((9000, 9000, 3), np.uint8)).save(path)
    with WorkerPool(1, limits=Limits(memory_mib=700)) as small:
        with pytest.raises(WorkerError, match="not enough memory for this photo"):
            small.submit(reader.read, str(path), timeout_s=60.0).result(90)
        assert small.submit(os.getpid, timeout_s=30.0).result(60) in small.pids()
