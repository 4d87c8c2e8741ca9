"""`.cube` text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.editors.cube import Cube, lut_to_text, text_to_lut
from sidelight.errors import EditorError
from sidelight.recipe import Lut3D, PhotoInfo, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance

LUT = Lut3D(Lut3D.identity(3).table ** np.float32(2.0), "squared")


def test_red_runs_fastest() -> None:
    lines = lut_to_text(LUT).splitlines()
    assert lines[:2] == ['TITLE "squared"', "LUT_3D_SIZE 3"]
    assert lines[3] == "0.250000 0.000000 0.000000"
    assert lines[5] == "0.000000 0.250000 0.000000"
    assert len(lines) == 2 + 27


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, 2.0])
def test_amount_blends_with_the_identity(amount: float) -> None:
    same = Lut3D.identity(3).table
    table = text_to_lut(lut_to_text(LUT, amount)).table
    np.testing.assert_allclose(table, same + amount * (LUT.table - same), atol=1e-6)


def test_opencolorio_reads_it_the_same_way(tmp_path: Path) -> None:
    import PyOpenColorIO as ocio

    file = tmp_path / "a.cube"
    file.write_text(lut_to_text(LUT), encoding="utf-8")
    transform = ocio.FileTransform(str(file), interpolation=ocio.INTERP_LINEAR)
    cpu = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    assert cpu.applyRGB([0.5, 0.0, 1.0]) == pytest.approx([0.25, 0.0, 1.0], abs=1e-5)


def test_a_title_cannot_break_the_header() -> None:
    text = lut_to_text(Lut3D(LUT.table, 'a"\nLUT_3D_SIZE 2'))
    assert text.splitlines()[1] == "LUT_3D_SIZE 3"
    assert text_to_lut(text).size == 3


@pytest.mark.parametrize("text", ["", "TITLE", "LUT_3D_SIZE 2\n0 0 0", "\x00"])
def test_a_foreign_lut_is_not_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.cube").write_text(text, encoding="utf-8")
    info = PhotoInfo(tmp_path / "a.dng", is_raw=True, white_balance=RelativeWhiteBalance())
    with pytest.raises(EditorError, match="not a LUT of ours"):
        Cube().read(info)


def test_without_a_lut_there_is_nothing_to_write(tmp_path: Path) -> None:
    info = PhotoInfo(tmp_path / "a.dng", is_raw=True, white_balance=RelativeWhiteBalance())
    outcome = Cube().write(info, Recipe(), Order(tmp_path / "first", "batch"))
    assert (outcome.status, outcome.sidecar) == ("skipped", None)
    assert list(tmp_path.iterdir()) == []
