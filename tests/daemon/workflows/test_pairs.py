"""Which names are photos to develop."""

from __future__ import annotations

import pytest

from sidelight.workflows.pairs import (
    camera_copies,
    is_ignored,
    is_photo_name,
    is_raster_name,
    own_previews,
)


@pytest.mark.parametrize(
    "name",
    [
        "._x.dng", ".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir", ".stfolder", ".stversions",
        "a.sync-conflict-20260101-120000-ABCDEFG.dng", "__MACOSX", ".Trashes", "a.dng.part",
        "a.dng.crdownload", "~x.dng", "a.dng~", "THUMBS.DB", "a.tmp", ".new\nline.dng",
    ],
)  # fmt: skip
def test_leftovers(name: str) -> None:
    assert is_ignored(name)
    assert not is_photo_name(name)


def test_names_of_photos() -> None:
    assert all(map(is_photo_name, ("a.dng", "a.CR3", "a.b.JPG", "x~y.nef", "bad\udcff.dng")))
    assert not any(map(is_photo_name, ("a.xmp", "a.dng.xmp", "dng", "a.", "a.dng.txt", "")))
    assert is_raster_name("a.JPG") and not is_raster_name("a.dng")


def test_a_rendered_file_beside_its_raw_file_is_the_cameras_copy() -> None:
    names = ["a.CR3", "a.JPG", "a.tif", "b.jpg", "c.dng", "c.d.jpg", "A.png"]
    assert camera_copies(names) == {"a.JPG", "a.tif"}
    assert camera_copies([]) == set()


def test_previews_are_ours_when_all_three_are_there() -> None:
    three = ["a_before.jpg", "a_sdr.jpg", "a_hdr.jpg"]
    assert own_previews([*three, "a.dng"]) == set(three)
    assert own_previews(three[:2]) == set()
    assert own_previews(["_before.jpg", "_sdr.jpg"]) == set()
