"""Damaged photos: each is read to pixels or to a typed error, and left alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sidelight.errors import ImplausibleError, PhotoError, UnreadableError
from sidelight.imaging import read_photo
from sidelight.jobs.worker import WorkerPool

SEED = 20_250_601

Photos = dict[str, list[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "damaged"
    path.mkdir()
    return path


def mutate(data: bytes, other: bytes, draw: np.random.Generator) -> bytes:
    """Return a file with flipped bytes, absurd header words, a cut, or another file's beginning."""
    kind = draw.integers(4)
    changed = bytearray(data)
    if kind == 0:
        reach = len(data) if draw.random() < 0.5 else min(len(data), 4096)
        for at in draw.integers(0, reach, draw.integers(1, 17)):
            changed[at] ^= int(draw.integers(1, 256))
    elif kind == 1:
        for at in draw.integers(0, min(len(data), 2048) // 2, draw.integers(1, 7)):
            changed[2 * at : 2 * at + 4] = b"\xff\xff\xff\xff"
    elif kind == 2:
        del changed[len(data) * int(draw.integers(1, 100)) // 100 :]
    else:
        length = int(draw.integers(4, 1024))
        changed[:length] = other[:length]
    return bytes(changed)


def mutants(files: list[bytes], others: list[bytes], count: int) -> Iterator[bytes]:
    draw = np.random.default_rng(SEED)
    for index in range(count):
        other = others[int(draw.integers(len(others)))]
        yield mutate(files[index % len(files)], other, draw)


def read_all(
    decoders: WorkerPool, reader: ModuleType, folder: Path, extension: str, files: Iterator[bytes]
) -> Counter[str]:
    """Read files in worker processes; return how often each kind of outcome came."""
    futures = {}
    outcomes: Counter[str] = Counter()
    for index, data in enumerate(files):
        path = folder / f"{index}{extension}"
        path.write_bytes(data)
        futures[decoders.submit(reader.read, str(path), timeout_s=20.0)] = path
    for future in as_completed(futures):
        error = future.exception()
        outcomes[type(error).__name__ if error else "read"] += 1
        if error is None or isinstance(error, PhotoError):
            futures[future].unlink()
        else:
            print(f"seed {SEED}, {futures[future].name}: {error}")
    return outcomes


def check_mutants(
    decoders: WorkerPool,
    reader: ModuleType,
    folder: Path,
    photos: Photos,
    extension: str,
    count: int,
) -> None:
    own = os.getpid()
    others = [data for files in photos.values() for data in files]
    files = mutants(photos[extension], others, count)
    outcomes = read_all(decoders, reader, folder, extension, files)
    assert outcomes.total() == count
    known = {"read", "UnreadableError", "ImplausibleError"}
    assert set(outcomes) <= known, f"seed {SEED}: {outcomes}"
    assert outcomes["read"] > 0 and outcomes["UnreadableError"] > 0
    assert list(folder.iterdir()) == []
    assert os.getpid() == own


@pytest.mark.parametrize("extension", [".dng", ".jpg", ".tif", ".png"])
def test_d3_mutants(
    decoders: WorkerPool,
    reader: ModuleType,
    small_photos: Photos,
    folder: Path,
    extension: str,
) -> None:
    check_mutants(decoders, reader, folder, small_photos, extension, 500)


@pytest.mark.parametrize("extension", [".dng", ".jpg", ".tif", ".png"])
def test_d3_cut_off_at_every_percent(
    decoders: WorkerPool,
    reader: ModuleType,
    small_photos: Photos,
    folder: Path,
    extension: str,
) -> None:
    data = small_photos[extension][0]
    cuts = (data[: len(data) * percent // 100] for percent in range(100))
    outcomes = read_all(decoders, reader, folder, extension, cuts)
    assert outcomes.total() == 100
    assert set(outcomes) <= {"read", "UnreadableError", "ImplausibleError"}, outcomes
    # Only what lies behind the picture itself may be missing.
    assert outcomes["read"] <= 5, outcomes


@pytest.mark.parametrize(
    "name", ["canon_eos_d30_CRW.CRW", "gopro_hero6_GOPR0024_demo.dng", "pigallery2_IMG_8943.jpg"]
)
def test_d3_mutants_of_camera_files(
    decoders: WorkerPool,
    reader: ModuleType,
    small_photos: Photos,
    folder: Path,
    shared: Path,
    name: str,
) -> None:
    extension = Path(name).suffix.lower()
    small_photos[extension] = [(shared / "data" / "photos" / name).read_bytes()]
    check_mutants(decoders, reader, folder, small_photos, extension, 100)


def other_brand(data: bytes) -> bytes:
    return b"FUJIFILMCCD-RAW 0201FF389501" + data[28:]


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "nothing": (".nef", lambda data: b""),
    "one byte": (".cr3", lambda data: b"I"),
    "text": (".CR3", lambda data: b"Dear diary, today I took no photo at all.\n" * 30),
    "text as a picture": (".jpg", lambda data: b"Dear diary, today I took no photo.\n" * 30),
    "another brand's magic": (".raf", other_brand),
    "another brand's magic in a dng": (".dng", other_brand),
    "the last hundredth is missing": (".dng", lambda data: data[: len(data) * 99 // 100]),
    "only zeros": (".arw", lambda data: bytes(5000)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_d5_unreadable_and_left_alone(small_photos: Photos, folder: Path, name: str) -> None:
    extension, make = BROKEN[name]
    path = folder / f"photo{extension}"
    path.write_bytes(make(small_photos[".dng"][0]))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with pytest.raises(UnreadableError) as caught:
        read_photo(path)
    assert "\n" not in str(caught.value) and str(folder) not in str(caught.value)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("extension", [".jpg", ".tif", ".png"])
def test_d5_cut_off_at_99_percent(small_photos: Photos, folder: Path, extension: str) -> None:
    for data in small_photos[extension]:
        path = folder / f"cut{extension}"
        path.write_bytes(data[: len(data) * 99 // 100])
        with pytest.raises((UnreadableError, ImplausibleError)):
            read_photo(path)


def test_d5_read_again_once_it_is_whole(small_photos: Photos, folder: Path) -> None:
    path = folder / "photo.dng"
    path.write_bytes(b"")
    with pytest.raises(UnreadableError):
        read_photo(path)
    path.write_bytes(small_photos[".dng"][0])
    assert read_photo(path).rgb.shape == (96, 144, 3)
