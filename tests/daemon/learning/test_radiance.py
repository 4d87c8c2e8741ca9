"""Reading radiance maps and looking into them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import UnreadableError
from sidelight.imaging.color import REC2020_TO_SRGB
from sidelight.learning.radiance import RadianceMap, View, rays, read_radiance, sample, view

HEADER = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 8\n"


def run_length_scanlines() -> bytes:
    """Two scanlines of eight pixels, mantissas 128, 64, 32, exponent 129, runs and literals."""
    line = bytes([2, 2, 0, 8])
    line += bytes([128 + 8, 128])
    line += bytes([8] + [64] * 8)
    line += bytes([128 + 4, 32, 4] + [32] * 4)
    line += bytes([128 + 8, 129])
    return line * 2


def test_run_lengths_and_literals_decode_to_radiance(tmp_path: Path) -> None:
    path = tmp_path / "scene.hdr"
    path.write_bytes(HEADER + run_length_scanlines())
    radiance = read_radiance(path)
    expected = (np.array([128, 64, 32]) + 0.5) / 128
    assert radiance.rgb.shape == (2, 8, 3)
    assert not radiance.is_panorama
    np.testing.assert_allclose(radiance.rgb @ REC2020_TO_SRGB.T, np.tile(expected, (2, 8, 1)), 1e-5)


def test_flat_pixels_decode_too(tmp_path: Path) -> None:
    path = tmp_path / "scene.hdr"
    path.write_bytes(HEADER + struct.pack("4B", 10, 20, 30, 136) * 16)
    rgb = read_radiance(path).rgb @ REC2020_TO_SRGB.T
    np.testing.assert_allclose(rgb[1, 7], [10.5, 20.5, 30.5], rtol=1e-5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P6 2 2 255",
        HEADER,
        HEADER + run_length_scanlines()[:-3],
        HEADER + bytes([2, 2, 0, 8, 0]) + run_length_scanlines(),
        HEADER.replace(b"+X 8", b"+X 99999999") + run_length_scanlines(),
        HEADER.replace(b"-Y 2", b"-Y -2") + run_length_scanlines(),
        HEADER.replace(b"-Y 2 +X 8", b"+X 8 -Y 2") + run_length_scanlines(),
        HEADER.replace(b"rgbe", b"xyze") + run_length_scanlines(),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "scene.hdr"
    path.write_bytes(data)
    with pytest.raises(UnreadableError):
        read_radiance(path)


def test_a_missing_or_damaged_exr_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR")
    with pytest.raises(UnreadableError):
        read_radiance(tmp_path / "none.exr")
    (tmp_path / "bad.exr").write_bytes(b"v/1\x01" + bytes(40))
    with pytest.raises(UnreadableError):
        read_radiance(tmp_path / "bad.exr")


@pytest.mark.parametrize(
    ("yaw", "pitch", "axis"),
    [(0, 0, (0, 0, 1)), (90, 0, (1, 0, 0)), (0, 90, (0, 1, 0)), (-90, 0, (-1, 0, 0))],
)
def test_the_optical_axis_points_where_yaw_and_pitch_say(
    yaw: float, pitch: float, axis: tuple[float, float, float]
) -> None:
    middle = rays(View(yaw, pitch, 90.0), (9, 7))[3, 4]
    np.testing.assert_allclose(middle, axis, atol=1e-9)


def test_the_field_of_view_is_the_angle_between_the_edges() -> None:
    edge = rays(View(30.0, 0.0, 96.0), (2000, 3))[1, [0, -1]]
    assert np.degrees(np.arccos(edge[0] @ edge[1])) == pytest.approx(96.0, abs=0.1)


def bright_spot(row: int, column: int) -> RadianceMap:
    rgb = np.full((64, 128, 3), 0.01, np.float32)
    rgb[row, column] = 1000.0
    return RadianceMap(rgb, is_panorama=True)


@pytest.mark.parametrize("yaw", [0.0, 179.0, -179.0, 90.0])
def test_what_lies_at_a_yaw_is_in_the_middle_of_that_view(yaw: float) -> None:
    column = int((yaw / 360 + 0.5) * 128) % 128
    picture = view(bright_spot(31, column), View(yaw, 0.0, 90.0), (101, 75))
    row, found = np.unravel_index(picture[..., 1].argmax(), picture.shape[:2])
    assert abs(found - 50) <= 3
    assert abs(row - 37) <= 3


def test_up_is_up_and_right_is_right() -> None:
    picture = view(bright_spot(20, 74), View(0.0, 0.0, 90.0), (101, 75))
    row, column = np.unravel_index(picture[..., 1].argmax(), picture.shape[:2])
    assert row < 30
    assert column > 55


def test_a_bright_spot_leaves_no_dark_ring() -> None:
    picture = view(bright_spot(31, 64), View(0.0, 0.0, 90.0), (128, 96))
    assert picture.min() >= 0.00999


def test_the_poles_are_seamless() -> None:
    random = np.random.default_rng(0)
    panorama = random.uniform(0, 1, (16, 32, 3)).astype(np.float32)
    angle = 0.001
    near = np.array([[np.sin(angle), np.cos(angle), 0], [-np.sin(angle), np.cos(angle), 0]])
    one, other = sample(panorama, near)
    np.testing.assert_allclose(one, other, atol=0.02)


def test_a_crop_is_the_part_it_names() -> None:
    ramp = np.broadcast_to(np.arange(400, dtype=np.float32)[None, :, None], (300, 400, 3))
    picture = view(
        RadianceMap(np.ascontiguousarray(ramp), False), View(crop=(0.5, 0.0, 0.5)), (20, 15)
    )
    assert picture.shape == (15, 20, 3)
    assert picture[..., 0].min() == pytest.approx(204.5, abs=1)
    assert picture[..., 0].max() == pytest.approx(394.5, abs=1)


def test_a_crop_beyond_the_picture_is_refused() -> None:
    radiance = RadianceMap(np.zeros((30, 40, 3), np.float32), False)
    with pytest.raises(ValueError, match="beyond"):
        view(radiance, View(crop=(0.5, 0.0, 0.8)), (20, 15))


def test_the_shared_scenes_read_as_they_are_described(shared: Path) -> None:
    folder = shared / "data" / "hdr-scenes"
    sun = read_radiance(folder / "polyhaven_chinese_garden_1k.hdr")
    assert sun.rgb.shape == (512, 1024, 3)
    assert sun.is_panorama
    assert sun.rgb.max() > 2**15 * np.median(sun.rgb)
    pytest.importorskip("OpenEXR")
    haze = read_radiance(folder / "openexr_MtTamWest.exr")
    assert haze.rgb.shape == (732, 1214, 3)
    assert not haze.is_panorama
