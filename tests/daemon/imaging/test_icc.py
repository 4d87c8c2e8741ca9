"""ICC profiles against littleCMS."""

from __future__ import annotations

import struct

import numpy as np
from PIL import ImageCms

from sidelight.imaging.color import (
    D50_WHITE,
    D65_WHITE,
    P3_TO_XYZ,
    SRGB_TO_REC2020,
    XYZ_TO_REC2020,
    adaptation,
)
from sidelight.imaging.icc import read_matrix_profile
from sidelight.imaging.transfer import srgb_decode


def profile(matrix: np.ndarray, curve: bytes) -> bytes:
    """A version 2 RGB profile of D50 colorants and one curve for all channels."""
    columns = [
        b"XYZ \0\0\0\0" + struct.pack(">3i", *np.round(c * 65536).astype(int)) for c in matrix.T
    ]
    parts = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True))
    parts |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve + bytes(-len(curve) % 4))
    at = 132 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for name, data in parts.items():
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data
    head = bytearray(128)
    head[16:20], head[20:24], head[36:40] = b"RGB ", b"XYZ ", b"acsp"
    return bytes(head) + table + body


def test_the_srgb_profile_is_srgb() -> None:
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = read_matrix_profile(data)
    assert found is not None
    code = np.random.default_rng(1).random((40, 3)).astype(np.float32)
    np.testing.assert_allclose(found.decode(code), srgb_decode(code), atol=2e-4)
    np.testing.assert_allclose(found.to_working, SRGB_TO_REC2020, atol=2e-3)


def test_wide_primaries_and_a_gamma() -> None:
    to_pcs = adaptation(D65_WHITE, D50_WHITE) @ P3_TO_XYZ
    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    found = read_matrix_profile(profile(to_pcs, gamma))
    assert found is not None
    np.testing.assert_allclose(found.to_working, XYZ_TO_REC2020 @ P3_TO_XYZ, atol=1e-3)
    code = np.array([[0.1, 0.5, 0.9]], np.float32)
    np.testing.assert_allclose(found.decode(code), code**2.2, atol=2e-3)


def test_tables_and_parametric_curves() -> None:
    matrix = np.diag([0.9, 1.0, 0.8])
    steps = np.round(np.linspace(0, 1, 256) ** 1.8 * 65535).astype(">u2").tobytes()
    table = read_matrix_profile(profile(matrix, b"curv\0\0\0\0" + struct.pack(">I", 256) + steps))
    gamma = struct.pack(">HHi", 0, 0, round(1.8 * 65536))
    power = read_matrix_profile(profile(matrix, b"para\0\0\0\0" + gamma))
    assert table is not None and power is not None
    np.testing.assert_allclose(table.curves, power.curves, atol=1e-4)
    linear = read_matrix_profile(profile(matrix, b"curv\0\0\0\0\0\0\0\0"))
    assert linear is not None
    np.testing.assert_allclose(linear.curves[0], np.linspace(0, 1, 4096), atol=1e-6)


def test_other_or_broken_profiles_are_none() -> None:
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for data in (b"", b"x" * 200, lab, good[:140], good.replace(b"rTRC", b"xTRC")):
        assert read_matrix_profile(data) is None
    singular = profile(np.ones((3, 3)), b"curv\0\0\0\0\0\0\0\0")
    assert read_matrix_profile(singular) is None
