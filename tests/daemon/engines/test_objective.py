"""The objective's structure: what must hold whatever its constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.objective import key_ev, prior_precision, reference_ev, terms_for
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sentences import reason_text
from sidelight.engines.terms import Term
from sidelight.imaging.image import Image
from sidelight.recipe.fields import CURVE_SLICE, INDEX, SLIDERS

ImageOf = Callable[..., Image]


@pytest.fixture(params=["landscape", "interior"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return analyse(request.getfixturevalue(request.param))


def wishes(scene: Scene, headroom: float) -> list[Term]:
    return terms_for(scene, headroom, *key_ev(scene))


def test_a_key_is_within_the_range_of_a_picture(scene: Scene) -> None:
    key, why = key_ev(scene)
    assert -4 < key < 2
    assert why == "span"


def test_night_stays_darker_than_day_and_less_light_is_darker(scene: Scene) -> None:
    keys = [key_ev(replace(scene, light_ev=light))[0] for light in (12.0, 4.0, 1.0, -3.0)]
    assert keys == sorted(keys, reverse=True)
    assert keys[0] > keys[1]
    assert key_ev(replace(scene, light_ev=1.0))[1] == "night"
    assert key_ev(replace(scene, light_ev=12.0)) == key_ev(scene)


def test_the_cameras_jpeg_pulls_the_key_towards_it(scene: Scene) -> None:
    alone, _ = key_ev(scene)
    for distance in (-1.0, 1.0):
        jpeg = alone + distance
        key, why = key_ev(replace(scene, jpeg_mid_ev=jpeg))
        assert abs(jpeg - key) < abs(jpeg - alone)
        assert why == "camera"


def test_bright_scenes_are_placed_brighter(image_of: ImageOf) -> None:
    """A wall whose brightest tones are close to its middle, and one with a window in it."""
    random = np.random.default_rng(3)
    wall = 0.3 * 2.0 ** random.normal(0, 0.2, (80, 80, 1)) * np.ones(3)
    window = wall.copy()
    window[:8] *= 8
    keys = [key_ev(analyse(image_of(rgb)))[0] for rgb in (wall, window)]
    assert keys[0] > keys[1] + 0.5


@pytest.mark.parametrize("headroom", [0.5, 1.0, 2.3, 4.0])
def test_the_reference_rises_with_the_scene_and_ends_at_the_headroom(
    scene: Scene, headroom: float
) -> None:
    white = np.log2(1 / 0.18)
    levels = [reference_ev(scene, name, 0.0, headroom) for name in ("bright", "p99", "p999")]
    assert levels == sorted(levels)
    assert max(levels) <= white + headroom + 1e-9
    assert reference_ev(scene, "p999", 30.0, headroom) == pytest.approx(white + headroom)
    # Below the shoulder: scene contrast to the power of 1.2, ITU-R BT.2100.
    low = reference_ev(scene, "bright", -6.0, headroom)
    assert low == pytest.approx(-6.0 + 1.2 * scene.rise_ev("bright"))


@pytest.mark.parametrize("headroom", [0.0, 1.0, 2.3, 4.0])
def test_terms_are_well_formed(scene: Scene, headroom: float) -> None:
    terms = wishes(scene, headroom)
    for term in terms:
        assert np.isfinite(term.level)
        assert term.weight > 0
        assert len(term.group)
        assert term.group.max() < len(scene.rgb)
        # Every term's name has its sentence.
        assert reason_text("contrast", 10.0, term.name, scene, "span").endswith(".")
    assert len(terms) >= 6


def test_without_headroom_nothing_is_wished_of_the_hdr_twin(scene: Scene) -> None:
    assert not [term for term in wishes(scene, 0.0) if term.feature == "hdr_ev"]
    asked = [term for term in wishes(scene, 2.3) if term.feature == "hdr_ev"]
    assert asked
    assert all(term.level <= np.log2(2**2.3 / 0.18) for term in asked)


def test_every_free_slider_has_a_prior_and_the_curve_none() -> None:
    precision = prior_precision()
    moved = [INDEX[name] for name in SLIDERS if name not in ("temperature_mired", "tint")]
    assert (precision[moved] > 0).all()
    assert not precision[CURVE_SLICE].any()
