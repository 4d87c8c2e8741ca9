"""Heads, headroom by area, brightness, white balance."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.color import lab_to_rgb, rgb_to_lab
from sidelight.learning.scene_principles import (
    brightness,
    halo,
    headroom_by_area,
    heads,
    white_balance,
)
from sidelight.recipe import Recipe

ROW, COLUMN = np.mgrid[:120, :160]
DISTANCE = np.hypot(ROW - 60, COLUMN - 80) - 20.0
HEAD = DISTANCE <= 0
BACKGROUND = np.where(HEAD, 0.08, np.exp2(-1 - 2 * ROW / 120))


def _grey(y: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(y, np.float32)[..., None], 3, axis=2)


def _scene(rendered_scene, sdr: np.ndarray, **given):
    return rendered_scene(
        BACKGROUND, sdr=_grey(sdr), heads=HEAD.astype(np.uint8), skins=("light",), **given
    )


def test_a_pointwise_curve_makes_no_halo(rendered_scene) -> None:
    scene = _scene(rendered_scene, 0.8 * BACKGROUND**0.7)
    assert halo(scene, HEAD) < 0.02


def test_a_bright_rim_is_a_halo_of_as_many_ev(rendered_scene) -> None:
    rim = np.where((DISTANCE > 0) & (DISTANCE < 9), 2.0**0.4, 1.0)
    assert halo(_scene(rendered_scene, BACKGROUND * rim), HEAD) == pytest.approx(0.4, abs=0.08)


def _named(checks) -> dict:
    return {check.name: check for check in checks}


def test_heads_are_bright_enough_and_keep_their_skin(rendered_scene) -> None:
    found = _named(heads(_scene(rendered_scene, BACKGROUND)))
    assert found["light head"].value == pytest.approx(np.log2(0.08 / 0.18), abs=1e-3)
    assert all(check.passed for name, check in found.items() if "skin's" not in name)
    dark = _named(heads(_scene(rendered_scene, np.where(HEAD, 0.06, BACKGROUND))))
    assert not dark["light head"].passed and dark["light head"].kind == "must not"
    hdr = _grey(np.where(HEAD, 0.1, BACKGROUND))
    apart = _named(heads(_scene(rendered_scene, BACKGROUND, hdr=hdr)))
    assert apart["light skin, HDR to SDR"].value == pytest.approx(np.log2(0.1 / 0.08), abs=1e-3)


def test_skin_keeps_hue_and_chroma(rendered_scene) -> None:
    skin = np.full((120, 160, 3), [50.0, 18.0, 20.0])
    rgb = lab_to_rgb(skin).astype(np.float32)
    redder = np.maximum(lab_to_rgb(rgb_to_lab(rgb) + np.array([0, 4, 0])), 0).astype(np.float32)
    given = {"heads": HEAD.astype(np.uint8), "skins": ("dark",)}
    same = _named(heads(rendered_scene(rgb, **given)))
    assert same["dark skin's hue shift"].value == pytest.approx(0.0, abs=0.05)
    assert same["dark skin's chroma gain"].value == pytest.approx(1.0, abs=0.01)
    turned = _named(heads(rendered_scene(rgb, sdr=redder, **given)))
    assert not turned["dark skin's hue shift"].passed
    assert not turned["dark skin's chroma gain"].passed


def test_headroom_depends_on_area_and_clipping(rendered_scene) -> None:
    true = np.full((120, 160), 0.1)
    true[:30, :40] = 0.8
    true[60:90, :40] = 3.0
    true[100:102, 100:102] = 50.0
    hdr = np.where(true > 10, 4.0, np.where(true > 0.5, 1.8, 0.1))
    found = _named(headroom_by_area(rendered_scene(true, hdr=_grey(hdr))))
    assert set(found) == {
        "unclipped regions", "flat clipped regions", "colour of flat clipped regions"
    }  # fmt: skip
    assert found["unclipped regions"].passed
    assert found["flat clipped regions"].value == pytest.approx(np.log2(1.8), abs=0.01)
    assert not found["flat clipped regions"].passed
    assert found["colour of flat clipped regions"].value == pytest.approx(0.0, abs=0.01)
    assert list(headroom_by_area(rendered_scene(true, hdr=_grey(np.minimum(hdr, 0.9))))) == []


def test_brightness_and_white_balance_are_bounded(rendered_scene) -> None:
    (mean,) = brightness(rendered_scene(np.full((4, 4), 0.6)))
    assert mean.value == pytest.approx(0.6, abs=1e-3) and not mean.passed
    recipe = Recipe(temperature_mired=-26, tint=8)
    found = _named(white_balance(rendered_scene(np.full((4, 4), 0.2), recipe=recipe)))
    assert not found["white balance"].passed and found["tint"].passed
