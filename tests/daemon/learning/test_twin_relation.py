"""SDR = f(HDR): measured, emulated, fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context, run
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.imaging.gain_map import read_gain_map
from sidelight.learning.twin_relation import (
    Relation,
    emulated_sdr_ev,
    fit_relation,
    measure_relation,
    relation_error,
)
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance

DEFAULT = LightroomConstants()
OTHER = LightroomConstants(hdr_knee=0.3, hdr_slope=1.6, hdr_gain_ev=0.35, hdr_roll_ev=0.8)


def twins(constants: LightroomConstants, headroom: float = 3.0) -> list[NDArray[np.float64]]:
    """Both renditions of a scene with every tone, a little coloured."""
    random = np.random.default_rng(1)
    rgb = 2.0 ** random.uniform(-9, 3, (200, 300, 1)) * random.uniform(0.9, 1.1, (200, 300, 3))
    recipe = Recipe(hdr=Hdr(True, headroom))
    stages = [
        LightroomEmulator(constants).stages(Context(RelativeWhiteBalance(), level, hdr=recipe.hdr))
        for level in (0.0, headroom)
    ]
    return [run(chain, rgb, recipe.to_vector()) for chain in stages]


def test_the_emulators_own_twins_have_its_relation() -> None:
    for constants in (DEFAULT, OTHER):
        relation = measure_relation(*twins(constants), headroom=3.0)
        assert len(relation.share) > 15
        assert relation_error(relation, constants).largest < 0.05


def test_a_relation_is_recovered() -> None:
    relation = measure_relation(*twins(OTHER), headroom=3.0)
    before = relation_error(relation, DEFAULT)
    found = fit_relation([relation])
    after = relation_error(relation, found)
    assert before.rms > 0.3
    assert after.rms < 0.03 and after.largest < 0.1
    assert found.hdr_gain_ev == pytest.approx(0.35, abs=0.05)
    assert found.shadows_ev == DEFAULT.shadows_ev


def test_a_renditions_white_counts_for_nothing() -> None:
    sdr = np.full((10, 10, 3), 1.0)
    assert len(measure_relation(sdr, 4 * sdr, 3.0).share) == 0


def test_errors_are_weighted_by_pixels() -> None:
    hdr_ev = np.array([-6.0, -2.0])
    exact = Relation(hdr_ev, np.zeros(2), np.ones(2), 3.0)
    wrong = emulated_sdr_ev(exact, DEFAULT) + np.array([1.0, 0.0])
    error = relation_error(Relation(hdr_ev, wrong, np.array([0.2, 0.6]), 3.0), DEFAULT)
    assert error.rms == pytest.approx(0.5)
    assert error.largest == pytest.approx(1.0)


def test_what_camera_raw_17_wrote(shared: Path) -> None:
    """Its SDR rendition is 0.4 EV below its HDR one, mid-tones included: ours is not."""
    picture = read_gain_map(shared / "data/photos/acr17_hdr_edit_city_night_fog.jpg")
    relation = measure_relation(picture.sdr, picture.hdr, 4.0)
    low = (relation.hdr_ev > -7) & (relation.hdr_ev < -3)
    assert np.allclose((relation.sdr_ev - relation.hdr_ev)[low], -0.42, atol=0.08)
    before = relation_error(relation, DEFAULT)
    after = relation_error(relation, fit_relation([relation]))
    assert before.rms == pytest.approx(0.42, abs=0.03)
    assert after.rms < 0.1
