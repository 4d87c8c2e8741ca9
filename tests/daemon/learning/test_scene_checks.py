"""The scene table's columns, on pictures made for them."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.color import lab_to_rgb, rgb_to_lab
from sidelight.learning.scene_checks import (
    exposure_variant,
    hdr_column,
    midtones,
    must_not,
    sliders,
)
from sidelight.recipe import Recipe

RAMP = np.exp2(np.linspace(-6, 0, 48 * 64)).reshape(48, 64)


def _grey(y: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(y, np.float32)[..., None], 3, axis=2)


def _one(checks, name: str):
    (found,) = [check for check in checks if check.name == name]
    return found


def _colored(level: float, a: float, b: float) -> np.ndarray:
    random = np.random.default_rng(1)
    lab = np.stack([level + random.uniform(-20, 20, (48, 64)), np.full((48, 64), a),
                    b + random.uniform(-4, 4, (48, 64))], axis=-1)  # fmt: skip
    return np.maximum(lab_to_rgb(lab), 0).astype(np.float32)


def _shifted(rgb: np.ndarray, a: float = 0.0, b: float = 0.0) -> np.ndarray:
    return np.maximum(lab_to_rgb(rgb_to_lab(rgb) + np.array([0.0, a, b])), 0).astype(np.float32)


def test_midtones_are_stated_against_the_camera(rendered_scene) -> None:
    scene = rendered_scene(RAMP, 1, sdr=_grey(RAMP / 2), camera=_grey(RAMP / 4))
    found = _one(midtones(scene), "mid-tones")
    assert found.value == pytest.approx(1.0, abs=1e-3)
    assert found.kind == "expected" and found.passed
    assert not _one(midtones(rendered_scene(RAMP, 1)), "mid-tones").passed
    assert list(midtones(rendered_scene(RAMP, 0))) == []


def test_sliders_are_asked_of_lightroom_alone(rendered_scene) -> None:
    recipe = Recipe(highlights=-45, shadows=10, contrast=-26)
    found = {check.name: check.passed for check in sliders(rendered_scene(RAMP, 1, recipe=recipe))}
    assert found == {"highlights": True, "shadows": False}
    noon = _one(sliders(rendered_scene(RAMP, 12, recipe=recipe)), "largest slider")
    assert noon.value == 45 and not noon.passed
    assert list(sliders(rendered_scene(RAMP, 1, "darktable", recipe=recipe))) == []


def test_a_sun_reaches_the_headroom_and_a_sky_stays_below(rendered_scene) -> None:
    true = np.full((48, 64), 0.1)
    true[:20] = 1.0
    true[10:12, 30:32] = 4000.0
    hdr = np.where(true > 100, 4.0, np.where(true > 0.5, 1.5, 0.1))
    scene = rendered_scene(true, 1, hdr=_grey(hdr))
    assert _one(hdr_column(scene), "HDR sun").passed
    assert _one(hdr_column(scene), "HDR sky").value == pytest.approx(np.log2(1.5), abs=0.01)
    dull = rendered_scene(true, 1, hdr=_grey(np.minimum(hdr, 2.0)))
    assert not _one(hdr_column(dull), "HDR sun").passed


def test_night_and_cave_stay_dark(rendered_scene) -> None:
    for row, limit in ((5, 0.08), (9, 0.12)):
        for level, passed in ((limit * 0.98, True), (limit * 1.02, False)):
            scene = rendered_scene(np.full((12, 16), level), row)
            assert _one(must_not(scene), "median Y").passed is passed


def test_noon_does_not_shine(rendered_scene) -> None:
    assert _one(must_not(rendered_scene(RAMP, 12)), "HDR P99.9").passed
    bright = rendered_scene(RAMP, 12, hdr=_grey(RAMP * 1.2))
    assert not _one(must_not(bright), "HDR P99.9").passed


def test_a_silhouette_stays_one(rendered_scene) -> None:
    lifted = np.where(np.percentile(RAMP, 20) >= RAMP, RAMP * 2**0.8, RAMP)
    opened = _one(must_not(rendered_scene(RAMP, 2, sdr=_grey(lifted))), "silhouette opened")
    assert opened.value == pytest.approx(0.8, abs=1e-3) and not opened.passed
    assert _one(must_not(rendered_scene(RAMP, 2)), "silhouette opened").passed


def test_a_sunset_keeps_its_warmth_whatever_the_brightness(rendered_scene) -> None:
    warm = _colored(50, 15, 30)
    darker = rendered_scene(warm, 3, sdr=warm / 2, neutrals=(warm,))
    assert _one(must_not(darker), "mean a*, b* towards neutral").value == pytest.approx(0, abs=1)
    cooled = rendered_scene(warm, 3, sdr=_shifted(warm, -3, -6), neutrals=(warm,))
    lost = _one(must_not(cooled), "mean a*, b* towards neutral")
    assert lost.value == pytest.approx(20, abs=2) and not lost.passed


def test_a_dawn_is_not_cooled(rendered_scene) -> None:
    violet = _colored(40, 10, -15)
    violet[:24] *= 8
    same = rendered_scene(violet / violet.max(), 4)
    assert abs(_one(must_not(same), "fall of the sky's b*").value) < 0.5
    cooled = rendered_scene(violet / violet.max(), 4, sdr=_shifted(same.sdr, b=-5))
    assert not _one(must_not(cooled), "fall of the sky's b*").passed


def test_mixed_light_is_not_driven_apart(rendered_scene) -> None:
    mixed = _colored(50, 1, 0)
    lab = rgb_to_lab(mixed)
    wider = np.maximum(lab_to_rgb(lab * np.array([1, 1, 1.3])), 0).astype(np.float32)
    found = _one(must_not(rendered_scene(mixed, 6, sdr=wider)), "warm-cool distance grows")
    assert found.value == pytest.approx(30, abs=2) and not found.passed
    assert _one(must_not(rendered_scene(mixed, 6)), "warm-cool distance grows").passed


def test_a_white_wall_is_bright_but_does_not_shine(rendered_scene) -> None:
    wall = np.full((48, 64), 0.5)
    good = list(must_not(rendered_scene(wall, 7)))
    assert len(good) == 2 and all(check.passed for check in good)
    bad = list(must_not(rendered_scene(wall * 0.7, 7, hdr=_grey(wall * 3))))
    assert not any(check.passed for check in bad)


def test_a_window_keeps_its_contrast_and_outshines_the_wall(rendered_scene) -> None:
    true = np.full((48, 64), 0.02)
    random = np.random.default_rng(2)
    true[4:24, 8:40] = np.exp2(random.uniform(-1.5, -0.2, (20, 32)))
    assert all(check.passed for check in must_not(rendered_scene(true, 8)))
    flat = np.where(true > 0.1, 0.5, true)
    contrast = _one(must_not(rendered_scene(true, 8, sdr=_grey(flat))), "window's contrast kept")
    assert contrast.value < 0.1 and not contrast.passed
    dark = np.where(true > 0.1, 0.01, true)
    assert not _one(must_not(rendered_scene(true, 8, sdr=_grey(dark))), "window over wall").passed


def test_a_wholly_clipped_window_has_no_contrast_to_keep(rendered_scene) -> None:
    true = np.full((48, 64), 0.02)
    true[4:24, 8:40] = 3.0
    assert [check.name for check in must_not(rendered_scene(true, 8))] == ["window over wall"]


def test_haze_stays_haze(rendered_scene) -> None:
    true = np.exp2(np.random.default_rng(3).uniform(-3.5, -2.5, (48, 64)))
    found = must_not(rendered_scene(true, 10, sdr=_grey(true**1.5)))
    gain = _one(found, "contrast gain of the haze")
    assert gain.value == pytest.approx(1.5, abs=1e-3) and not gain.passed


def test_greens_keep_their_hue(rendered_scene) -> None:
    green = _colored(50, -25, 30)
    turned = rendered_scene(green, 11, sdr=_shifted(green, a=4))
    shift = _one(must_not(turned), "greens' hue shift")
    assert 4 < shift.value < 8 and not shift.passed
    assert _one(must_not(rendered_scene(green, 11)), "greens' hue shift").passed


def test_a_variant_comes_out_as_bright_as_its_well_exposed_photo(rendered_scene) -> None:
    near = rendered_scene(RAMP, sdr=_grey(RAMP * 2**-0.3), counterpart=_grey(RAMP))
    far = rendered_scene(RAMP, sdr=_grey(RAMP * 2**-0.4), counterpart=_grey(RAMP))
    assert [check.passed for check in exposure_variant(near)] == [True]
    assert [check.passed for check in exposure_variant(far)] == [False]
    assert list(exposure_variant(rendered_scene(RAMP))) == []
