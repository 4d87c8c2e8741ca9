"""Raw files to scene-linear pixels."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile

from sidelight.errors import ImplausibleError, UnreadableError
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.imaging.difference import box_average, crop_offset, render_difference
from sidelight.imaging.image import Image

PHOTOS = "data/photos"
DEMOS = [
    "gopro_hero6_GOPR0024_demo.dng",
    "gopro_hero7_GOPR9231_demo.dng",
    "gopro_fusion_GPFR7066_demo.dng",
]


def test_a_neutral_gradient_comes_out_neutral_on_the_green_scale(
    sensor: Any,
    write_dng: Callable[..., Path],
) -> None:
    level = 0.05 + 0.4 * np.linspace(0, 1, 96)[None, :] * np.ones((64, 1))
    image = read_photo(write_dng(sensor.mosaic(level[..., None] * sensor.neutral)), 1024)
    assert image.rgb.shape == (64, 96, 3)
    inner = image.rgb[4:-4, 4:-4]
    np.testing.assert_allclose(inner, np.repeat(level[4:-4, 4:-4, None], 3, 2), atol=2e-3)
    assert not image.clipped.any()
    balance = image.info.white_balance
    np.testing.assert_allclose(balance.multipliers(), 1 / sensor.neutral, rtol=1e-4)


@pytest.mark.parametrize("size_px", [64, 100, 128, 300])
def test_size_is_between_half_and_all_of_what_was_asked(
    sensor: Any, write_dng: Callable[..., Path], size_px: int
) -> None:
    scene = sensor.smooth(300, 402)
    image = read_photo(write_dng(sensor.mosaic(scene)), size_px)
    assert size_px / 2 <= max(image.rgb.shape[:2]) <= size_px
    assert (image.info.width, image.info.height) == (402, 300)
    expected = box_average(scene / sensor.neutral, max(image.rgb.shape[:2]))
    balanced = image.rgb @ image.info.white_balance.camera_from_working.T
    middle = (slice(4, -4), slice(4, -4), 1)
    height = min(expected.shape[0], balanced.shape[0])
    np.testing.assert_allclose(
        balanced[:height][middle], expected[:height][middle], atol=0.01, rtol=0.03
    )


def test_binning_leaves_no_fringe_at_an_edge(sensor: Any, write_dng: Callable[..., Path]) -> None:
    """Red and blue sit half a pixel off the block; a diagonal ramp must stay grey."""
    y, x = np.mgrid[0:256, 0:256]
    level = 0.05 + 0.8 * ((x + y) % 64) / 64
    ramp = np.abs(level - 0.45)
    image = read_photo(write_dng(sensor.mosaic(ramp[..., None] * sensor.neutral)), 128)
    spread = (image.rgb.max(2) - image.rgb.min(2))[8:-8, 8:-8]
    assert np.median(spread) < 0.004


def test_clipped_parts_are_marked_and_neutral(sensor: Any, write_dng: Callable[..., Path]) -> None:
    """A white patch four stops over; the sensor saturates at 95 % of what the file claims."""
    scene = sensor.smooth(200, 300)
    scene[40:120, 60:200] = 16.0 * sensor.neutral
    image = read_photo(write_dng(sensor.mosaic(scene, ceiling=0.95)), 1024)
    patch = image.rgb[50:110, 70:190]
    assert image.clipped[50:110, 70:190].all()
    assert not image.clipped[:, 230:].any()
    assert (patch.max(2) / patch.min(2)).max() < 1.001
    assert patch.min() >= 0.95


def test_red_and_blue_may_exceed_one(sensor: Any, write_dng: Callable[..., Path]) -> None:
    scene = sensor.smooth(128, 128)
    scene[32:96, 32:96] = [0.8, 0.6, 0.3]
    image = read_photo(write_dng(sensor.mosaic(scene)), 1024)
    camera = image.rgb @ image.info.white_balance.camera_from_working.T
    np.testing.assert_allclose(
        camera[64, 64], np.array([0.8, 0.6, 0.3]) / sensor.neutral, rtol=2e-3
    )
    assert not image.clipped[40:90, 40:90].any()


def test_an_evenly_lit_wall_below_saturation_is_not_clipped(
    sensor: Any,
    write_dng: Callable[..., Path],
) -> None:
    draw = np.random.default_rng(1)
    wall = 0.95 * sensor.neutral * (1 + 0.01 * draw.standard_normal((200, 200, 1)))
    wall *= np.linspace(0.9, 1, 200)[:, None, None]
    assert not read_photo(write_dng(sensor.mosaic(wall)), 1024).clipped.any()


def test_metadata(sensor: Any, write_dng: Callable[..., Path]) -> None:
    info = read_photo(write_dng(sensor.mosaic(sensor.smooth(64, 96)))).info
    assert (info.make, info.model, info.captured) == ("Maker", "Model", "2025:06:01 12:00:00")
    assert info.exposure_s == pytest.approx(1 / 60)
    assert (info.f_number, info.iso) == (5.6, 200)
    assert info.ev100 == pytest.approx(np.log2(5.6**2 * 60 / 2), abs=1e-6)
    assert info.is_raw and info.white_balance_source == "camera"


def test_noise_floor_follows_the_noise(sensor: Any, write_dng: Callable[..., Path]) -> None:
    draw = np.random.default_rng(2)
    floors = []
    for sigma in (0.001, 0.004):
        scene = sensor.smooth(400, 400) + sigma * draw.standard_normal((400, 400, 3))
        floors.append(read_photo(write_dng(sensor.mosaic(np.maximum(scene, 0))), 200).noise_floor)
    assert 2 < floors[1] / floors[0] < 6
    assert 0.0002 < floors[0] < 0.003


def test_black_frame(sensor: Any, write_dng: Callable[..., Path]) -> None:
    draw = np.random.default_rng(3)
    frame = (sensor.black + draw.normal(2, 6, (128, 128))).clip(0).astype(np.uint16)
    with pytest.raises(ImplausibleError, match="black"):
        read_photo(write_dng(frame))


def test_white_frame(sensor: Any, write_dng: Callable[..., Path]) -> None:
    with pytest.raises(ImplausibleError, match="overexposed"):
        read_photo(write_dng(np.full((128, 128), sensor.white, np.uint16)))


def test_noise_frame(sensor: Any, write_dng: Callable[..., Path]) -> None:
    frame = (
        np.random.default_rng(4).integers(sensor.black, sensor.white, (256, 256)).astype(np.uint16)
    )
    with pytest.raises(ImplausibleError, match="noise"):
        read_photo(write_dng(frame))


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.9, 0.99, 0.999])
def test_cut_off(sensor: Any, write_dng: Callable[..., Path], keep: float) -> None:
    path = write_dng(sensor.mosaic(sensor.smooth(128, 128)))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnreadableError):
        read_photo(path)


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "name", ["gopro_hero7_GOPR9231.derived.DNG", "canon_eos_d30_CRW.CRW", DEMOS[0]]
)
def test_cut_off_photos(shared: Path, tmp_path: Path, name: str, keep: float) -> None:
    data = (shared / PHOTOS / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnreadableError):
        read_photo(path)


def test_a_frame_whose_end_was_never_written(sensor: Any, write_dng: Callable[..., Path]) -> None:
    mosaic = sensor.mosaic(sensor.smooth(256, 256))
    mosaic[200:] = 0
    with pytest.raises(UnreadableError, match="cut off"):
        read_photo(write_dng(mosaic))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_give_pixels_or_a_typed_error(
    sensor: Any, write_dng: Callable[..., Path], seed: int
) -> None:
    draw = np.random.default_rng(seed)
    path = write_dng(sensor.mosaic(sensor.smooth(64, 96)))
    data = bytearray(path.read_bytes())
    for at in draw.integers(0, 1200, 6):
        data[at : at + 4] = b"\xff\xff\xff\xff" if draw.random() < 0.5 else draw.bytes(4)
    path.write_bytes(data)
    try:
        image = read_photo(path)
    except (UnreadableError, ImplausibleError):
        return
    assert np.isfinite(image.rgb).all()


def test_the_canon_without_a_white_balance(shared: Path) -> None:
    image = read_photo(shared / PHOTOS / "canon_eos_d30_CRW.CRW")
    gains = image.info.white_balance.multipliers()
    assert image.info.white_balance_source == "preview"
    assert (gains > 0.5).all() and (gains < 4).all()
    assert image.preview is not None and image.preview.from_camera
    assert image.info.model == "EOS D30" and image.info.iso == 100


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("nikon_DSC_1339_768x512_rggb_u16le.raw", "header"),
        ("google_pixel7_hdrplus_small.dng", "black"),
    ],
)
def test_files_that_are_no_photos(shared: Path, name: str, word: str) -> None:
    with pytest.raises(ImplausibleError, match=word):
        read_photo(shared / PHOTOS / name)


def test_a_format_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "photo.nef"
    path.write_bytes(b"no raw file " * 99)
    with pytest.raises(UnreadableError, match="no decoder"):
        read_photo(path)


def test_gopro_sky_is_neutral_where_all_channels_clip(shared: Path) -> None:
    image = read_photo(shared / PHOTOS / DEMOS[0])
    all_clipped = image.clipped.all(axis=2)
    assert 0.02 < all_clipped.mean() < 0.2
    pixels = image.rgb[all_clipped]
    assert np.percentile(pixels.max(1) / pixels.min(1), 99) < 1.001


def test_the_scale_is_libraws(shared: Path) -> None:
    """Against LibRaw's half-size conversion, brought to the same scale, without gain maps."""
    path = shared / PHOTOS / "gopro_fusion_GPFR7066_demo.dng"
    image = read_photo(path)
    with rawpy.imread(str(path)) as raw:
        gains = np.array(raw.camera_whitebalance[:3])
        other = raw.postprocess(
            half_size=True,
            output_color=rawpy.ColorSpace.raw,
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0,
            highlight_mode=rawpy.HighlightMode.Clip,
            output_bps=16,
            use_camera_wb=True,
        )
    expected = other / 65535.0 * gains.min() / gains[1]
    ours = image.rgb @ image.info.white_balance.camera_from_working.T
    whole = ~box_average(image.clipped.astype(np.float32), 100).any(axis=2)
    ratio = box_average(ours, 100)[whole] / box_average(expected, 100)[whole]
    np.testing.assert_allclose(np.median(ratio, axis=0), 1, atol=0.004)


LINEAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:darktable="http://darktable.sf.net/"
 darktable:xmp_version="5" darktable:auto_presets_applied="1" darktable:history_end="3"
 darktable:iop_order_version="2" xmp:Rating="1"><darktable:history><rdf:Seq>
 <rdf:li darktable:num="0" darktable:operation="temperature" darktable:enabled="1"
  darktable:modversion="3" darktable:params="{temperature}" darktable:multi_name=""
  darktable:multi_priority="0"/>
 <rdf:li darktable:num="1" darktable:operation="highlights" darktable:enabled="1"
  darktable:modversion="4" darktable:multi_name="" darktable:multi_priority="0"
  darktable:params="000000000000803f00000000000000000000803f000000000100000005000000\
cdcccc3e000000400000000000000000"/>
 <rdf:li darktable:num="2" darktable:operation="exposure" darktable:enabled="1"
  darktable:modversion="6" darktable:params="00000000000000000000000000004842000080c000000000"
  darktable:multi_name="" darktable:multi_priority="0"/>
</rdf:Seq></darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>"""


def darktable_linear(program: str, image: Image, folder: Path) -> np.ndarray:
    """darktable's own linear Rec.2020 of a photo with the multipliers of `image`."""
    red, green, blue = image.info.white_balance.multipliers()
    params = struct.pack("<3f", red, green, blue).hex() + "0000c07f"
    sidecar, out = folder / "linear.xmp", folder / "out.tif"
    sidecar.write_text(LINEAR.format(temperature=params))
    command = [program, str(image.info.path), str(sidecar), str(out), "--icc-type", "LIN_REC2020"]
    command += ["--hq", "1", "--apply-custom-presets", "0", "--core", "--disable-opencl"]
    command += ["--configdir", str(folder / "config"), "--cachedir", str(folder / "cache")]
    for setting in ("bpp=32", "compress=0"):
        command += ["--conf", f"plugins/imageio/format/tiff/{setting}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return np.asarray(tifffile.imread(out))


@pytest.mark.darktable
@pytest.mark.parametrize(("name", "limit"), list(zip(DEMOS, (1.35, 1.15, 1.4), strict=True)))
def test_linear_pixels_are_darktables(
    shared: Path, darktable_cli: str, tmp_path: Path, name: str, limit: float
) -> None:
    """Gain maps, scale, matrix and orientation at once, where no channel clips."""
    image = read_photo(shared / PHOTOS / name)
    theirs = box_average(darktable_linear(darktable_cli, image, tmp_path))
    ours = box_average(image.rgb)
    assert crop_offset(luminance(ours), luminance(theirs)) == (0, 0)
    whole = ~(box_average(image.clipped.astype(np.float32)) > 0).any(axis=2)
    ratio = np.median(ours[whole] / np.maximum(theirs[whole], 1e-4), axis=0)
    np.testing.assert_allclose(ratio, 1, atol=0.015)
    assert render_difference(ours[whole], theirs[whole]).mean() < limit


@pytest.mark.darktable
def test_a_small_mosaic_is_interpolated_as_darktable_does(
    sensor: Any, write_dng: Callable[..., Path], darktable_cli: str, tmp_path: Path
) -> None:
    y, x = np.mgrid[0:256, 0:384] / 384
    texture = 0.15 + 0.1 * np.sin(40 * x) * np.cos(31 * y) + 0.2 * x
    scene = texture[..., None] * sensor.neutral * [1.1, 1.0, 0.8]
    image = read_photo(write_dng(sensor.mosaic(scene)))
    theirs = box_average(darktable_linear(darktable_cli, image, tmp_path))
    ours = box_average(image.rgb)
    assert render_difference(ours, theirs).mean() < 0.3


def test_no_memory_is_not_the_photos_fault(
    sensor: Any, write_dng: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise rawpy.LibRawUnsufficientMemoryError(b"Unsufficient memory")

    monkeypatch.setattr(rawpy, "imread", refuse)
    with pytest.raises(MemoryError):
        read_photo(write_dng(sensor.mosaic(sensor.smooth(64, 96))))
