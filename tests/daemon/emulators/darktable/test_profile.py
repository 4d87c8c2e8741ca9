"""The working profile's matrices."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.darktable import profile
from sidelight.imaging.color import D50_WHITE


def test_white_is_the_profile_connection_space_white() -> None:
    np.testing.assert_allclose(profile.WORKING_TO_XYZ_D50 @ np.ones(3), D50_WHITE, atol=1e-9)


def test_matrices_are_inverse() -> None:
    pairs = (
        (profile.WORKING_TO_XYZ_D50, profile.XYZ_D50_TO_WORKING),
        (profile.WORKING_TO_XYZ_D65, profile.XYZ_D65_TO_WORKING),
    )
    for there, back in pairs:
        np.testing.assert_allclose(there @ back, np.eye(3), atol=1e-12)
