"""The 3D LUT against the program, and its amount."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sidelight.editors.darktable.operations import operations
from sidelight.emulators.darktable import lut3d
from sidelight.recipe import Lut3D, Recipe


def look() -> Lut3D:
    grid = Lut3D.identity(17).table
    table = grid**1.2 * [0.9, 0.95, 0.8] + 0.05 * grid[..., [1, 2, 0]] + [0.02, 0.0, 0.05]
    return Lut3D(np.clip(table, 0.0, 1.0).astype(np.float32), "look")


def write_cube(lut: Lut3D, path: Path) -> None:
    rows = lut.table.transpose(2, 1, 0, 3).reshape(-1, 3)
    lines = [
        f"LUT_3D_SIZE {lut.size}",
        *(" ".join(f"{value:.7f}" for value in row) for row in rows),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


@pytest.mark.darktable
@pytest.mark.parametrize("headroom", [0.0, 2.0])
def test_matches_the_program(
    headroom: float, oracle: ModuleType, chart: Any, darktable_cli: str, tmp_path: Path
) -> None:
    blended = lut3d.blend_amount(look(), 0.7)
    write_cube(blended, tmp_path / "look.cube")
    recipe = Recipe(exposure_ev=headroom / 2.0, lut=blended)
    chain = operations(recipe, chart.white_balance, headroom, 0.0, 0, lut_path="look.cube")
    (theirs,) = oracle.render_patches(chart, [chain], tmp_path)
    error = oracle.delta_e(oracle.emulate(chart, recipe, headroom), theirs, headroom)
    assert error.max() < 0.05


def test_identity_changes_nothing_inside_srgb() -> None:
    rgb = np.random.default_rng(0).uniform(0.4, 0.6, (100, 3))
    np.testing.assert_allclose(lut3d.apply(rgb, Lut3D.identity(9)), rgb, atol=2e-6)


def test_headroom_brings_bright_light_through() -> None:
    rgb = np.full((1, 3), 3.0)
    np.testing.assert_allclose(lut3d.apply(rgb, Lut3D.identity(9), 2.0), rgb, rtol=1e-5)
    assert lut3d.apply(rgb, Lut3D.identity(9)).max() == pytest.approx(1.0, abs=1e-5)


def test_amount_blends_with_the_identity() -> None:
    lut = look()
    assert lut3d.blend_amount(lut, 1.0) is lut
    half = lut3d.blend_amount(lut, 0.5).table
    np.testing.assert_allclose(half, 0.5 * (lut.table + Lut3D.identity(17).table), atol=1e-6)


def test_a_tetrahedron_is_linear_between_its_corners() -> None:
    table = np.zeros((2, 2, 2, 3), dtype=np.float32)
    table[1, 0, 0], table[1, 1, 0], table[1, 1, 1] = [1, 0, 0], [0, 1, 0], [0, 0, 1]
    coded = np.array([[0.9, 0.5, 0.2]])
    out = lut3d._tetrahedral(coded, table.reshape(-1, 3), 2)
    np.testing.assert_allclose(out[0], [0.4, 0.3, 0.2], atol=1e-7)
