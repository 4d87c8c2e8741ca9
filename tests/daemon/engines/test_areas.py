"""Maps of what lies where: likelihoods for whatever shape a photo has."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sidelight.engines.areas import TILES, Areas, areas_of
from sidelight.imaging.color import SRGB_TO_REC2020

SKIN = SRGB_TO_REC2020 @ np.array([0.54, 0.31, 0.22]) * 0.5
LEAF = SRGB_TO_REC2020 @ np.array([0.10, 0.20, 0.04])
BLUE = SRGB_TO_REC2020 @ np.array([0.35, 0.55, 1.0])
MAPS = ("skin", "face", "foliage", "sky", "subject")
ROWS, COLUMNS = 96, 144


def grey() -> NDArray[np.float64]:
    return np.full((ROWS, COLUMNS, 3), 0.18)


def disc(row: int, column: int, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:ROWS, :COLUMNS]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 <= radius**2)


def areas(rgb: ArrayLike, clipped: ArrayLike = False, mid_ev: float = 0.0) -> Areas:
    pixels = np.asarray(rgb, dtype=np.float32)
    mask = np.zeros(pixels.shape, dtype=bool) | np.asarray(clipped)
    return areas_of(pixels, mask, mid_ev)


def at(found: Areas, name: str, where: NDArray[np.bool_]) -> NDArray[np.float64]:
    return found.at([name], np.flatnonzero(where), (ROWS, COLUMNS))[name]


def test_a_disc_of_skin_is_a_face_and_what_surrounds_it_is_none() -> None:
    rgb = grey()
    rgb[disc(50, 72, 14)] = SKIN
    found = areas(rgb)
    assert at(found, "face", disc(50, 72, 9)).min() > 0.5
    assert at(found, "face", ~disc(50, 72, 19)).max() == 0.0


@pytest.mark.parametrize(
    "what",
    ["strip across", "post from below", "whole frame", "speck", "plank", "ring", "clipped disc"],
)
def test_other_things_of_its_colour_are_no_face(what: str) -> None:
    rgb, clipped = grey(), np.zeros((ROWS, COLUMNS, 1), dtype=bool)
    where = {
        "strip across": np.s_[40:56, :],
        "post from below": np.s_[60:, 60:80],
        "whole frame": np.s_[:, :],
        "speck": np.s_[48:51, 72:75],
        "plank": np.s_[45:51, 30:100],
        "ring": disc(50, 72, 22) & ~disc(50, 72, 15),
        "clipped disc": disc(50, 72, 14),
    }[what]
    rgb[where] = SKIN
    clipped[..., 0][where] = what == "clipped disc"
    found = areas(rgb, clipped)
    assert found.face.max() == 0.0
    if what != "clipped disc":
        assert found.skin.max() > 0.5


def test_exposure_changes_no_map() -> None:
    rgb = grey()
    rgb[disc(50, 72, 14)] = SKIN
    rgb[:30] = 2.5 * BLUE
    one, other = areas(rgb), areas(4.0 * rgb, mid_ev=2.0)
    for name in MAPS:
        assert np.allclose(getattr(one, name), getattr(other, name), atol=1e-4), name


def test_a_blue_top_is_sky_and_the_same_below_or_darker_is_none() -> None:
    top, bottom, dark = grey(), grey(), grey()
    top[:32], bottom[-32:], dark[:32] = BLUE, BLUE, 0.2 * BLUE
    above, below = np.zeros((2, ROWS, COLUMNS), dtype=bool)
    above[:28], below[-28:] = True, True
    assert at(areas(top), "sky", above).min() > 0.5
    assert at(areas(top), "sky", below).max() < 0.05
    assert at(areas(bottom), "sky", below).max() < 0.2
    assert at(areas(dark), "sky", above).max() < 0.05


def test_a_top_that_the_raw_lost_is_sky_whatever_its_colour() -> None:
    rgb, clipped = grey(), np.zeros((ROWS, COLUMNS, 1), dtype=bool)
    rgb[:32] = [2.0, 0.8, 0.8]
    clipped[:32] = True
    assert areas(rgb, clipped).sky[:8].min() > 0.5
    assert areas(rgb).sky[:8].max() < 0.5


def test_leaves_are_foliage_and_stones_are_not() -> None:
    rgb = grey()
    rgb[:, :72] = LEAF
    found = areas(rgb)
    assert found.foliage[:, :22].min() > 0.5
    assert found.foliage[:, 26:].max() < 0.05


def test_people_look_at_the_middle_rather_at_skin_and_not_at_the_sky() -> None:
    plain, skin, sky = grey(), grey(), grey()
    skin[disc(50, 72, 14)] = SKIN
    sky[:40] = BLUE
    found = areas(plain).subject
    assert found[16, 24] > 2 * found[0, 0]
    assert areas(skin).subject[16, 24] > 1.5 * found[16, 24]
    assert areas(sky).subject[2, 24] < 0.7 * found[2, 24]


def test_tiles_hold_the_mean_light_and_know_what_is_whole() -> None:
    random = np.random.default_rng(1)
    rgb = random.uniform(0.05, 0.5, (ROWS, COLUMNS, 3))
    clipped = np.zeros((ROWS, COLUMNS, 3), dtype=bool)
    clipped[0, 0, 2] = True
    found = areas(rgb, clipped)
    assert max(found.rgb.shape[:2]) == TILES
    assert np.allclose(found.rgb[3, 5], rgb[9:12, 15:18].mean(axis=(0, 1)), rtol=1e-5)
    assert not found.whole[0, 0]
    assert found.whole.sum() == found.whole.size - 1


def test_a_position_is_looked_up_in_its_own_tile() -> None:
    found = areas(grey())
    rows, columns = found.sky.shape
    object.__setattr__(found, "sky", np.arange(rows * columns, dtype=float).reshape(rows, columns))
    values = found.at(["sky"], np.array([0, COLUMNS - 1, ROWS * COLUMNS - 1]), (ROWS, COLUMNS))
    assert values["sky"].tolist() == [0.0, columns - 1, rows * columns - 1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 3), (1, 20000), (20000, 1), (7, 5), (97, 143), (400, 3)]
)
@pytest.mark.parametrize("content", ["black", "noise", "below zero", "clipped"])
def test_every_shape_has_finite_maps_of_0_to_1(shape: tuple[int, int], content: str) -> None:
    random = np.random.default_rng(2)
    rgb = 2.0 ** random.normal(-3, 2, (*shape, 3))
    rgb = {"black": 0.0 * rgb, "below zero": -rgb}.get(content, rgb)
    found = areas(rgb, content == "clipped")
    size = found.rgb.shape[:2]
    assert found.whole.shape == size
    assert found.whole.all() == (content != "clipped")
    assert np.isfinite(found.rgb).all()
    positions = np.arange(shape[0] * shape[1])
    for name, values in found.at(MAPS, positions, shape).items():
        assert getattr(found, name).shape == size
        assert values.shape == positions.shape
        assert np.isfinite(values).all(), name
        assert 0.0 <= values.min() <= values.max() <= 1.0, name
