"""JPEG, TIFF and PNG to linear Rec.2020."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from types import ModuleType

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, TiffImagePlugin

from sidelight.errors import ImplausibleError, UnreadableError
from sidelight.imaging import raster, read_photo
from sidelight.imaging.color import SRGB_TO_REC2020
from sidelight.imaging.transfer import srgb_decode
from sidelight.jobs.worker import Limits, WorkerPool


def gradient(height: int = 90, width: int = 120) -> np.ndarray:
    """Code values 0..1 with structure in every channel."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x / width, y / height, 0.5 + 0 * x], axis=-1)


def expected(code: np.ndarray) -> np.ndarray:
    return srgb_decode(code) @ SRGB_TO_REC2020.T


def test_png(tmp_path: Path) -> None:
    code = np.round(gradient() * 255).astype(np.uint8)
    Image.fromarray(code).save(tmp_path / "a.png")
    image = read_photo(tmp_path / "a.png")
    np.testing.assert_allclose(image.rgb, expected(code / 255), atol=1e-5)
    assert image.rgb.dtype == np.float32
    assert not image.info.is_raw and image.info.white_balance_source == "none"
    assert image.info.white_balance.kelvin == 6504 and image.info.white_balance.tint == 0
    assert image.preview is None


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff(tmp_path: Path, options: dict, order: str) -> None:
    code = np.round(gradient() * 65535).astype(np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, code, photometric="rgb", byteorder=order, rowsperstrip=17, **options)
    image = read_photo(path)
    np.testing.assert_allclose(image.rgb, expected(code / 65535), atol=2e-6)


def test_float_tiff(tmp_path: Path) -> None:
    code = gradient().astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", code, photometric="rgb", tile=(32, 32))
    np.testing.assert_allclose(read_photo(tmp_path / "a.tif").rgb, expected(code), atol=1e-5)


def test_float_tiff_with_nan(tmp_path: Path) -> None:
    code = gradient().astype(np.float32)
    code[3, 4, 1] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", code, photometric="rgb")
    with pytest.raises(ImplausibleError, match="finite"):
        read_photo(tmp_path / "a.tif")


def test_lzw_tiff_goes_through_pillow(tmp_path: Path) -> None:
    code = np.round(gradient() * 255).astype(np.uint8)
    Image.fromarray(code).save(tmp_path / "a.tif", compression="tiff_lzw")
    np.testing.assert_allclose(read_photo(tmp_path / "a.tif").rgb, expected(code / 255), atol=1e-5)


def test_grey_png_of_sixteen_bits(tmp_path: Path) -> None:
    grey = np.round(gradient()[..., 0] * 65535).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(grey))
    image = read_photo(tmp_path / "a.png")
    np.testing.assert_allclose(image.rgb[..., 0], srgb_decode(grey / 65535), atol=2e-3)


def test_clipped_is_the_top_code_value(tmp_path: Path) -> None:
    code = np.full((80, 80, 3), 200, np.uint8)
    code[20:40, 20:40, 0] = 255
    code[50:60] = 90
    Image.fromarray(code).save(tmp_path / "a.png")
    clipped = read_photo(tmp_path / "a.png").clipped
    assert clipped[20:40, 20:40, 0].all() and not clipped[..., 1:].any()
    assert clipped.sum() == 400


def test_jpeg_is_close_and_scaled(tmp_path: Path) -> None:
    code = np.round(gradient(900, 1200) * 255).astype(np.uint8)
    Image.fromarray(code).save(tmp_path / "a.jpg", quality=97, subsampling=0)
    image = read_photo(tmp_path / "a.jpg", 150)
    assert image.rgb.shape[:2] in ((112, 150), (113, 150))
    assert (image.info.width, image.info.height) == (1200, 900)
    small = expected(code[4::8, 4::8][: image.rgb.shape[0]] / 255)
    height = min(len(small), len(image.rgb))
    np.testing.assert_allclose(image.rgb[:height], small[:height], atol=0.02)


def test_orientation_and_exif(tmp_path: Path) -> None:
    code = np.round(gradient() * 255).astype(np.uint8)
    picture = Image.fromarray(code)
    exif = picture.getexif()
    exif[274], exif[271], exif[272] = 6, "Maker", "Model"
    exif.get_ifd(34665)[33434] = TiffImagePlugin.IFDRational(1, 125)
    exif.get_ifd(34665)[34855] = 400
    picture.save(tmp_path / "a.png", exif=exif)
    image = read_photo(tmp_path / "a.png")
    assert image.rgb.shape == (120, 90, 3)
    np.testing.assert_allclose(image.rgb, np.rot90(expected(code / 255), -1), atol=1e-5)
    info = image.info
    assert (info.width, info.height, info.orientation) == (90, 120, 6)
    assert (info.make, info.model, info.iso) == ("Maker", "Model", 400)
    assert info.exposure_s == pytest.approx(1 / 125)


def test_an_embedded_profile(tmp_path: Path) -> None:
    """A matrix profile is used, one of another kind is no error."""
    code = np.round(gradient() * 255).astype(np.uint8)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(code).save(tmp_path / "srgb.png", icc_profile=srgb)
    np.testing.assert_allclose(
        read_photo(tmp_path / "srgb.png").rgb, expected(code / 255), atol=2e-3
    )
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.fromarray(code).save(tmp_path / "odd.png", icc_profile=lab)
    assert np.isfinite(read_photo(tmp_path / "odd.png").rgb).all()


def test_cmyk_jpeg(tmp_path: Path) -> None:
    code = np.round(gradient() * 255).astype(np.uint8)
    Image.fromarray(code).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert np.isfinite(read_photo(tmp_path / "a.jpg").rgb).all()


@pytest.mark.parametrize("keep", [0.3, 0.8, 0.99])
@pytest.mark.parametrize("extension", ["jpg", "png", "tif"])
def test_cut_off(tmp_path: Path, extension: str, keep: float) -> None:
    noise = np.random.default_rng(1).integers(0, 60, (200, 200, 3))
    code = (np.round(gradient(200, 200) * 180) + noise).astype(np.uint8)
    path = tmp_path / f"a.{extension}"
    Image.fromarray(code).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnreadableError):
        read_photo(path)


def png_claiming(width: int, height: int) -> bytes:
    """A one-bit PNG whose header claims a size it barely pays for."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(30000, 30000), (70000, 10), (10000, 10000)])
def test_a_bomb_is_refused_from_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(png_claiming(*size))
    with pytest.raises(UnreadableError, match="pixels"):
        read_photo(tmp_path / "a.png")


def test_a_tiff_claiming_too_much(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint8), photometric="rgb")
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        for name in ("ImageWidth", "ImageLength"):
            tag = file.pages[0].tags[name]
            struct.pack_into("<H", data, tag.valueoffset, 60000)
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match="pixels"):
        read_photo(path)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20000), (8, 300)])
def test_slivers(tmp_path: Path, shape: tuple[int, int]) -> None:
    Image.fromarray(np.full((*shape, 3), 90, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises((ImplausibleError, UnreadableError)):
        read_photo(tmp_path / "a.png")


@pytest.mark.parametrize("level", [0, 255])
def test_a_flat_picture_is_finite(tmp_path: Path, level: int) -> None:
    Image.fromarray(np.full((64, 64, 3), level, np.uint8)).save(tmp_path / "a.png")
    image = read_photo(tmp_path / "a.png")
    assert np.isfinite(image.rgb).all() and image.noise_floor == 0


def test_shared_jpegs(shared: Path) -> None:
    names = sorted((shared / "data/photos").glob("pigallery2_*.jpg"))
    assert len(names) == 10
    for name in names:
        image = read_photo(name, 256)
        assert max(image.rgb.shape[:2]) == 256
        assert image.info.model == "Canon EOS 600D"
        assert 0 <= image.rgb.mean() < 1


@pytest.mark.slow
@pytest.mark.parametrize("extension", [".tif", ".png"])
def test_m2_a_picture_of_100_megapixels_fits_a_worker(
    reader: ModuleType, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"large{extension}"
    ramp = np.linspace(0, 250, 11600, dtype=np.float32)[None, :, None]
    samples = (ramp + np.zeros((8700, 1, 3), np.float32)).astype(np.uint8)
    if extension == ".png":
        Image.fromarray(samples).save(path, compress_level=1)
    else:
        tifffile.imwrite(path, samples.astype(np.uint16) << 8, photometric="rgb", rowsperstrip=64)
    with WorkerPool(1, limits=Limits(memory_mib=3072)) as pool:
        shape = pool.submit(reader.read, str(path), timeout_s=120.0).result(180)
    assert shape == [768, 1024, 3]


@pytest.mark.parametrize("shape", [(97, 131), (400, 300), (64, 500)])
def test_bands_average_as_the_whole_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]
) -> None:
    path = tmp_path / "a.tif"
    code = gradient(*shape) * np.random.default_rng(3).uniform(0.9, 1.1, (*shape, 3))
    tifffile.imwrite(path, (65535 * code.clip(0, 1)).astype(np.uint16), photometric="rgb")
    whole = read_photo(path, size_px=64)
    monkeypatch.setattr(raster, "_BAND_PIXELS", 2000)
    banded = read_photo(path, size_px=64)
    assert banded.rgb.shape == whole.rgb.shape
    assert np.allclose(banded.rgb, whole.rgb, atol=2e-6)
    assert (banded.clipped == whole.clipped).all()


def test_no_memory_for_what_lies_beyond_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(5_000_000))
    with raster._Bounded(io.FileIO(path)) as file:
        assert file.read(10) == bytes(10)
        assert len(file.read(1 << 60)) == 5_000_000 - 10
        assert file.read(1 << 60) == b""
        file.seek(0)
        assert len(file.read()) == 5_000_000
