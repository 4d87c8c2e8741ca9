"""Raw files, their settings and exports: what is found, what is refused and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sidelight.editors.base import Order
from sidelight.editors.lightroom import Lightroom
from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.recipe import Hdr, Recipe
from sidelight.workflows.triples import Triple, find_triples, read_example
from sidelight_xmp.crs.settings import write_settings
from sidelight_xmp.merge import Changes, merge
from sidelight_xmp.properties import Array, Struct, lang_alt

RECIPE = Recipe(exposure_ev=0.5, shadows=40.0, temperature_mired=-15.0)


def picture(path: Path, size: tuple[int, int] = (352, 264), **options: Any) -> Path:
    rows = np.linspace(20, 230, size[1])[:, None, None] + np.arange(size[0])[None, :, None] * 0.05
    pixels = np.clip(rows * np.array([1.0, 0.9, 0.8]), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def triple(tmp_path: Path, tiny_raw: Callable[[Path], Path]) -> Triple:
    raw = tiny_raw(tmp_path / "IMG_1.dng")
    info = read_photo(raw, 128).info
    Lightroom().write(info, RECIPE, Order(tmp_path / "first", "test"))
    return Triple(raw, picture(tmp_path / "IMG_1.jpg"))


def refused(triple: Triple) -> str:
    with pytest.raises(SidelightError) as error:
        read_example(triple)
    return str(error.value)


def set_in(triple: Triple, **settings: Any) -> None:
    sidecar = triple.raw.with_suffix(".xmp")
    sidecar.write_bytes(write_settings(sidecar.read_bytes(), settings, triple.raw))


def test_a_whole_triple(triple: Triple) -> None:
    example = read_example(triple)
    assert example.target.shape == example.image.rgb.shape
    assert example.recipe.shadows == 40.0 and example.recipe.exposure_ev == 0.5
    assert example.recipe.temperature_mired == pytest.approx(-15.0, abs=0.2)


def test_an_export_of_another_size_is_brought_onto_the_photo(triple: Triple) -> None:
    small = read_example(triple).target
    with Image.open(triple.export) as export:
        export.resize((1056, 792), Image.Resampling.NEAREST).save(triple.export, quality=95)
    assert np.allclose(read_example(triple).target, small, atol=0.02)


def test_exports_are_found_beside_or_in_a_folder_of_their_own(
    triple: Triple, tmp_path: Path
) -> None:
    found = find_triples([tmp_path])
    assert found.triples == (triple,)
    assert found.pictures == (triple.export,)
    away = tmp_path / "exports"
    away.mkdir()
    moved = triple.export.rename(away / "IMG_1.JPG")
    assert find_triples([triple.raw], away).triples == (Triple(triple.raw, moved),)
    (skipped,) = find_triples([triple.raw]).skipped
    assert "no export" in skipped.reason
    assert "no such file" in find_triples([tmp_path / "absent"]).skipped[0].reason


def test_a_picture_without_a_raw_file_may_hold_a_gain_map(tmp_path: Path) -> None:
    path = picture(tmp_path / "alone.jpg")
    assert find_triples([tmp_path]).pictures == (path,)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"HasCrop": True}, "cropped"),
        ({"LensProfileEnable": 1}, "lens profile"),
        ({"VignetteAmount": 10}, "vignetting"),
        ({"Clarity2012": 12, "Texture": 5}, "Texture, Clarity2012"),
        ({"HueAdjustmentRed": 5}, "HueAdjustmentRed"),
        ({"CameraProfile": "Camera Vivid"}, "Camera Vivid"),
        ({"ProcessVersion": "5.7"}, "process version"),
        ({"HDREditMode": 1, "SDRShadows": 20}, "SDRShadows"),
    ],
)
def test_settings_that_no_emulator_has_are_named(
    triple: Triple, settings: dict[str, Any], reason: str
) -> None:
    set_in(triple, **settings)
    assert reason in refused(triple)


def test_hdr_mode_counts_by_its_sdr_rendition(triple: Triple) -> None:
    info = read_photo(triple.raw, 128).info
    recipe = Recipe(shadows=40.0, hdr=Hdr(True, 3.0))
    Lightroom().write(info, recipe, Order(triple.raw.parent / "first", "b"))
    assert read_example(triple).recipe.hdr == Hdr(True, 3.0)


def test_a_look_is_named(triple: Triple) -> None:
    sidecar = triple.raw.with_suffix(".xmp")
    look = Struct({"crs:Name": "Film 7", "crs:Parameters": Struct({"crs:Name": lang_alt("a")})})
    sidecar.write_bytes(merge(sidecar.read_bytes(), Changes({"crs:Look": look})))
    assert "Film 7" in refused(triple)


def test_what_is_there_but_off_is_no_obstacle(triple: Triple) -> None:
    off = Array("Seq", (", ".join(["-1.000000"] * 19),))
    set_in(triple, LensBlur=Struct({"crs:Active": "false"}), PointColors=off, AutoTone=True)
    assert read_example(triple)
    set_in(triple, LensBlur=Struct({"crs:Active": "true"}))
    assert "LensBlur" in refused(triple)
    set_in(triple, LensBlur=Struct({"crs:Active": "false"}), PointColors=Array("Seq", ("2.1, 3",)))
    assert "PointColors" in refused(triple)


def test_no_settings_no_triple(triple: Triple) -> None:
    triple.raw.with_suffix(".xmp").unlink()
    assert "no settings" in refused(triple)
    triple.raw.with_suffix(".xmp").write_bytes(b"<x:xmpmeta")
    assert refused(triple)


def test_a_cameras_own_jpeg_is_no_export(triple: Triple) -> None:
    exif = Image.Exif()
    exif[271], exif[305] = "Canon", "Firmware 1.2"
    picture(triple.export, exif=exif.tobytes())
    assert "not exported by Lightroom" in refused(triple)
    exif[305] = "Adobe Photoshop Lightroom Classic 14.3 (Macintosh)"
    picture(triple.export, exif=exif.tobytes())
    assert read_example(triple).target.any()


def test_another_framing_is_refused(triple: Triple) -> None:
    picture(triple.export, (300, 300))
    assert "framing" in refused(triple)
    triple.export.write_bytes(b"\xff\xd8\xff no picture" + bytes(200))
    assert refused(triple)
