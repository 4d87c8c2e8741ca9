"""A 3D LUT as a value."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.errors import LutError
from sidelight.recipe import Lut3D


@pytest.mark.parametrize("size", [2, 17, 33])
def test_identity_maps_every_grid_colour_to_itself(size: int) -> None:
    lut = Lut3D.identity(size)
    red, green, blue = 1, size - 1, size // 2
    wanted = np.array([red, green, blue]) / (size - 1)
    assert lut.size == size
    assert np.allclose(lut.table[red, green, blue], wanted, atol=1e-7)


def test_the_table_is_float32_and_cannot_be_written() -> None:
    lut = Lut3D(np.zeros((3, 3, 3, 3), dtype=np.float64), "black")
    assert lut.table.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        lut.table[0, 0, 0, 0] = 1.0


@pytest.mark.parametrize("shape", [(), (3,), (3, 3, 3), (3, 3, 3, 4), (3, 3, 2, 3), (1, 1, 1, 3)])
def test_a_table_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(LutError):
        Lut3D(np.zeros(shape))


def test_the_largest_table_is_129_steps() -> None:
    table = np.zeros((129, 129, 129, 3), dtype=np.float32)
    assert Lut3D(table).size == 129
    with pytest.raises(LutError):
        Lut3D(np.broadcast_to(np.float32(0), (130, 130, 130, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_table_that_is_not_finite_is_refused(value: float) -> None:
    table = np.zeros((2, 2, 2, 3))
    table[1, 0, 1, 2] = value
    with pytest.raises(LutError):
        Lut3D(table)
