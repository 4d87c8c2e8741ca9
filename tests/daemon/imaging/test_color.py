"""Colour spaces against colour-science."""

from __future__ import annotations

import colour
import numpy as np
import pytest

from sidelight.imaging import color


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(1).random((50, 3))


@pytest.mark.parametrize(
    ("name", "matrix"),
    [("ITU-R BT.2020", color.REC2020_TO_XYZ), ("sRGB", color.SRGB_TO_XYZ)],
)
def test_matrices(name: str, matrix: np.ndarray) -> None:
    space = colour.RGB_COLOURSPACES[name]
    expected = colour.normalised_primary_matrix(space.primaries, [0.3127, 0.3290])
    np.testing.assert_allclose(matrix, expected, atol=1e-7)


def test_white_is_white_everywhere() -> None:
    for matrix in (color.REC2020_TO_SRGB, color.SRGB_TO_REC2020, color.REC2020_TO_PROPHOTO):
        np.testing.assert_allclose(matrix @ np.ones(3), np.ones(3), atol=2e-4)
    np.testing.assert_allclose(color.REC2020_TO_XYZ @ np.ones(3), color.D65_WHITE, atol=1e-6)


def test_prophoto_round_trip(rgb: np.ndarray) -> None:
    there = color.apply_matrix(rgb, color.REC2020_TO_PROPHOTO)
    np.testing.assert_allclose(color.apply_matrix(there, color.PROPHOTO_TO_REC2020), rgb)
    red = colour.XYZ_to_RGB(
        color.REC2020_TO_XYZ @ [1, 0, 0], "ProPhoto RGB", [0.3127, 0.3290], "Bradford"
    )
    np.testing.assert_allclose(color.REC2020_TO_PROPHOTO @ [1, 0, 0], red, atol=2e-3)


def test_lab(rgb: np.ndarray) -> None:
    xyz = color.apply_matrix(rgb, color.REC2020_TO_XYZ)
    expected = colour.XYZ_to_Lab(xyz, [0.3127, 0.3290])
    np.testing.assert_allclose(color.rgb_to_lab(rgb), expected, atol=1e-3)
    np.testing.assert_allclose(color.lab_to_rgb(color.rgb_to_lab(rgb)), rgb, atol=1e-9)
    assert np.isfinite(color.rgb_to_lab(np.array([-0.5, 0.2, 9.0]))).all()


def test_luminance(rgb: np.ndarray) -> None:
    expected = color.apply_matrix(rgb, color.REC2020_TO_XYZ)[..., 1]
    np.testing.assert_allclose(color.luminance(rgb), expected)
    assert color.luminance(rgb.astype(np.float32)).dtype == np.float32


def test_ictcp(rgb: np.ndarray) -> None:
    expected = colour.RGB_to_ICtCp(rgb * 203, "ITU-R BT.2100-2 PQ", L_p=10000)
    np.testing.assert_allclose(color.rgb_to_ictcp(rgb), expected, atol=1e-4)
