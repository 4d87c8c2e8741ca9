"""Where mid-tones belong: by the light and the camera's curve, not by how a view was exposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.engines.camera_tone import CameraTone, camera_tone
from sidelight.engines.key import BRIGHTEST_EV, DARKEST_EV, Key, key_of
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sentences import reason_text
from sidelight.imaging.image import Image, Preview

ImageOf = Callable[..., Image]
DAY = 13.0


@pytest.fixture
def plain(image_of: ImageOf) -> Scene:
    """Even light on many tones: nothing bright, wide or backlit about it."""
    return analyse(image_of(tones()))


@pytest.fixture
def room(image_of: ImageOf) -> Scene:
    """A room, a fifth of whose frame is a window five stops above the wall."""
    rgb = tones() * 0.5
    rgb[:, :40] = 32 * tones(2)[:, :40] * 0.3
    return analyse(image_of(rgb))


@pytest.fixture
def shaded(image_of: ImageOf) -> Scene:
    """A face in the shade."""
    rgb = tones()
    rows, columns = np.ogrid[:120, :180]
    rgb[(rows - 60) ** 2 + (columns - 90) ** 2 < 300] = 0.05 * np.array([1.28, 0.94, 0.62])
    scene = analyse(image_of(rgb))
    assert "face" in scene.groups
    return scene


def tones(seed: int = 1, rows: int = 120, columns: int = 180) -> NDArray[np.float64]:
    """Patches of light about 0.12, as large as a camera's curve is read from."""
    random = np.random.default_rng(seed)
    patches = random.normal(0, 1.4, (rows // 6, columns // 6, 1)).clip(-4, 2.2)
    level = np.kron(patches, np.ones((6, 6, 1))) + random.normal(0, 0.1, (rows, columns, 1))
    return np.asarray(0.17 * 2.0**level * [1.0, 1.0, 0.95])


@pytest.mark.parametrize("indoors", [False, True])
def test_the_same_view_exposed_otherwise_belongs_where_it_did(
    image_of: ImageOf, camera_jpeg: Callable[..., Preview], indoors: bool
) -> None:
    keys = []
    for ev in (-1.5, 0.0, 1.5):
        rgb = tones() * 2.0**ev
        exposure_s = 2.0**ev / (16 if indoors else 1024)
        image = replace(
            image_of(rgb, exposure_s=exposure_s, f_number=4.0, iso=100.0), preview=camera_jpeg(rgb)
        )
        tone = camera_tone(image)
        assert tone is not None
        keys.append(key_of(analyse(image), tone))
    assert np.ptp([key.ev for key in keys]) < 0.3
    assert {key.why for key in keys} == {"camera"}


def test_the_cameras_curve_decides_by_day(plain: Scene) -> None:
    keys = [
        key_of(plain, CameraTone(np.array([-6.0, 0.0, 2.0]), np.array([-7, ev, 2.0]), 1.0))
        for ev in (-1.0, 0.0, 1.0)
    ]
    levels = [key.ev for key in keys]
    assert levels == sorted(levels)
    assert levels[2] - levels[0] > 1.0
    assert {key.why for key in keys} == {"camera"}


def test_night_stays_dark_and_less_light_is_darker(plain: Scene) -> None:
    keys = [key_of(replace(plain, light_ev=light), None) for light in (DAY, 4.0, 1.0, -2.0)]
    levels = [key.ev for key in keys]
    assert levels == sorted(levels, reverse=True)
    assert [key.is_night for key in keys] == [False, True, True, True]
    assert levels[0] - levels[2] > 1.0
    assert levels[1] < 0


def test_night_is_night_with_a_camera_and_with_windows_and_faces(
    plain: Scene, room: Scene, shaded: Scene
) -> None:
    curve = CameraTone(np.array([-6.0, 0.0, 2.0]), np.array([-9.0, -2.5, 0.5]), 1.0)
    for scene in (plain, room, shaded):
        for tone in (None, curve):
            night = key_of(replace(scene, light_ev=0.0), tone)
            assert night.why == "night"
            assert night.ev < key_of(replace(scene, light_ev=DAY), tone).ev


@pytest.mark.parametrize("kind", ["wall", "nothing deep", "nothing far above"])
def test_where_nothing_is_dark_all_is_bright(image_of: ImageOf, plain: Scene, kind: str) -> None:
    random = np.random.default_rng(3)
    level = random.normal(0, 0.2, (80, 80, 1))
    if kind == "nothing deep":
        level[:6] += 2.5
    elif kind == "nothing far above":
        level[:12] -= 4.0
    scene = analyse(image_of(0.3 * 2.0**level * np.ones(3)))
    key = key_of(scene, None)
    assert key.why == "bright"
    assert key.ev > key_of(plain, None).ev + 0.2
    # A wall at night is no snow.
    assert key_of(replace(scene, light_ev=0.0), None).why == "night"


def test_a_wide_room_is_lifted_and_a_plain_one_is_not(room: Scene, plain: Scene) -> None:
    for scene, lifted in ((room, True), (plain, False)):
        inside = key_of(replace(scene, light_ev=7.0), None)
        outside = key_of(replace(scene, light_ev=DAY), None)
        assert (inside.ev > outside.ev + 0.2) is lifted
        assert (inside.why == "room") is lifted
        assert outside.why == "light"
        assert (inside.wide > 0.5) is lifted
        assert 0.0 <= inside.wide <= 1.0


def test_what_is_clipped_widely_is_wide(plain: Scene) -> None:
    assert key_of(replace(plain, clipped_share=0.3), None).wide == pytest.approx(1.0)
    assert key_of(replace(plain, clipped_share=0.01), None).wide < 0.5


def test_a_face_in_the_shade_lifts_the_picture_and_not_without_end(shaded: Scene) -> None:
    groups = {name: group for name, group in shaded.groups.items() if name != "face"}
    without = key_of(replace(shaded, groups=groups), None)
    lifts = []
    for darker in (-3.0, 0.0, 1.0, 4.0, 12.0):
        ev = shaded.ev.copy()
        ev[shaded.groups["face"]] -= darker
        lifts.append(key_of(replace(shaded, ev=ev), None).ev - without.ev)
    assert lifts == sorted(lifts)
    assert lifts[0] == pytest.approx(0.0, abs=1e-6), "a face in the light needs nothing"
    assert lifts[2] > 0.1
    assert lifts[-1] <= 1.5
    assert lifts[-1] == pytest.approx(lifts[-2], abs=0.3)
    ev[shaded.groups["face"]] = -6.0
    assert key_of(replace(shaded, ev=ev), None).why == "face"


def test_without_a_camera_and_without_exif_there_is_a_key(
    plain: Scene, landscape: Image, interior: Image
) -> None:
    for scene in (plain, analyse(landscape), analyse(interior)):
        assert scene.light_ev is None
        key = key_of(scene, None)
        assert -1.5 < key.ev < 1.5
        assert not key.is_night


def test_whatever_is_measured_the_key_is_that_of_a_picture_and_has_words(
    plain: Scene, room: Scene, shaded: Scene
) -> None:
    seen = set()
    for scene in (plain, room, shaded):
        for light in (None, -12.0, 0.0, 5.0, 7.0, DAY, 25.0):
            for level in (None, -12.0, 0.0, 12.0):
                curve = None
                if level is not None:
                    curve = CameraTone(np.array([-6.0, 0.0]), np.array([level - 6, level]), 1.0)
                key = key_of(replace(scene, light_ev=light), curve)
                assert DARKEST_EV <= key.ev <= BRIGHTEST_EV
                assert reason_text("exposure_ev", 0.5, "placement", scene, key.why)
                seen.add(key.why)
    assert seen >= {"light", "camera", "night", "room"}
    assert Key(0.0, "night").is_night
