"""What belongs to one series."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from sidelight.engines.series_grouping import group, in_time, light_change


@pytest.fixture(scope="module")
def photos(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    return load_helper("daemon/engines/series_photos.py")


def burst(photos, count: int, step_s: int = 1, start_s: int = 0, **more):
    return [
        photos.member(
            f"{start_s:04d}_{i}",
            stops=(0.0, 0.7, -0.7)[i % 3],
            shift=(2 * (i % 2), -3 * (i % 3)),
            after_s=start_s + i * step_s,
            seed=i,
            **more,
        )
        for i in range(count)
    ]


def names(members, groups) -> set[tuple[str, ...]]:
    return {tuple(members[i].name for i in each) for each in groups}


def test_a_burst_is_one_series_in_whatever_order_it_is_given(photos) -> None:
    members = burst(photos, 6)
    expected = {tuple(member.name for member in members)}
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(6)
        shuffled = [members[i] for i in order]
        assert names(shuffled, group(shuffled)) == expected


def test_photos_within_one_second_keep_the_order_of_their_names(photos) -> None:
    members = [photos.member(name, seed=i) for i, name in enumerate("cab")]
    assert in_time(members) == [1, 2, 0]


def test_a_pause_parts_two_series(photos) -> None:
    members = [*burst(photos, 3), *burst(photos, 3, start_s=200)]
    assert group(members) == ((0, 1, 2), (3, 4, 5))


def test_a_slow_series_may_have_longer_pauses(photos) -> None:
    slow = [*burst(photos, 4, step_s=30), *burst(photos, 2, step_s=30, start_s=190)]
    assert group(slow) == ((0, 1, 2, 3, 4, 5),)
    quick = [*burst(photos, 4), *burst(photos, 2, start_s=100)]
    assert len(group(quick)) == 2


def test_a_flash_stands_alone_and_parts_nothing(photos) -> None:
    members = burst(photos, 5)
    flash = photos.member("flash", light=(1.8, 2.0, 2.2), after_s=2)
    assert names([*members, flash], group([*members, flash])) == {
        tuple(member.name for member in members),
        ("flash",),
    }


def test_other_scenes_cameras_and_photos_without_a_time_stand_alone(photos) -> None:
    first = photos.member("a")
    for other in (
        photos.member("b", number=1, after_s=5),
        photos.member("b", after_s=1, model="Two"),
        photos.member("b", captured=""),
        photos.member("b", after_s=1, light=(0.0, 0.0, 0.9)),
    ):
        assert len(group([first, other])) == 2
    assert len(group([first, photos.member("b", after_s=1)])) == 1


def test_a_drift_is_followed_until_the_light_is_another(photos) -> None:
    dusk = [
        photos.member(f"{i}", light=(-0.45 * i,) * 3, stops=0.45 * i, after_s=20 * i, seed=i)
        for i in range(12)
    ]
    first, *rest = group(dusk)
    assert first == tuple(range(9))
    assert rest == [(9, 10, 11)]


def test_without_exif_the_look_decides(photos) -> None:
    first = photos.member("a", exposure_s=None)
    second = photos.member("b", stops=2.0, exposure_s=None, after_s=1)
    assert len(group([first, second])) == 1


def test_a_pan_over_one_place_stays_together(photos) -> None:
    first = photos.member("a", shift=(0, -38))
    second = photos.member("b", shift=(0, 38), after_s=1)
    third = photos.member("c", shift=(0, 0), after_s=2)
    assert len(group([first, third, second])) == 1


def test_light_change_leaves_out_what_the_exif_explains(photos) -> None:
    from sidelight.engines.series_alignment import align

    first = photos.member("a")
    second = photos.member("b", stops=0.7, light=(0.2, 0.1, 0.0))
    match = align(first.cells, second.cells)
    np.testing.assert_allclose(light_change(first, second, match), [0.1, 0.1, -0.1], atol=0.02)
