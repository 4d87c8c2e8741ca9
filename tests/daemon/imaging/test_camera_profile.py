"""Camera profiles in DNG files: what is kept, and what a hostile file may not do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.imaging.camera_profile import MAXIMUM_ENTRIES, read_camera_profile
from sidelight.imaging.color import D50_WHITE
from sidelight.imaging.metadata import read_raw_tags
from sidelight.imaging.raw import read_raw
from sidelight.imaging.tiff import Ifd

LIGHTS = (2850.0, 6500.0)
SAME = (0.0, 1.0, 1.0)
WHITE = tuple(np.diag(D50_WHITE).ravel())


def profile(kelvins: tuple[float, ...] = LIGHTS, **tags: Any) -> Any:
    return read_camera_profile(
        Ifd("main", {int(name[1:]): value for name, value in tags.items()}), kelvins
    )


def test_nothing_is_nothing() -> None:
    assert profile() is None


def test_value_goes_around_hue_and_saturation() -> None:
    values = tuple(float(n % 50) for n in range(3 * 2 * 4 * 3))
    found = profile(_50981=(4, 2, 3), _50982=values, _51108=(1,))
    entries = found.look_table.entries
    assert entries.shape == (3, 4, 2, 3)
    assert found.look_table.encoded
    assert tuple(entries.ravel()) == values


def test_a_table_without_value_has_one_level_and_no_encoding() -> None:
    found = profile(_50937=(2, 2), _50938=SAME * 4, _51107=(1,))
    (table,) = found.hue_sat_maps
    assert table.entries.shape == (1, 2, 2, 3)
    assert not table.encoded


def test_without_two_lights_the_first_table_stands_alone() -> None:
    tags = {"_50937": (1, 2, 1), "_50938": SAME * 2, "_50939": (9.0, 1.0, 1.0) * 2}
    assert len(profile(**tags).hue_sat_maps) == 2
    alone = profile((), **tags)
    assert len(alone.hue_sat_maps) == 1 and alone.kelvins == ()
    assert alone.hue_sat_maps[0].entries.max() == 1.0


def test_a_forward_matrix_keeps_white_white() -> None:
    near = tuple(1.01 * value for value in WHITE)
    (matrix,) = profile(_50964=near).forward_matrices
    assert np.allclose(matrix.sum(axis=1), D50_WHITE)


@pytest.mark.parametrize(
    "tags",
    [
        {"_50937": (2, 2, 1), "_50938": SAME * 3},
        {"_50937": (0, 2, 1), "_50938": ()},
        {"_50937": (2, 1, 1), "_50938": SAME * 2},
        {"_50937": (-2, -2, 1), "_50938": SAME * 4},
        {"_50937": (2.5, 2, 1), "_50938": SAME * 5},
        {"_50937": (2, 2, float("nan")), "_50938": SAME * 4},
        {"_50937": (2, 2, float("inf")), "_50938": SAME * 4},
        {"_50937": (1 << 31, 1 << 31, 1 << 31), "_50938": SAME * 4},
        {"_50937": (MAXIMUM_ENTRIES, 2, 1), "_50938": SAME * (2 * MAXIMUM_ENTRIES)},
        {"_50937": b"\2\2\1", "_50938": SAME * 4},
        {"_50937": (2, 2, 1), "_50938": (float("nan"), 1.0, 1.0) * 4},
        {"_50937": (2, 2, 1), "_50938": (1e30, 1.0, 1.0) * 4},
        {"_50937": (2, 2, 1), "_50938": (0.0, -1.0, 1.0) * 4},
        {"_50937": (2, 2, 1), "_50938": (0.0, 1.0, 1e9) * 4},
        {"_50940": (0.0, 0.0)},
        {"_50940": (0.0, 0.0, 1.0)},
        {"_50940": (0.0, 0.0, 0.5, float("nan"), 1.0, 1.0)},
        {"_50940": (0.0, 0.0, 0.5, 0.5, 0.5, 0.6, 1.0, 1.0)},
        {"_50940": (0.0, 0.5, 0.5, 0.2, 1.0, 1.0)},
        {"_50940": (0.1, 0.0, 1.0, 1.0)},
        {"_50940": (0.0, 0.0, 1.0, 7.0)},
        {"_50940": tuple(np.repeat(np.linspace(0, 1, 40_000), 2))},
        {"_50964": (1.0,) * 9},
        {"_50964": (1e300,) * 9},
        {"_50964": (float("nan"),) * 9},
        {"_50964": WHITE[:8]},
    ],
)
def test_what_is_not_valid_is_left_out(tags: dict[str, Any]) -> None:
    with np.errstate(all="raise", over="ignore", invalid="ignore"):
        assert profile(**tags) is None


def test_the_shared_dngs(shared: Path) -> None:
    """Of the shared files the Pixel's alone carries tables."""
    photos = shared / "data" / "photos"
    found = {
        path.name: read_raw_tags(path).camera_profile is not None
        for path in sorted(photos.iterdir())
        if path.suffix.lower() in (".dng", ".gpr")
    }
    assert [name for name, carries in found.items() if carries] == [
        "google_pixel7_hdrplus_small.dng"
    ]
    assert len(found) > 8


def test_a_decoded_photo_brings_its_profile(tiny_raw: Any, tmp_path: Path) -> None:
    assert read_raw(tiny_raw(tmp_path / "a.dng")).camera_profile is None
