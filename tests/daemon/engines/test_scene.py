"""A photo reduced to tones, groups and light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.scene import Scene, analyse
from sidelight.imaging.image import Image

ImageOf = Callable[..., Image]
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


def true_ev(image: Image) -> np.ndarray:
    return np.log2(np.maximum(image.rgb @ LUMINANCE, 2.0**-14) / 0.18)


def test_groups_are_the_tones_they_are_called_after(landscape: Image) -> None:
    scene, ev = analyse(landscape), true_ev(landscape).ravel()

    def level(group: str) -> float:
        return float(scene.ev[scene.groups[group]].mean())

    order = ["deepest", "shadows", "lower_mids", "mids", "upper_mids", "bright", "p99", "p999"]
    levels = [level(name) for name in order]
    assert levels == sorted(levels)
    assert level("p99") == pytest.approx(np.percentile(ev, 99), abs=0.1)
    assert level("lower_mids") == pytest.approx(np.percentile(ev, 30), abs=0.3)
    assert scene.mid_ev == pytest.approx(level("mids"))
    assert scene.rise_ev("p99") == pytest.approx(level("p99") - level("mids"))


def test_groups_stand_for_their_tones_without_chance(image_of: ImageOf) -> None:
    """A group's mean is that of its window, which a draw of as many pixels would miss by 0.1 EV."""
    random = np.random.default_rng(5)
    level = np.clip(random.normal(-1.0, 1.4, (600, 400, 1)), -6.0, 2.0)
    image = image_of(2.0 ** np.repeat(level, 3, axis=2))
    scene, ev = analyse(image), true_ev(image)
    for group, low, high in (("mids", 25, 75), ("upper_mids", 62, 78), ("p99", 98.7, 99.3)):
        window = (ev >= np.percentile(ev, low)) & (ev <= np.percentile(ev, high))
        found = scene.ev[scene.groups[group]].mean()
        assert found == pytest.approx(ev[window].mean(), abs=0.02), group


def test_the_sample_is_of_the_image(landscape: Image) -> None:
    scene = analyse(landscape)
    assert np.array_equal(scene.rgb, landscape.rgb.reshape(-1, 3)[scene.index])
    assert np.allclose(scene.ev, true_ev(landscape).ravel()[scene.index], atol=1e-3)
    assert len(scene.index) < 800
    for members in scene.groups.values():
        assert len(members) > 0
        assert members.max() < len(scene.index)


def test_percentiles_are_those_of_the_whole_image(landscape: Image) -> None:
    ev = true_ev(landscape)
    for percentile, value in analyse(landscape).percentile_ev.items():
        assert value == pytest.approx(np.percentile(ev, percentile), abs=0.01)


def test_the_same_photo_gives_the_same_scene(landscape: Image) -> None:
    first, again = analyse(landscape), analyse(replace(landscape))
    assert np.array_equal(first.index, again.index)
    assert first.groups.keys() == again.groups.keys()


def test_one_stop_more_light_is_one_ev_everywhere(landscape: Image) -> None:
    dark, bright = (
        analyse(replace(landscape, rgb=landscape.rgb * gain)) for gain in (np.float32(1), 2)
    )
    assert bright.mid_ev == pytest.approx(dark.mid_ev + 1, abs=1e-3)
    assert bright.rise_ev("p99") == pytest.approx(dark.rise_ev("p99"), abs=1e-3)


def test_colourful_pixels_have_colour(landscape: Image) -> None:
    pixels = landscape.rgb.copy()
    pixels[:48] = pixels[:48].mean(axis=-1, keepdims=True)
    scene = analyse(replace(landscape, rgb=pixels))
    rgb = scene.rgb[scene.groups["colourful"]]
    assert (np.ptp(rgb, axis=1) / rgb.max(axis=1) > 0.2).all()


def test_peaks_are_bright_but_not_clipped(landscape: Image) -> None:
    clipped = np.zeros(landscape.rgb.shape, dtype=bool)
    clipped[6:12, 20:26] = True
    scene = analyse(replace(landscape, clipped=clipped))
    peaks = scene.index[scene.groups["peaks"]]
    assert not clipped.reshape(-1, 3)[peaks].any()
    unclipped = landscape.rgb.max(axis=-1)[~clipped.any(axis=-1)]
    assert scene.rgb[scene.groups["peaks"]].max(axis=1).min() >= np.percentile(unclipped, 99)
    assert scene.clipped_share == pytest.approx(36 / (96 * 144))


def test_light_comes_from_the_exposure(image_of: ImageOf, landscape: Image) -> None:
    def light(**exposure: float) -> float | None:
        return analyse(image_of(landscape.rgb, **exposure)).light_ev

    assert light() is None
    day = light(exposure_s=1 / 128, f_number=16.0, iso=100.0)
    night = light(exposure_s=1.0, f_number=2.0, iso=1600.0)
    assert day is not None and night is not None
    # EV100 is 15 and -2: the same pixels, 17 stops less light.
    assert day - night == pytest.approx(17.0, abs=1e-3)
    assert day == pytest.approx(15 + analyse(landscape).mid_ev)


def test_what_lies_where_makes_groups_of_their_own(portrait: Image, landscape: Image) -> None:
    scene = analyse(portrait)
    rows, columns = np.divmod(scene.index, portrait.rgb.shape[1])
    face, sky = scene.groups["face"], scene.groups["sky"]
    assert (np.hypot(rows[face] - 56, columns[face] - 72) < 18).all()
    assert (rows[sky] < 33).all()
    assert scene.shares["sky"] == pytest.approx(30 / 96, abs=0.1)
    assert 0.02 < scene.shares["face"] < 0.1
    assert "face" not in analyse(landscape).groups
    assert analyse(landscape).shares["face"] == 0.0


def test_what_is_clipped_is_in_no_area(portrait: Image) -> None:
    clipped = np.zeros(portrait.rgb.shape, dtype=bool)
    clipped[:30, :72] = True
    scene = analyse(replace(portrait, clipped=clipped))
    for name in ("face", "sky", "high_tones"):
        assert not scene.clipped[scene.groups[name]].any()


def test_high_tones_lie_far_above_the_middle(landscape: Image, image_of: ImageOf) -> None:
    scene = analyse(landscape)
    assert (scene.ev[scene.groups["high_tones"]] > scene.mid_ev + 1).all()
    assert "high_tones" not in analyse(image_of(np.full((20, 30, 3), 0.2))).groups


def test_one_bright_pixel_is_no_area(image_of: ImageOf) -> None:
    rgb = np.full((10, 10, 3), 0.1)
    rgb[3, 3] = 0.9
    assert "high_tones" not in analyse(image_of(rgb)).groups


def test_depth_is_what_lies_below_the_middle(landscape: Image) -> None:
    ev = true_ev(landscape)
    wanted = np.percentile(ev, 50) - np.percentile(ev, 1)
    assert analyse(landscape).depth_ev == pytest.approx(wanted, abs=1e-2)


def test_a_group_is_clipped_when_most_of_it_is(landscape: Image) -> None:
    clipped = np.zeros(landscape.rgb.shape, dtype=bool)
    bright = true_ev(landscape) > np.percentile(true_ev(landscape), 98)
    clipped[bright, 0] = True
    scene = analyse(replace(landscape, clipped=clipped))
    assert scene.is_clipped("p99")
    assert not scene.is_clipped("bright")
    assert scene.clipped_share == 0.0, "one channel is not all"


def test_the_cast_is_that_of_the_areas(landscape: Image) -> None:
    plain = analyse(replace(landscape, rgb=landscape.rgb.mean(axis=-1, keepdims=True).repeat(3, 2)))
    warm = landscape.rgb.mean(axis=-1, keepdims=True) * np.float32([1.2, 1.0, 0.75])
    assert plain.cast is not None
    assert abs(plain.cast.mired) < 1
    cast = analyse(replace(landscape, rgb=warm)).cast
    assert cast is not None
    assert abs(cast.mired) > 10


def test_the_answer_is_kept_for_the_next_editor(landscape: Image) -> None:
    assert analyse(landscape) is analyse(landscape)
    assert analyse(replace(landscape)) is not analyse(landscape)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 20000), (40, 40)])
@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
def test_flat_and_tiny_pictures_still_have_every_group(
    image_of: ImageOf, shape: tuple[int, int], level: float
) -> None:
    scene: Scene = analyse(image_of(np.full((*shape, 3), level)))
    assert all(len(members) for members in scene.groups.values())
    assert np.isfinite(scene.mid_ev)
    assert scene.rise_ev("p999") == pytest.approx(0.0, abs=1e-4)
