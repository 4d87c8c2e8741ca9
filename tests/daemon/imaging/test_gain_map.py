"""Gain-map JPEGs: ours, Camera Raw's against libultrahdr, and broken ones."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sidelight.errors import UnreadableError
from sidelight.imaging.color import REC2020_TO_SRGB, apply_matrix, luminance
from sidelight.imaging.export import write_gain_map_jpeg
from sidelight.imaging.gain_map import read_gain_map

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" {attributes}/>
 </rdf:RDF></x:xmpmeta>"""


def twins() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    level = np.linspace(0.02, 0.9, 96)[None, :, None] * np.array([1.0, 0.9, 0.8])
    sdr = np.repeat(level, 64, axis=0).astype(np.float32)
    return sdr, sdr * np.float32(1.5) ** (3 * sdr)


def jpeg(width: int = 96, **options: object) -> bytes:
    ramp = np.tile(np.linspace(10, 240, width).astype(np.uint8)[None, :, None], (64, 1, 3))
    stream = io.BytesIO()
    Image.fromarray(ramp).save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


def container(attributes: str, width: int = 96) -> bytes:
    return jpeg() + jpeg(width, xmp=XMP.format(attributes=attributes).encode())


def test_what_we_write_comes_back(tmp_path: Path) -> None:
    sdr, hdr = twins()
    path = tmp_path / "ours.jpg"
    write_gain_map_jpeg(path, sdr, hdr, 2.0)
    found = read_gain_map(path)
    assert found.capacity == pytest.approx(2.0)
    assert np.allclose(found.sdr, sdr, atol=0.02)
    assert np.median(np.abs(np.log2(luminance(found.hdr) / luminance(hdr)))) < 0.02


def test_numbers_of_each_channel(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    items = "".join(f"<rdf:li>{number}</rdf:li>" for number in (0.5, 1.0, 2.0))
    path.write_bytes(
        jpeg()
        + jpeg(
            xmp=XMP.replace(
                "{attributes}/>",
                f"><hdrgm:GainMapMax><rdf:Seq>{items}</rdf:Seq></hdrgm:GainMapMax>"
                "</rdf:Description>",
            ).encode()
        )
    )
    found = read_gain_map(path)
    assert found.capacity == 2.0
    stops = np.log2(
        (apply_matrix(found.hdr, REC2020_TO_SRGB) + 1 / 64)
        / (apply_matrix(found.sdr, REC2020_TO_SRGB) + 1 / 64)
    )
    middle = stops[:, 90].mean(axis=0)
    assert np.allclose(middle / middle[1], [0.5, 1.0, 2.0], atol=0.02)


def test_a_turned_picture_is_turned_with_its_map(tmp_path: Path) -> None:
    plain, turned = tmp_path / "plain.jpg", tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[274] = 6
    second = container('hdrgm:GainMapMax="2"')[len(jpeg()) :]
    plain.write_bytes(jpeg() + second)
    turned.write_bytes(jpeg(exif=exif.tobytes()) + second)
    one, two = read_gain_map(plain), read_gain_map(turned)
    assert two.hdr.shape == (96, 64, 3)
    assert np.allclose(two.hdr, np.rot90(one.hdr, -1), atol=1e-5)


@pytest.mark.slow
def test_camera_raws_file_against_libultrahdr(shared: Path) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    path = shared / "data/photos/acr17_hdr_edit_city_night_fog.jpg"
    theirs = imagecodecs.ultrahdr_decode(path.read_bytes())[4::9, 4::9, :3].astype(np.float32)
    ours = read_gain_map(path, 700)
    assert ours.packet is not None and ours.capacity == pytest.approx(3.948, abs=1e-3)
    levels = [
        np.log2(np.percentile(luminance(light), [25, 50, 75, 90, 99]))
        for light in (theirs, apply_matrix(ours.hdr, REC2020_TO_SRGB))
    ]
    assert np.allclose(*levels, atol=0.1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (jpeg(), "holds no gain map"),
        (jpeg() + jpeg(), "holds no gain map"),
        (b"II*\0" + bytes(200), "no JPEG"),
        (b"\xff\xd8\xff" * 400, "holds no gain map"),
        (container('hdrgm:GainMapMax="x"'), "not a number"),
        (container('hdrgm:GainMapMax="nan"'), "cannot be"),
        (container('hdrgm:GainMapMax="900"'), "cannot be"),
        (container('hdrgm:GainMapMax="1" hdrgm:Gamma="0"'), "cannot be"),
        (container('hdrgm:GainMapMax="1" hdrgm:BaseRenditionIsHDR="True"'), "is the HDR one"),
        (container('hdrgm:GainMapMax="1"')[:-300], "damaged"),
        (XMP.encode() + container('hdrgm:GainMapMax="1"'), "no JPEG"),
    ],
)
def test_what_is_none_or_damaged_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=reason):
        read_gain_map(path)
