"""Interpolation in even tables, rows of channels."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators.darktable import tables


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_interpolates_and_holds_the_ends(dtype: type) -> None:
    table = np.array([0.0, 1.0, 4.0], dtype=dtype)
    at = np.array([-3.0, 0.0, 0.5, 1.25, 2.0, 9.0], dtype=dtype)
    out = tables.lookup(table, at)
    np.testing.assert_allclose(out, [0.0, 0.0, 0.5, 1.75, 4.0, 4.0])
    assert out.dtype == dtype


def test_leaves_its_arguments_alone() -> None:
    table, at = np.array([1.0, 2.0]), np.array([0.5, 3.0])
    tables.lookup(table, at)
    np.testing.assert_array_equal(at, [0.5, 3.0])


def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    table, at = np.array([0.0, 1.0, 4.0]), np.linspace(-1.0, 3.0, 9)
    out = tables.lookup(torch.from_numpy(table), torch.from_numpy(at))
    np.testing.assert_allclose(out.numpy(), tables.lookup(table, at))


def test_channels_go_there_and_back() -> None:
    rgb = np.arange(24.0).reshape(2, 4, 3)
    rows = tables.by_channel(rgb)
    assert rows.shape == (3, 8) and rows.flags.c_contiguous
    np.testing.assert_array_equal(tables.by_pixel(rows, rgb), rgb)
