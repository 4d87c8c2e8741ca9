"""Clipping at the sensor's limit."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.darktable import highlights

MULTIPLIERS = (2.0, 1.0, 1.5)


def test_clip_makes_clipped_light_neutral() -> None:
    rgb = np.array([[2.0, 1.0, 1.5], [0.5, 0.5, 0.5], [1.4, 0.2, 0.1]])
    out = highlights.apply(rgb, MULTIPLIERS, highlights.CLIP)
    np.testing.assert_array_equal(out, [[1.0, 1.0, 1.0], [0.5, 0.5, 0.5], [1.0, 0.2, 0.1]])


def test_the_threshold_scales_the_limit() -> None:
    rgb = np.full((1, 3), 0.9)
    assert highlights.apply(rgb, MULTIPLIERS, highlights.CLIP, clip=0.5).max() == 0.5


def test_other_modes_leave_pixels_alone() -> None:
    rgb = np.array([[2.0, 1.0, 1.5]])
    assert highlights.apply(rgb, MULTIPLIERS) is rgb
