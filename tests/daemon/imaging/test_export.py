"""SDR and gain-map JPEGs; libultrahdr is the judge of the latter."""

from __future__ import annotations

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from sidelight.imaging import read_photo
from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020, luminance, rgb_to_ictcp
from sidelight.imaging.difference import box_average
from sidelight.imaging.export import fit_gamut, write_gain_map_jpeg, write_sdr_jpeg
from sidelight.imaging.transfer import srgb_decode, srgb_encode

SRGB_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def twins(headroom: float) -> tuple[np.ndarray, np.ndarray]:
    """A synthetic pair: six stops below white to the headroom, with colour."""
    y, x = np.mgrid[0:240, 0:320] / 320
    level = 2.0 ** (-6 + (6 + headroom) * x)
    tint = np.stack([1 + 0.3 * np.sin(8 * y), np.ones_like(x), 1 - 0.3 * np.sin(8 * y)], -1)
    hdr = np.minimum(level[..., None] * tint / 1.3, 2.0**headroom)
    return np.minimum(hdr / (1 + 0.4 * hdr), 1.0), hdr


def real(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    rgb = read_photo(shared / "data/photos/gopro_hero6_GOPR0024_demo.dng").rgb
    hdr = np.clip(rgb * 2.2, 0, 2.0**2.3)
    return np.minimum(hdr / (1 + hdr / 3), 1), hdr


def decoded(path: Path) -> np.ndarray:
    return imagecodecs.ultrahdr_decode(path.read_bytes())[..., :3].astype(np.float64)


@pytest.mark.parametrize("headroom", [0.0, 1.0, 2.3, 4.0])
def test_libultrahdr_sees_both_twins(tmp_path: Path, headroom: float) -> None:
    sdr, hdr = twins(headroom)
    write_gain_map_jpeg(tmp_path / "a.jpg", sdr, hdr, headroom)
    seen, wanted = decoded(tmp_path / "a.jpg"), fit_gamut(hdr, 2.0**headroom)
    mid = wanted.min(axis=2) > 0.03
    ratio = seen[mid] / wanted[mid]
    assert np.abs(np.percentile(ratio, [1, 99]) - 1).max() < 0.03
    assert np.median(ratio) == pytest.approx(1, abs=0.004)
    assert np.abs(seen - wanted)[~mid].max() < 0.02
    base = np.asarray(Image.open(tmp_path / "a.jpg"), dtype=float)
    assert np.abs(base - srgb_encode(fit_gamut(sdr)) * 255).mean() < 1.0


def test_a_photo(shared: Path, tmp_path: Path) -> None:
    sdr, hdr = real(shared)
    write_gain_map_jpeg(tmp_path / "a.jpg", sdr, hdr, 2.3)
    seen, wanted = decoded(tmp_path / "a.jpg"), fit_gamut(hdr, 2.0**2.3)
    one, two = seen @ SRGB_LUMINANCE, wanted @ SRGB_LUMINANCE
    ratio = one[two > 0.02] / two[two > 0.02]
    assert np.abs(np.percentile(ratio, [2.5, 97.5]) - 1).max() < 0.03
    small, meant = box_average(seen), box_average(wanted)
    bright = meant.min(axis=2) > 0.02
    assert np.abs(small[bright] / meant[bright] - 1).max() < 0.03


def test_ordinary_readers_see_the_base(tmp_path: Path) -> None:
    sdr, hdr = twins(2.0)
    write_gain_map_jpeg(tmp_path / "a.jpg", sdr, hdr, 2.0)
    with Image.open(tmp_path / "a.jpg") as picture:
        assert picture.size == (320, 240) and picture.mode == "RGB"
        assert picture.info["icc_profile"]
    # libultrahdr writes the base with the gain map removed when asked for eight bits.
    assert imagecodecs.ultrahdr_check(tmp_path.joinpath("a.jpg").read_bytes()) is not False


def test_the_second_picture_is_where_mpf_says(tmp_path: Path) -> None:
    sdr, hdr = twins(1.5)
    write_gain_map_jpeg(tmp_path / "a.jpg", sdr, hdr, 1.5)
    data = (tmp_path / "a.jpg").read_bytes()
    mark = data.index(b"MPF\0") + 4
    assert data[mark : mark + 4] == b"MM\0*"
    entries = mark + 50
    base_bytes = int.from_bytes(data[entries + 4 : entries + 8], "big")
    map_bytes = int.from_bytes(data[entries + 20 : entries + 24], "big")
    offset = int.from_bytes(data[entries + 24 : entries + 28], "big")
    assert mark + offset == base_bytes and base_bytes + map_bytes == len(data)
    assert Image.open(io.BytesIO(data[base_bytes:])).size == (320, 240)
    assert f'Item:Length="{map_bytes}"'.encode() in data[:base_bytes]


def test_no_gain_at_all(tmp_path: Path) -> None:
    flat = np.full((64, 64, 3), 0.4)
    write_gain_map_jpeg(tmp_path / "a.jpg", flat, flat, 0.0)
    np.testing.assert_allclose(decoded(tmp_path / "a.jpg"), 0.4, rtol=0.03)


def test_twins_that_do_not_fit(tmp_path: Path) -> None:
    sdr, hdr = twins(1.0)
    with pytest.raises(ValueError, match="shapes"):
        write_gain_map_jpeg(tmp_path / "a.jpg", sdr[:10], hdr, 1.0)
    for headroom in (-1.0, 9.0, float("nan")):
        with pytest.raises(ValueError, match="headroom"):
            write_gain_map_jpeg(tmp_path / "a.jpg", sdr, hdr, headroom)
    with pytest.raises(OSError, match="No such"):
        write_gain_map_jpeg(tmp_path / "none" / "a.jpg", sdr, hdr, 1.0)
    assert list(tmp_path.iterdir()) == []


def test_sdr_jpeg(tmp_path: Path) -> None:
    sdr, _ = twins(0.0)
    write_sdr_jpeg(tmp_path / "a.jpg", sdr, 95)
    with Image.open(tmp_path / "a.jpg") as picture:
        assert picture.format == "JPEG" and picture.info["icc_profile"]
        light = srgb_decode(np.asarray(picture) / 255.0)
    inside = (sdr @ REC2020_TO_SRGB.T).min(axis=2) > 0
    error = np.abs(light - sdr @ REC2020_TO_SRGB.T)[inside]
    assert error.mean() < 0.004
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]


def test_colours_outside_keep_luminance_and_hue() -> None:
    draw = np.random.default_rng(1)
    rgb = draw.random((3000, 3)) ** 3
    fitted = fit_gamut(rgb)
    assert fitted.min() >= 0 and fitted.max() <= 1
    srgb = rgb @ REC2020_TO_SRGB.T
    inside = (srgb.min(1) >= 0) & (srgb.max(1) <= 1)
    assert 0.1 < inside.mean() < 0.9
    np.testing.assert_allclose(fitted[inside], srgb[inside], atol=1e-6)
    back = fitted @ SRGB_TO_REC2020.T
    np.testing.assert_allclose(luminance(back), luminance(rgb), atol=1e-4)
    one, two = rgb_to_ictcp(rgb)[~inside], rgb_to_ictcp(back)[~inside]
    turn = np.angle((one[:, 1] + 1j * one[:, 2]) * np.conj(two[:, 1] + 1j * two[:, 2]), deg=True)
    colored = np.hypot(two[:, 1], two[:, 2]) > 0.02
    assert np.percentile(np.abs(turn[colored]), 95) < 12


def test_light_above_the_peak_and_nonsense() -> None:
    odd = np.array([[5.0, 5, 5], [np.nan, 0.5, 0.5], [np.inf, 1, 1], [-1, -1, -1], [9, 0.1, 0.1]])
    for peak in (1.0, 4.0):
        fitted = fit_gamut(odd, peak)
        assert np.isfinite(fitted).all() and fitted.min() >= 0 and fitted.max() <= peak
        np.testing.assert_allclose(fitted[0], peak)
        np.testing.assert_array_equal(fitted[3], 0)
