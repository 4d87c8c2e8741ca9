"""darktable's uniform colour space."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.darktable import ucs
from sidelight.emulators.darktable.profile import WORKING_TO_XYZ_D65


def test_lightness_and_luminance_are_inverse() -> None:
    y = np.array([1e-4, 0.18, 1.0, 40.0])
    np.testing.assert_allclose(ucs.luminance(ucs.lightness(y)), y, rtol=1e-9)
    assert ucs.lightness(np.array([1.0]))[0] == np.float64(ucs.L_WHITE)


def test_chromaticity_goes_there_and_back() -> None:
    xyz = np.array([0.3, 0.4, 0.2])
    uvd = ucs.UVD_FROM_XYZ @ xyz
    u, v = uvd[:2] / uvd[2]
    xyd = ucs.XYD_FROM_UV @ np.array([u, v, 1.0])
    np.testing.assert_allclose(xyd[:2] / xyd[2], xyz[:2] / xyz.sum(), rtol=1e-6)


def test_white_has_no_colour() -> None:
    white = WORKING_TO_XYZ_D65 @ np.ones(3)
    uvd = ucs.UVD_FROM_XYZ @ white
    star = ucs.UV_FACTOR[:, 0] * (uvd[:2] / uvd[2])
    assert np.hypot(*ucs.uv_prime(star[0], star[1])) < 2e-3


def test_the_boundary_is_closed_and_smooth() -> None:
    table = ucs.boundary_table(WORKING_TO_XYZ_D65)
    assert table.shape == (ucs.HUE_STEPS + 1,) and np.isfinite(table).all()
    assert abs(table[0] - table[-1]) < 1e-9
    assert np.abs(np.diff(table)).max() < 0.05
