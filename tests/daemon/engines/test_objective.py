"""The objective's structure: what must hold whatever its constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.auto import FREE
from sidelight.engines.key import Key, key_of
from sidelight.engines.objective import (
    QUIET_ISO,
    prior_centre,
    prior_precision,
    reference_ev,
    terms_for,
    useful_headroom,
)
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sentences import reason_text
from sidelight.engines.terms import Term
from sidelight.imaging.image import Image
from sidelight.recipe.fields import CURVE_SLICE, INDEX, SLIDERS

ImageOf = Callable[..., Image]
CHROMA = {"colourful": 0.4, "face": 0.3}
WHITE = float(np.log2(1 / 0.18))


@pytest.fixture(params=["landscape", "interior", "portrait"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return analyse(request.getfixturevalue(request.param))


@pytest.fixture
def faces(portrait: Image) -> Scene:
    found = analyse(portrait)
    assert {"face", "sky"} <= set(found.groups)
    return found


def wishes(scene: Scene, headroom: float = 2.3, key: Key | None = None) -> list[Term]:
    chroma = {name: CHROMA[name] for name in CHROMA if name in scene.groups}
    key = key or key_of(scene, None)
    return terms_for(scene, headroom, key, chroma, key.ev)


def names(terms: list[Term], sense: str | None = None) -> set[str]:
    return {term.name for term in terms if sense in (None, term.sense)}


@pytest.mark.parametrize("headroom", [0.5, 1.0, 2.3, 4.0])
def test_the_reference_rises_with_the_scene_and_ends_at_the_headroom(
    scene: Scene, headroom: float
) -> None:
    levels = [reference_ev(scene, name, 0.0, headroom) for name in ("bright", "p99", "p999")]
    assert levels == sorted(levels)
    assert max(levels) <= WHITE + headroom + 1e-9
    assert reference_ev(scene, "p999", 30.0, headroom) == pytest.approx(WHITE + headroom)
    # Below the shoulder: scene contrast to the power of 1.2, ITU-R BT.2100.
    low = reference_ev(scene, "bright", -6.0, headroom)
    assert low == pytest.approx(-6.0 + 1.2 * scene.rise_ev("bright"))


@pytest.mark.parametrize("headroom", [0.0, 1.0, 2.3, 4.0])
@pytest.mark.parametrize("light_ev", [None, 0.0, 13.0])
def test_terms_are_well_formed(scene: Scene, headroom: float, light_ev: float | None) -> None:
    terms = wishes(replace(scene, light_ev=light_ev), headroom)
    for term in terms:
        assert np.isfinite(term.level)
        assert np.isfinite(term.weight)
        assert term.weight > 0
        assert len(term.group)
        assert term.group.max() < len(scene.rgb)
        # Every term's name has its sentence.
        assert reason_text("contrast", 10.0, term.name, scene, "light").endswith(".")
    assert len(terms) >= 6


def test_bounds_of_one_mean_leave_room_between_them(scene: Scene) -> None:
    least: dict[object, float] = {}
    most: dict[object, float] = {}
    for term in wishes(scene):
        against = None if term.against is None else term.against.tobytes()
        place = (term.name, term.feature, term.group.tobytes(), against)
        if term.sense == "at_least":
            least[place] = max(term.level, least.get(place, -np.inf))
        elif term.sense == "at_most":
            most[place] = min(term.level, most.get(place, np.inf))
    both = set(least) & set(most)
    assert both
    assert all(least[place] < most[place] for place in both)


def test_mid_tones_belong_at_the_key(scene: Scene) -> None:
    for ev in (-2.0, 0.0, 1.0):
        placed = [term for term in wishes(scene, key=Key(ev, "light")) if term.name == "placement"]
        (wish,) = [term for term in placed if term.sense == "equal"]
        assert wish.level == ev
        assert np.array_equal(wish.group, scene.groups["middle"])
        for term in placed:
            assert term.miss(ev) == 0.0
            assert abs(term.level - ev) < 0.5


def test_without_headroom_nothing_is_wished_of_the_hdr_twin(scene: Scene) -> None:
    assert not [term for term in wishes(scene, 0.0) if term.feature == "hdr_ev"]
    for headroom in (1.0, 2.3):
        asked = [term for term in wishes(scene, headroom) if term.feature == "hdr_ev"]
        assert asked
        least = [term.level for term in asked if term.sense != "at_most"]
        assert all(level <= WHITE + headroom for level in least)


def test_night_is_not_opened_not_stretched_and_lit_for_nobody(faces: Scene) -> None:
    day = names(wishes(faces, key=Key(0.3, "light")), "at_least")
    night = names(wishes(faces, key=Key(-2.0, "night")), "at_least")
    assert {"open shadows", "white", "subject"} <= day
    assert not {"open shadows", "white", "subject"} & night
    # What protects is the same at any hour.
    protects = {"clipping", "white", "black", "shadow detail", "skin"}
    assert protects <= names(wishes(faces, key=Key(-2.0, "night")))


def test_only_what_may_be_faces_is_a_subject_and_a_limit_of_colour(
    faces: Scene, landscape: Image
) -> None:
    assert not {"subject", "skin"} & names(wishes(analyse(landscape)))
    terms = wishes(faces)
    (skin,) = [term for term in terms if term.name == "skin"]
    assert (skin.sense, skin.level) == ("at_most", CHROMA["face"])
    for term in terms:
        if term.name == "subject":
            assert set(term.group) <= set(faces.groups["face"])
            assert term.sense == "at_least"


def test_the_darkest_third_of_a_face_counts_on_its_own(faces: Scene) -> None:
    whole, dark = [term for term in wishes(faces) if term.name == "subject"]
    assert len(dark.group) == pytest.approx(len(whole.group) / 3, abs=1)
    assert faces.ev[dark.group].max() <= np.sort(faces.ev[whole.group])[len(dark.group) - 1]
    assert dark.level < whole.level


def test_the_sky_is_held_where_there_is_headroom_to_hold_it_from(
    faces: Scene, landscape: Image
) -> None:
    assert "sky" in names(wishes(faces, 2.3), "at_most")
    assert "sky" not in names(wishes(faces, 0.5))
    groups = {name: group for name, group in faces.groups.items() if name != "sky"}
    assert "sky" not in names(wishes(replace(faces, groups=groups), 2.3))


def test_what_the_raw_lost_is_not_kept_from_clipping(scene: Scene) -> None:
    def kept(scene: Scene) -> set[bytes]:
        return {t.group.tobytes() for t in wishes(scene) if t.name in ("clipping", "white")}

    lost = scene.clipped.copy()
    lost[scene.groups["p99"]] = True
    assert scene.groups["p99"].tobytes() in kept(scene)
    assert scene.groups["p99"].tobytes() not in kept(replace(scene, clipped=lost))


def test_drawing_is_kept_only_where_there_are_bright_parts(scene: Scene) -> None:
    groups = {name: group for name, group in scene.groups.items() if name != "high_tones"}
    assert "highlight detail" not in names(wishes(replace(scene, groups=groups)))
    bright = np.argsort(scene.ev)[-20:]
    drawn = [
        term
        for term in wishes(replace(scene, groups=groups | {"high_tones": bright}))
        if term.name == "highlight detail"
    ]
    assert {term.sense for term in drawn} == {"at_most", "at_least"}
    (detail,) = [term for term in drawn if term.against is not None]
    assert scene.ev[detail.group].min() >= scene.ev[detail.against].max()


def test_black_is_anchored_only_where_something_is_deep(scene: Scene) -> None:
    assert "black" in names(wishes(scene), "at_most")
    flat = {**scene.percentile_ev, 1.0: scene.percentile_ev[50.0] - 0.5}
    assert "black" not in names(wishes(replace(scene, percentile_ev=flat)))


def test_a_scene_without_white_is_hardly_stretched(scene: Scene) -> None:
    def force(mid_ev: float) -> float:
        chroma = {"colourful": 0.4}
        terms = terms_for(scene, 0.0, Key(0.0, "light"), chroma, mid_ev)
        return sum(t.weight for t in terms if t.name == "white" and t.sense == "at_least")

    assert force(-6.0) < 0.1 * force(3.0)


def test_a_scene_has_use_for_headroom_as_far_as_its_lights_reach(
    landscape: Image, image_of: ImageOf
) -> None:
    random = np.random.default_rng(3)
    wall = analyse(image_of(0.3 * 2.0 ** random.normal(0, 0.2, (80, 80, 1)) * np.ones(3)))
    sun = analyse(landscape)
    assert useful_headroom(sun, key_of(sun, None), 0.35) == 4.0
    assert 0.0 < useful_headroom(wall, key_of(wall, None), 0.35) < 0.5
    assert 0.0 < useful_headroom(wall, Key(-2.0, "light"), -2.0) < 0.5
    assert 0.0 < useful_headroom(sun, Key(0.5, "bright"), 0.5) < 0.5


def test_every_free_slider_has_a_prior_and_the_curve_none() -> None:
    precision = prior_precision()
    assert (precision[list(FREE)] > 0).all()
    assert not precision[CURVE_SLICE].any()
    fixed = [INDEX[name] for name in SLIDERS if INDEX[name] not in FREE]
    assert not prior_centre(Key(0.0, "light", 1.0))[fixed].any()
    assert not prior_centre(Key(0.0, "light", 1.0))[CURVE_SLICE].any()


def test_habit_grows_with_the_range_of_the_light() -> None:
    none, half, whole = (prior_centre(Key(0.0, "light", wide)) for wide in (0.0, 0.5, 1.0))
    assert np.allclose(half, 0.5 * (none + whole))
    change = whole - none
    assert change[INDEX["highlights"]] < 0 < change[INDEX["shadows"]]
    assert np.abs(whole).max() <= 1.0


def test_habit_opens_less_at_night_and_holds_no_highlights_in_darktable() -> None:
    day, night = (prior_centre(Key(0.0, why, 1.0)) for why in ("light", "night"))
    assert 0 < night[INDEX["shadows"]] < 0.6 * day[INDEX["shadows"]]
    assert night[INDEX["blacks"]] == day[INDEX["blacks"]]
    darktable = prior_centre(Key(0.0, "light", 1.0), "darktable")
    assert darktable[INDEX["highlights"]] == 0 < darktable[INDEX["shadows"]]


def test_deep_shadows_of_a_noisy_photo_stay_down(scene: Scene) -> None:
    key = Key(0.4, "camera")

    def noise(iso: float | None) -> list[Term]:
        terms = terms_for(replace(scene, iso=iso), 2.3, key, {"colourful": 0.5}, key.ev)
        return [term for term in terms if term.name == "noise"]

    assert noise(None) == noise(100.0) == noise(QUIET_ISO) == []
    (some,), (more,) = noise(3200.0), noise(12800.0)
    assert some.sense == more.sense == "at_most"
    assert more.weight > some.weight > 0
    assert some.level < key.ev
