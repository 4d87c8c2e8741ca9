from __future__ import annotations

import colour
import numpy as np
import pytest

from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.learning.evaluation.picture_metrics import (
    EQUAL_DB,
    METRICS,
    angle_deg,
    compare_pictures,
    psnr_db,
    srgb_codes,
    ssim,
    tone_curve,
)


def _picture(random: np.random.Generator, shape=(96, 128)) -> np.ndarray:
    """A smooth picture of several stops, display-linear Rec.2020."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(random.normal(size=(*shape, 3)), (6, 6, 0))
    y = 0.18 * np.exp2(8.0 * noise / noise.std() / 6.0)
    return np.clip(y, 0, 1).astype(np.float32)


def _unclipped(rgb: np.ndarray) -> np.ndarray:
    return np.zeros(rgb.shape, bool)


def test_a_picture_equals_itself(random):
    rgb = _picture(random)
    found = compare_pictures(rgb, rgb, rgb, _unclipped(rgb)).figures
    assert found["psnr_db"] == EQUAL_DB
    assert found["ssim"] == pytest.approx(1.0)
    for name in ("delta_e_2000", "delta_e_76", "delta_rgb", "slope_error", "neutral_error_deg"):
        assert found[name] == pytest.approx(0.0, abs=1e-6), name
    for name in ("tone_curve", "histogram_luminance", "histogram_contrast", "histogram_saturation"):
        assert found[name] == pytest.approx(1.0), name
    assert set(found) == {metric.name for metric in METRICS}


def test_psnr_is_of_code_values():
    assert psnr_db(np.full((4, 4), 100.0), np.full((4, 4), 110.0)) == pytest.approx(
        28.1308, abs=1e-4
    )
    assert psnr_db(np.zeros(4), np.full(4, 255.0)) == pytest.approx(0.0)


def test_ssim_of_even_pictures_is_its_luminance_term():
    one, two = np.full((32, 32, 3), 0.3), np.full((32, 32, 3), 0.6)
    expected = (2 * 0.3 * 0.6 + 1e-4) / (0.3**2 + 0.6**2 + 1e-4)
    assert ssim(one, two) == pytest.approx(expected, abs=1e-12)


def test_ssim_is_that_of_its_definition_at_one_pixel(random):
    one, two = random.random((11, 11)), random.random((11, 11))
    axis = np.arange(-5, 6)
    window = np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * 1.5**2))
    window /= window.sum()
    mean_1, mean_2 = (window * one).sum(), (window * two).sum()
    var_1, var_2 = (window * (one - mean_1) ** 2).sum(), (window * (two - mean_2) ** 2).sum()
    both = (window * (one - mean_1) * (two - mean_2)).sum()
    expected = (2 * mean_1 * mean_2 + 1e-4) * (2 * both + 9e-4)
    expected /= (mean_1**2 + mean_2**2 + 1e-4) * (var_1 + var_2 + 9e-4)
    padded = [np.pad(p, 6, mode="symmetric")[1:-1, 1:-1, None].repeat(3, 2) for p in (one, two)]
    # The middle pixel alone: crop so that nothing else lies inside the border of 5.
    middle = [p[5:16, 5:16] for p in padded]
    assert ssim(*middle) == pytest.approx(expected, abs=1e-9)
    assert np.isnan(ssim(one[:10, :, None].repeat(3, 2), two[:10, :, None].repeat(3, 2)))


def test_delta_e_is_that_of_colour_science(random):
    one = _picture(random)
    two = (one**1.2 * np.array([1.1, 0.9, 0.7])).astype(np.float32)
    found = compare_pictures(one, two, one, _unclipped(one)).figures

    def lab(codes: np.ndarray) -> np.ndarray:
        return colour.XYZ_to_Lab(colour.sRGB_to_XYZ(codes), colour.CCS_ILLUMINANTS[
            "CIE 1931 2 Degree Standard Observer"]["D65"])  # fmt: skip

    rounded = [lab(np.round(255 * srgb_codes(rgb)) / 255) for rgb in (one, two)]
    expected = colour.difference.delta_E_CIE1976(*rounded).mean()
    assert found["delta_e_76"] == pytest.approx(expected, abs=0.02)
    linear = [np.clip(rgb, 0, 1) @ REC2020_TO_SRGB.T for rgb in (one, two)]
    labs = [colour.XYZ_to_Lab(colour.RGB_to_XYZ(rgb, "sRGB"), [0.3127, 0.3290]) for rgb in linear]
    values = colour.delta_E(*labs, method="CIE 2000")
    assert found["delta_e_2000"] == pytest.approx(values.mean(), abs=0.05)
    assert found["delta_e_2000_p95"] == pytest.approx(np.percentile(values, 95), abs=0.1)


def test_a_known_tone_curve_is_found(random):
    scene = np.repeat(random.random((120, 160, 1)).astype(np.float32), 3, axis=2)
    output = srgb_decode(0.2 + 0.6 * srgb_encode(scene)).astype(np.float32)
    curve, weights = tone_curve(scene, output)
    centres = (np.arange(64) + 0.5) / 64
    known = np.isfinite(curve)
    np.testing.assert_allclose(curve[known], 0.2 + 0.6 * centres[known], atol=0.006)
    assert weights.sum() == pytest.approx(1.0, abs=0.02)
    found = compare_pictures(output, scene, scene, _unclipped(scene)).figures
    wanted = np.abs(0.2 - 0.4 * srgb_encode(scene[..., 0]).astype(float)).mean()
    assert found["tone_curve"] == pytest.approx(1 - wanted, abs=0.01)
    assert found["slope_error"] == pytest.approx(0.4, abs=0.05)


def test_a_cast_is_an_angle_of_the_neutrals(random):
    grey = np.repeat(0.2 + 0.4 * random.random((64, 64, 1)).astype(np.float32), 3, axis=2)
    cast = (grey * np.array([1.1, 1.0, 0.9])).astype(np.float32)
    found = compare_pictures(cast, grey, grey, _unclipped(grey)).figures
    assert found["neutral_error_deg"] == pytest.approx(
        angle_deg([1.1, 1, 0.9], [1, 1, 1]), abs=1e-3
    )
    assert angle_deg([1, 0, 0], [0, 2, 0]) == pytest.approx(90.0)
    assert np.isnan(angle_deg([0, 0, 0], [1, 1, 1]))


def test_pixels_clipped_in_the_raw_are_apart_from_delta_e(random):
    rgb = _picture(random)
    other = rgb.copy()
    other[:48] *= 0.6
    clipped = _unclipped(rgb)
    clipped[:48] = True
    assert compare_pictures(other, rgb, rgb, clipped).figures["delta_e_2000"] < 1e-3
    assert compare_pictures(other, rgb, rgb, _unclipped(rgb)).figures["delta_e_2000"] > 3
    everywhere = compare_pictures(rgb, rgb, rgb, ~_unclipped(rgb)).figures
    assert "delta_e_2000" not in everywhere, "no figure rather than a wrong one"


def test_histograms_of_disjoint_pictures_do_not_meet():
    dark = np.full((32, 32, 3), 0.01, np.float32)
    bright = np.full((32, 32, 3), 0.9, np.float32)
    found = compare_pictures(dark, bright, dark, _unclipped(dark)).figures
    assert found["histogram_luminance"] == 0.0
    assert found["histogram_contrast"] == pytest.approx(1.0), "both are even"


def test_colours_outside_srgb_are_clipped():
    green = np.array([[[0.0, 1.0, 0.0]]])
    assert srgb_codes(green) == pytest.approx(green)
    inside = np.array([[[0.5, 0.2, 0.1]]]) @ SRGB_TO_REC2020.T
    np.testing.assert_allclose(srgb_codes(inside), srgb_encode([[[0.5, 0.2, 0.1]]]), atol=1e-9)
