"""The sample covers tones and colours that are rare in the frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.sample import stratified_pixels

COUNT = 400


def mostly_grey() -> NDArray[np.float32]:
    """Mid-grey with 1 % lamps, 1 % deep shadow and 1 % red."""
    random = np.random.default_rng(5)
    rgb = np.full((200, 200, 3), 0.18) * random.uniform(0.95, 1.05, (200, 200, 1))
    rgb[:2] = 2.0 ** random.uniform(0, 3, (2, 200, 1))
    rgb[2:4] = 2.0 ** random.uniform(-11, -7, (2, 200, 1))
    rgb[4:6] = (0.3, 0.02, 0.02)
    return rgb.astype(np.float32)


def test_it_draws_the_wanted_number_once_each_and_always_the_same() -> None:
    rgb = mostly_grey()
    index = stratified_pixels(rgb, COUNT)
    assert len(np.unique(index)) == len(index) == COUNT
    assert np.array_equal(index, stratified_pixels(rgb, COUNT))
    assert not np.array_equal(index, stratified_pixels(rgb, COUNT, seed=1))


def test_rare_tones_and_colours_are_there() -> None:
    rgb = mostly_grey()
    drawn = rgb.reshape(-1, 3)[stratified_pixels(rgb, COUNT)]
    shares = {
        "lamps": (drawn[:, 0] > 1).mean(),
        "shadow": (drawn[:, 0] < 0.009).mean(),
        "red": (drawn[:, 0] > 5 * drawn[:, 1]).mean(),
    }
    # 1 % of the frame each, about what a uniform draw would give.
    assert shares["lamps"] > 0.08, shares
    assert shares["shadow"] > 0.08, shares
    assert shares["red"] > 0.02, shares


def test_pixels_that_may_not_be_used_are_left_out() -> None:
    rgb = mostly_grey()
    rgb[10:20, :, 1] = np.nan
    rgb[20:30, :, 2] = np.inf
    usable = np.ones((200, 200), dtype=bool)
    usable[100:] = False
    rows = stratified_pixels(rgb, COUNT, usable=usable) // 200
    assert rows.max() < 100
    assert not ((rows >= 10) & (rows < 30)).any()


def test_fewer_usable_than_wanted_gives_all_of_them() -> None:
    rgb = mostly_grey()
    usable = np.zeros((200, 200), dtype=bool)
    usable[3, 7:12] = True
    assert stratified_pixels(rgb, COUNT, usable=usable).tolist() == [607, 608, 609, 610, 611]
    assert len(stratified_pixels(rgb, COUNT, usable=np.zeros((200, 200), dtype=bool))) == 0


def test_a_flat_picture_is_no_trouble() -> None:
    flat = np.full((50, 50, 3), 0.2, dtype=np.float32)
    assert len(np.unique(stratified_pixels(flat, COUNT))) == COUNT
