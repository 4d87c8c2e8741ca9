"""What may be opened, and what is a photograph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import ImplausibleError, UnreadableError
from sidelight.imaging import plausibility
from sidelight.imaging.tiff import Ifd


def test_files(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(bytes(100))
    assert plausibility.check_file(good) == 100
    for bad in (tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(UnreadableError):
            plausibility.check_file(bad)


@pytest.mark.parametrize(
    "size", [(0, 10), (65536, 20), (20000, 10001), (30000, 30000), (float("nan"), 5)]
)
def test_sizes_refused(size: tuple[float, float]) -> None:
    with pytest.raises((UnreadableError, ImplausibleError)):
        plausibility.check_size(*size, 1 << 30)


def test_sizes_allowed() -> None:
    plausibility.check_size(20000, 10000, 1 << 20)
    plausibility.check_size(16, 16, 100)


def test_more_pixels_than_bytes_can_hold() -> None:
    with pytest.raises(UnreadableError, match="than the file can hold"):
        plausibility.check_size(10000, 10000, 40000)
    with pytest.raises(ImplausibleError, match="too small"):
        plausibility.check_size(15, 400, 40000)


def test_extents() -> None:
    ifd = Ifd("main", {256: (64,), 257: (64,), 273: (100, 500), 279: (400, 400)})
    plausibility.check_extents([ifd], 900)
    with pytest.raises(UnreadableError, match="cut off"):
        plausibility.check_extents([ifd], 899)


def test_signal() -> None:
    draw = np.random.default_rng(1)
    plausibility.check_signal(draw.exponential(300, 10000), 16000, 0.1)
    with pytest.raises(ImplausibleError, match="black"):
        plausibility.check_signal(draw.normal(1, 10, 10000), 16000, 0)
    with pytest.raises(ImplausibleError, match="clipped"):
        plausibility.check_signal(np.full(100, 16000), 16000, 0.99)


def test_pixels() -> None:
    draw = np.random.default_rng(2)
    y, x = np.mgrid[0:90, 0:90] / 90
    smooth = np.repeat((x + y)[..., None], 3, 2).astype(np.float32)
    plausibility.check_pixels(smooth)
    plausibility.check_pixels(np.zeros((40, 40, 3), np.float32))
    plausibility.check_pixels(smooth + 0.3 * draw.standard_normal(smooth.shape).astype(np.float32))
    with pytest.raises(ImplausibleError, match="noise"):
        plausibility.check_pixels(draw.random((90, 90, 3)).astype(np.float32))
    smooth[3, 3, 0] = np.inf
    with pytest.raises(ImplausibleError, match="finite"):
        plausibility.check_pixels(smooth)


def stored(compression: int, bits: int = 16, samples: int = 3, photometric: int = 2) -> Ifd:
    tags = {256: (6000,), 257: (4000,), 258: (bits,) * samples, 259: (compression,)}
    return Ifd("main", {**tags, 262: (photometric,), 277: (samples,)})


@pytest.mark.parametrize(
    ("ifd", "least_bytes"),
    [
        (stored(1), 144_000_000),
        (stored(1, bits=12, samples=1), 36_000_000),
        (stored(1, bits=8, photometric=6), 24_000_000),
        (stored(8), 138_462),
        (stored(32773), 2_215_385),
    ],
)
def test_what_a_file_can_hold_by_its_compression(ifd: Ifd, least_bytes: int) -> None:
    plausibility.check_storage(ifd, least_bytes)
    with pytest.raises(UnreadableError, match="than the file can hold"):
        plausibility.check_storage(ifd, least_bytes - 1)


def test_an_unknown_compression_may_hold_anything() -> None:
    plausibility.check_storage(stored(34713), 100)
    plausibility.check_storage(Ifd("main"), 100)
