"""Preview pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Recipe
from sidelight.workflows.preview import preview_stems, write_previews

EDIT = Recipe(exposure_ev=0.5, hdr=Hdr(True, 2.0))


@pytest.fixture(scope="module")
def image(shared: Path) -> Image:
    from sidelight.imaging import read_photo

    return read_photo(shared / "data/photos/gopro_hero6_GOPR0024_demo.dng", size_px=256)


def test_no_two_photos_share_a_name() -> None:
    photos = [Path("a/1.CR3"), Path("b/1.CR3"), Path("b/1.dng"), Path("B/1.NEF"), Path("c/2.NEF")]
    stems = preview_stems([*photos, Path("a/img.CR3"), Path("a/IMG.CR3")])
    assert [stems[photo] for photo in photos] == ["1", "1-2", "1-3", "1-4", "2"]
    assert len({stem.casefold() for stem in stems.values()}) == len(stems)


@pytest.mark.parametrize("editor", ["lightroom", "darktable"])
def test_three_pictures(image: Image, tmp_path: Path, editor: str) -> None:
    folder = tmp_path / "new" / "previews"
    assert write_previews(image, editor, EDIT, folder, "IMG_1") == ()
    assert {path.name for path in folder.iterdir()} == {
        "IMG_1_before.jpg",
        "IMG_1_sdr.jpg",
        "IMG_1_hdr.jpg",
    }
    height, width = image.rgb.shape[:2]
    pixels = {}
    for path in folder.iterdir():
        with Pillow.open(path) as picture:
            assert picture.size == (width, height)
            pixels[path.name] = np.asarray(picture.convert("RGB"), dtype=float)
    assert pixels["IMG_1_sdr.jpg"].mean() > pixels["IMG_1_before.jpg"].mean() + 3
    # The base of the gain-map file is the SDR twin.
    assert np.abs(pixels["IMG_1_sdr.jpg"] - pixels["IMG_1_hdr.jpg"]).mean() < 1


def test_a_second_time_is_the_same_to_the_bit(image: Image, tmp_path: Path) -> None:
    write_previews(image, "darktable", EDIT, tmp_path, "a")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert write_previews(image, "darktable", EDIT, tmp_path, "a") == ()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_picture_of_that_name_is_kept_unless_asked(
    image: Image, shared: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "a_sdr.jpg"
    shutil.copy(shared / "data/photos/pigallery2_wild-1.jpg", theirs)
    before = theirs.read_bytes()
    assert write_previews(image, "darktable", EDIT, tmp_path, "a") == (theirs,)
    assert theirs.read_bytes() == before
    assert write_previews(image, "darktable", EDIT, tmp_path, "a", overwrite=True) == ()
    assert theirs.read_bytes() != before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_failed_write_leaves_nothing(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_previews(image, "darktable", EDIT, tmp_path, "a")
    assert list(tmp_path.iterdir()) == []
