"""A JPEG in memory is read as the same JPEG in a file."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sidelight.errors import ImplausibleError, UnreadableError
from sidelight.imaging import jpeg_body, read_photo
from sidelight.imaging.jpeg_body import read_jpeg


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    y, x = np.mgrid[0:900, 0:1350] / 1350
    noise = np.random.default_rng(1).normal(0, 0.02, (900, 1350, 3))
    levels = (0.1 + 0.6 * x + 0.2 * y)[..., None] * [1.0, 0.9, 0.7] + noise
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[271], exif[274] = "Maker", 6
    picture = Image.fromarray((255 * levels.clip(0, 1)).astype(np.uint8))
    picture.save(stream, "JPEG", quality=95, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("in_memory", [True, False])
def test_bytes_and_file_give_the_same(
    jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.setattr(jpeg_body, "_OPEN_FILES", tmp_path / "nowhere")
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    from_file, from_bytes = read_photo(path), read_jpeg(jpeg)
    assert np.array_equal(from_file.rgb, from_bytes.rgb)
    assert np.array_equal(from_file.clipped, from_bytes.clipped)
    assert from_bytes.info.to_json() == from_file.info.to_json()
    assert from_bytes.info.make == "Maker" and from_bytes.info.orientation == 6
    assert from_bytes.info.path == jpeg_body.NAME


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda data: b"", UnreadableError),
        (lambda data: data[:50], UnreadableError),
        (lambda data: data[: len(data) // 2], UnreadableError),
        (lambda data: b"\x89PNG\r\n\x1a\n" + data, UnreadableError),
        (lambda data: b"II*\0" + data, UnreadableError),
        (lambda data: small(), ImplausibleError),
    ],
    ids=["empty", "tiny", "cut off", "png", "tiff", "8 pixels"],
)
def test_d5_what_is_no_jpeg_is_refused(
    jpeg: bytes, spoil: Callable[[bytes], bytes], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_jpeg(spoil(jpeg))


def small() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG")
    return stream.getvalue()


def test_nothing_is_left_open_or_on_the_disk(
    jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
    for _ in range(5):
        read_jpeg(jpeg)
        with pytest.raises(UnreadableError):
            read_jpeg(jpeg[:1000])
    assert list(tmp_path.iterdir()) == []
    assert (len(list(descriptors.iterdir())) if descriptors.is_dir() else 0) == before


@pytest.mark.quiet
def test_bytes_take_no_longer_than_a_file(jpeg: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    seconds: dict[str, list[float]] = {"file": [], "bytes": []}
    for _ in range(7):
        for name, read in (("file", lambda: read_photo(path)), ("bytes", lambda: read_jpeg(jpeg))):
            started = time.process_time()
            read()
            seconds[name].append(time.process_time() - started)
    assert min(seconds["bytes"]) < 1.25 * min(seconds["file"])
