"""Gain-map JPEGs, taken apart."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sidelight_installer.gain_map import GainMap, GainMapError, read_gain_map

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" {attributes}>
 {elements}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def jpeg(level: int, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 24), (level, level, level)).save(stream, "JPEG", **options)
    return stream.getvalue()


def container(attributes: str = "", elements: str = "", packet: str = XMP) -> bytes:
    xmp = packet.format(attributes=attributes, elements=elements).encode()
    return jpeg(90) + jpeg(200, xmp=xmp)


def decoded(content: bytes, gain: GainMap, step: int) -> np.ndarray:
    """Return every `step`-th pixel as linear HDR by the module's formula; Pillow decodes."""
    base = Image.open(io.BytesIO(content[slice(*gain.base)])).convert("RGB")
    picture = Image.open(io.BytesIO(content[slice(*gain.map)])).convert("RGB")
    encoded = np.asarray(base)[::step, ::step] / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    share = np.asarray(picture.resize(base.size, Image.Resampling.BILINEAR))[::step, ::step] / 255
    low, high = np.array(gain.minimum), np.array(gain.maximum)
    stops = low + (high - low) * share ** (1 / np.array(gain.gamma))
    return (linear + gain.offset_sdr) * 2**stops - gain.offset_hdr


def test_numbers_and_defaults() -> None:
    gain = read_gain_map(container('hdrgm:GainMapMax="2.3" hdrgm:HDRCapacityMax="2.3"'))
    assert gain.maximum == (2.3, 2.3, 2.3)
    assert gain.minimum == (0.0, 0.0, 0.0)
    assert gain.gamma == (1.0, 1.0, 1.0)
    assert gain.offset_sdr == gain.offset_hdr == (1 / 64, 1 / 64, 1 / 64)
    assert gain.capacity_max == 2.3


def test_elements_and_one_number_per_channel() -> None:
    items = "".join(f"<rdf:li>{number}</rdf:li>" for number in (1.5, 2.5, 3.5))
    gain = read_gain_map(
        container(
            elements=f"<hdrgm:GainMapMax><rdf:Seq>{items}</rdf:Seq></hdrgm:GainMapMax>"
            "<hdrgm:Gamma>0.5</hdrgm:Gamma>"
        )
    )
    assert gain.maximum == (1.5, 2.5, 3.5)
    assert gain.gamma == (0.5, 0.5, 0.5)
    assert gain.capacity_max == 3.5


def test_both_pictures_are_cut_out_whole() -> None:
    content = container('hdrgm:GainMapMax="2"')
    gain = read_gain_map(content)
    base = np.asarray(Image.open(io.BytesIO(content[slice(*gain.base)])))
    picture = np.asarray(Image.open(io.BytesIO(content[slice(*gain.map)])))
    assert abs(int(base.mean()) - 90) <= 1
    assert abs(int(picture.mean()) - 200) <= 1
    assert gain.base[0] == 0
    assert gain.map[1] == len(content)


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 1}])
def test_a_base_with_several_scans_or_restarts_ends_where_it_ends(options: dict) -> None:
    xmp = XMP.format(attributes='hdrgm:GainMapMax="2"', elements="").encode()
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "JPEG", quality=98, **options)
    base = stream.getvalue()
    assert read_gain_map(base + jpeg(200, xmp=xmp)).base == (0, len(base))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a JPEG"),
        (b"\x89PNG\r\n", "not a JPEG"),
        (jpeg(90), "no gain map"),
        (jpeg(90) + jpeg(200), "no gain map"),
        (jpeg(90)[:-40], "cut off"),
        (b"\xff\xd8\xff\xe0\x00\x00", "damaged"),
        (b"\xff\xd8abc", "damaged"),
        (container('hdrgm:GainMapMax="high"'), "not a number"),
        (container('hdrgm:GainMapMax="2" hdrgm:BaseRenditionIsHDR="True"'), "not supported"),
        (container('hdrgm:GainMapMax="2"', packet="<!DOCTYPE x>" + XMP), "no gain map"),
        (container('hdrgm:GainMapMax="2"', packet=XMP + "<"), "no gain map"),
    ],
)
def test_what_cannot_be_used_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(GainMapError, match=reason):
        read_gain_map(content)


@pytest.mark.parametrize(
    ("name", "capacity"),
    [
        ("ultrahdr_pixel6pro_01.jpg", 2.656715),
        ("libavif_seine_sdr_gainmap_srgb.jpg", 1.3),
        ("acr17_hdr_edit_city_night_fog.jpg", 3.947876),
    ],
)
def test_real_files(shared: Path, name: str, capacity: float) -> None:
    content = (shared / "data/photos" / name).read_bytes()
    gain = read_gain_map(content)
    assert gain.capacity_max == capacity
    assert gain.base[1] <= gain.map[0] < gain.map[1] <= len(content)
    with Image.open(io.BytesIO(content[slice(*gain.map)])) as picture:
        assert picture.format == "JPEG"
        assert min(picture.size) > 50


def test_restores_what_libultrahdr_restores(shared: Path) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    content = (shared / "data/photos/ultrahdr_pixel6pro_01.jpg").read_bytes()
    ours = decoded(content, read_gain_map(content), step=16)
    theirs = imagecodecs.ultrahdr_decode(content)[::16, ::16, :3].astype(float)
    # Its gain map is single-channel, so the ratio is the same in any primaries.
    assert np.percentile(theirs, 99) > 4
    for level in (10, 50, 90, 99, 99.9):
        expected = np.percentile(theirs.max(axis=2), level)
        assert math.isclose(np.percentile(ours.max(axis=2), level), expected, rel_tol=0.03)
    bright = theirs > 0.05
    assert np.median(np.abs(ours[bright] / theirs[bright] - 1)) < 0.02
