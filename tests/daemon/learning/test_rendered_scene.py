"""A rendered scene and what colour it is compared with."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.color import lab_to_rgb, rgb_to_lab
from sidelight.learning.rendered_scene import (
    SceneCheck,
    chroma,
    hue_shift,
    log2_luminance,
    median_of,
    near_neutral,
)


def _check(value: float) -> SceneCheck:
    return SceneCheck("p", 1, "lightroom", "x", "must not", value, -1.0, 1.0, "EV")


def test_both_ends_of_a_range_pass_and_no_figure_fails() -> None:
    assert _check(-1.0).passed and _check(1.0).passed
    assert not _check(1.01).passed
    assert not _check(float("nan")).passed


def _tinted(level: float) -> np.ndarray:
    ramp = level * np.exp2(np.linspace(-4, 0, 32 * 24)).reshape(24, 32, 1)
    return (ramp * np.array([1.1, 1.0, 0.8])).astype(np.float32)


def test_neutral_reference_is_as_bright_as_the_twin(rendered_scene) -> None:
    scene = rendered_scene(
        _tinted(0.5),
        sdr=_tinted(0.3),
        neutrals=tuple(_tinted(0.9 * 2.0**ev) for ev in (-3, -2, -1)),
    )
    np.testing.assert_allclose(scene.neutral_lab, scene.lab, atol=0.02)


def test_brighter_than_every_neutral_render_is_scaled(rendered_scene) -> None:
    scene = rendered_scene(_tinted(0.5), sdr=_tinted(0.6), neutrals=(_tinted(0.1), _tinted(0.2)))
    np.testing.assert_allclose(scene.neutral_lab, scene.lab, atol=0.02)


def test_neutral_reference_of_a_region_follows_that_region(rendered_scene) -> None:
    left = np.zeros((24, 32), bool)
    left[:, :16] = True
    sdr = _tinted(0.4)
    sdr[left] *= 0.5
    scene = rendered_scene(_tinted(0.4), sdr=sdr, neutrals=(_tinted(0.4),))
    assert scene.neutral_lab_at(left)[left] == pytest.approx(scene.lab[left], abs=0.02)
    assert scene.neutral_lab_at(left)[~left, 0].mean() < scene.lab[~left, 0].mean() - 5


def test_levels_are_stops_over_white(rendered_scene) -> None:
    scene = rendered_scene(np.full((4, 4), 0.5), hdr=np.full((4, 4, 3), 4.0, np.float32))
    assert median_of(scene.hdr_ev, np.ones((4, 4), bool)) == pytest.approx(2.0, abs=1e-3)
    assert median_of(scene.sdr_ev, np.ones((4, 4), bool)) == pytest.approx(-1.0, abs=1e-3)
    assert np.isnan(median_of(scene.sdr_ev, np.zeros((4, 4), bool)))
    assert log2_luminance(np.zeros((1, 1, 3))).min() > -21


def test_hue_turns_from_red_to_yellow() -> None:
    before, after = np.array([[50.0, 10.0, 0.0]]), np.array([[50.0, 10.0, 10.0]])
    assert hue_shift(before, after) == pytest.approx(45.0)
    assert hue_shift(after, before) == pytest.approx(-45.0)
    assert chroma(after)[0] == pytest.approx(10 * 2**0.5)


def test_near_neutral_is_dull_and_neither_dark_nor_white() -> None:
    lab = np.array([[50.0, 5.0, 5.0], [50.0, 9.0, 9.0], [10.0, 0.0, 0.0], [95.0, 0.0, 0.0]])
    assert near_neutral(rgb_to_lab(lab_to_rgb(lab))).tolist() == [True, False, False, False]
