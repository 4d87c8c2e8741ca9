from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging.image import Image
from sidelight.learning.metrics import reference_rendition
from sidelight.learning.truth import Truth
from sidelight.learning.twins import clipped_in_raw, evaluate_twins, recipe_sidecar
from sidelight.recipe import CameraWhiteBalance, Hdr, PhotoInfo, Recipe


def test_a_render_that_is_the_reference_has_no_headroom_error(truth: Truth):
    sdr = np.clip(truth.rgb, 0, 1)
    hdr = reference_rendition(truth.limited(), sdr, 2.0)
    found = evaluate_twins("p", 1, "lightroom", truth, (sdr, hdr), 2.0)
    assert found.headroom.stops == pytest.approx(0.0, abs=1e-3)


def test_darker_highlights_are_an_error_of_as_many_stops(truth: Truth):
    sdr = np.clip(truth.rgb, 0, 1)
    hdr = reference_rendition(truth.limited(), sdr, 2.0)
    found = evaluate_twins("p", 1, "lightroom", truth, (sdr, 0.8 * hdr), 2.0)
    assert found.headroom.stops == pytest.approx(np.log2(1 / 0.8), abs=0.02)
    assert found.grey_lift_ev > 0


def test_a_cropped_render_is_brought_to_the_size_of_the_truth(truth: Truth):
    sdr = np.clip(truth.rgb, 0, 1)
    whole = evaluate_twins("p", 1, "x", truth, (sdr, sdr), 2.0)
    cropped = evaluate_twins("p", 1, "x", truth, (sdr[1:-1, 1:-1], sdr[1:-1, 1:-1]), 2.0)
    assert cropped.sdr_use.white == pytest.approx(whole.sdr_use.white, rel=0.05)


def test_clipping_reaches_the_pixels_interpolated_from_a_photosite(truth: Truth):
    rgb = np.full_like(truth.rgb, 0.2)
    rgb[10, 20] = 4.0
    spot = replace(truth, rgb=rgb)
    clipped = clipped_in_raw(spot, max(rgb.shape))
    assert np.argwhere(clipped).min(axis=0).tolist() == [9, 19]
    assert np.argwhere(clipped).max(axis=0).tolist() == [11, 21]
    rgb[:, :30] = 4.0
    half = clipped_in_raw(spot, max(rgb.shape) // 2)
    assert half[:, :15].all()
    assert not half[:, 16:].any()


def test_the_recipes_own_headroom_is_the_limit_of_a_sidecar():
    matrix = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
    balance = CameraWhiteBalance.from_color_matrix(matrix, [2.1, 1.0, 1.6])
    rgb = np.linspace(0.01, 1.0, 24 * 36 * 3, dtype=np.float32).reshape(24, 36, 3)
    image = Image(rgb, np.zeros(rgb.shape, dtype=bool), PhotoInfo(Path("a.dng"), True, balance))

    def sidecar(hdr: Hdr, headroom: float) -> bytes:
        return recipe_sidecar(image, Recipe(exposure_ev=0.5, hdr=hdr), headroom)

    limited = Hdr(True, 1.5)
    assert sidecar(limited, 3.0) == sidecar(limited, 1.5)
    assert len({sidecar(limited, headroom) for headroom in (0.0, 1.0, 3.0)}) == 3
    assert sidecar(Hdr(True, 3.0), 3.0) != sidecar(limited, 3.0)
