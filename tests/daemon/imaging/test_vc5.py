"""GoPro's GPR, unpacked by the real darktable."""

from __future__ import annotations

import dataclasses
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sidelight.errors import PhotoError, UnreadableError
from sidelight.imaging import read_photo, vc5
from sidelight.imaging.metadata import read_raw_tags
from sidelight.imaging.tiff import Ifd
from sidelight.jobs.worker import Limits, WorkerPool
from sidelight.learning.darktable_render import default_sidecar

PHOTOS = "data/photos"
HERO6 = "gopro_hero6_GOPR0024"
COMPRESSION, WIDTH, HEIGHT, TILE_OFFSET = 259, 256, 257, 324
HEADER = {COMPRESSION: (9,), 262: (32803,), 277: (1,), 33421: (2, 2)}


@pytest.fixture
def gpr(shared: Path, tmp_path: Path) -> Path:
    """A copy of a real one, of 3 MB and 12 megapixels, alone in its folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return Path(shutil.copyfile(shared / PHOTOS / f"{HERO6}.GPR", folder / "GOPR0024.GPR"))


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is there as soon as something starts darktable-cli."""
    folder, mark = tmp_path / "bin", tmp_path / "started"
    folder.mkdir()
    program = folder / "darktable-cli"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return mark


def change(path: Path, tag: int, value: int) -> None:
    """Give a tag of the first directory another value."""
    data = bytearray(path.read_bytes())
    (offset,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, offset)
    for entry in range(offset + 2, offset + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] == tag:
            struct.pack_into("<HHII", data, entry, tag, 4, 1, value)
    path.write_bytes(data)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.darktable
def test_all_sensor_values_come_out_as_stored(
    write_dng: Callable[..., Path], darktable_cli: str
) -> None:
    """Whatever the file says of black, white, colors and multipliers: all 16 bits."""
    values = np.random.default_rng(4).permutation(1 << 16).astype(np.uint16).reshape(256, 256)
    path = write_dng(values)
    np.testing.assert_array_equal(vc5.unpack(path.read_bytes()), values)


@pytest.mark.darktable
@pytest.mark.parametrize(
    "name",
    [
        HERO6,
        pytest.param("gopro_hero7_GOPR9231", marks=pytest.mark.slow),
        pytest.param("gopro_fusion_GPFR7066", marks=pytest.mark.slow),
    ],
)
def test_a_gpr_is_read_as_the_dng_that_gopros_own_tool_made_of_it(
    shared: Path, darktable_cli: str, name: str
) -> None:
    """Mirrored, with gain maps (but the Fusion) and a clipped sky."""
    path = shared / PHOTOS / f"{name}.GPR"
    image, other = read_photo(path), read_photo(path.with_suffix(".derived.DNG"))
    np.testing.assert_array_equal(image.rgb, other.rgb)
    np.testing.assert_array_equal(image.clipped, other.clipped)
    assert image.info.path == path
    assert image.info.exposure_s == pytest.approx(other.info.exposure_s, rel=1e-3)
    # That tool rounds the exposure time and drops the Fusion's BaselineExposure.
    fields = {field.name for field in dataclasses.fields(image.info)}
    for field in fields - {"path", "exposure_s", "baseline_exposure_ev", "white_balance"}:
        assert getattr(image.info, field) == getattr(other.info, field)
    assert image.info.baseline_exposure_ev == (-0.3 if "fusion" in name else 0.0)
    one, two = (photo.info.white_balance for photo in (image, other))
    np.testing.assert_array_equal(one.multipliers(), two.multipliers())
    np.testing.assert_array_equal(one.matrix(-30, 5), two.matrix(-30, 5))


@pytest.mark.darktable
def test_a_sidecar_beside_it_and_its_name_do_not_matter(
    shared: Path, gpr: Path, darktable_cli: str
) -> None:
    plain = read_photo(shared / PHOTOS / f"{HERO6}.derived.DNG")
    strange = gpr.rename(gpr.with_name("-a $(touch pwned)\n.GPR"))
    strange.with_name(strange.name + ".xmp").write_bytes(default_sidecar([2, 1, 1.5]))
    strange.chmod(0o444)
    before = contents(gpr.parent)
    np.testing.assert_array_equal(read_photo(strange).rgb, plain.rgb)
    assert contents(gpr.parent) == before


@pytest.mark.darktable
def test_a_worker_with_the_daemons_limits_reads_it(
    gpr: Path, reader: ModuleType, darktable_cli: str
) -> None:
    limits = Limits()
    timeout_s = limits.time_for(gpr.stat().st_size)
    with WorkerPool(1, limits=limits, nice=10, preload=["sidelight.imaging.raw"]) as pool:
        assert pool.submit(reader.read, str(gpr), timeout_s=timeout_s).result(60) == [750, 1000, 3]


@pytest.mark.darktable
def test_where_darktable_lacks_memory_one_photo_fails(
    gpr: Path, reader: ModuleType, darktable_cli: str
) -> None:
    with WorkerPool(1, limits=Limits(memory_mib=600)) as pool:
        pool.submit(os.getpid, timeout_s=30).result(60)
        with pytest.raises(UnreadableError, match="cannot unpack"):
            pool.submit(reader.read, str(gpr), timeout_s=30).result(60)


def test_without_darktable_one_sentence_says_what_is_missing(
    gpr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sidelight.imaging.darktable_cli._USUAL_PLACES", ())
    with pytest.raises(UnreadableError, match=r"install darktable from www\.darktable\.org"):
        read_photo(gpr)


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda path: os.truncate(path, path.stat().st_size * 99 // 100), "cut off"),
    "too many pixels": (lambda path: change(path, WIDTH, 70_000), "too many"),
    "more pixels than bytes": (lambda path: change(path, WIDTH, 65_532), "can hold"),
    "no sensor data": (lambda path: change(path, TILE_OFFSET, 16), "sensor data are missing"),
    "another compression": (lambda path: change(path, COMPRESSION, 52546), "no decoder opens"),
    "not one sensor's": (lambda path: change(path, 262, 34892), "no decoder opens"),
    "text": (lambda path: path.write_text("no photo " * 99, encoding="ascii"), "no decoder opens"),
}


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in")
@pytest.mark.parametrize("name", CHANGES)
def test_d4_darktable_is_not_asked_about_what_the_header_rules_out(
    gpr: Path, started: Path, name: str
) -> None:
    spoil, text = CHANGES[name]
    spoil(gpr)
    with pytest.raises(UnreadableError, match=text):
        read_photo(gpr)
    assert not started.exists()


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in")
def test_darktable_is_asked_about_a_gpr_only(
    gpr: Path, started: Path, sensor: Any, write_dng: Callable[..., Path]
) -> None:
    read_photo(write_dng(sensor.mosaic(sensor.smooth(64, 96))))
    assert not started.exists()
    with pytest.raises(UnreadableError, match="darktable cannot unpack"):
        read_photo(gpr)
    assert started.exists()


@pytest.mark.slow
@pytest.mark.darktable
def test_d3_damaged_sensor_data_cost_one_photo(
    gpr: Path, reader: ModuleType, darktable_cli: str, decoders: WorkerPool
) -> None:
    whole = gpr.read_bytes()
    draw = np.random.default_rng(20_251_128)
    (begin, _), *_ = read_raw_tags(gpr).sensor.extents()
    outcomes = []
    for reach in (64, 4096, len(whole) - begin):
        data = bytearray(whole)
        for at in draw.integers(begin + 4, begin + reach, 8):
            data[at] ^= int(draw.integers(1, 256))
        gpr.write_bytes(data)
        error = decoders.submit(reader.read, str(gpr), timeout_s=30.0).exception(90)
        assert error is None or isinstance(error, PhotoError)
        outcomes.append(error)
    assert any(outcomes), "none was damaged badly enough"


@pytest.mark.darktable
def test_an_export_that_is_not_the_sensors_is_refused(
    write_dng: Callable[..., Path],
    sensor: Any,
    darktable_cli: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a version of darktable would make it that understands the history otherwise."""
    data = write_dng(sensor.mosaic(sensor.smooth(64, 96))).read_bytes()
    good = vc5._sidecar()
    monkeypatch.setattr(vc5, "_sidecar", lambda: default_sidecar([2, 1, 1.5]))
    with pytest.raises(UnreadableError, match="this version of darktable"):
        vc5.unpack(data)
    newer = good.replace(b'modversion="7"', b'modversion="99"')
    assert newer != good
    monkeypatch.setattr(vc5, "_sidecar", lambda: newer)
    with pytest.raises(UnreadableError, match="cannot unpack"):
        vc5.unpack(data)


@pytest.mark.parametrize(
    "other",
    [
        {COMPRESSION: (7,)},
        {262: (34892,)},
        {277: (3,)},
        {33421: (6, 6)},
        {50712: (0, 1, 2)},
    ],
)
def test_only_compressed_mosaics_are_of_this_kind(other: dict[int, tuple[int, ...]]) -> None:
    assert vc5.is_vc5(Ifd("main", dict(HEADER)))
    assert not vc5.is_vc5(Ifd("main", HEADER | other))
    assert not vc5.is_vc5(Ifd("main"))
