"""The array calls against numpy's own, on numpy arrays and on tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sidelight.emulators.arrays import (
    at_least,
    at_most,
    by_channel,
    by_pixel,
    like,
    lookup,
    namespace,
    stack,
)

VALUES = np.linspace(-2.0, 3.0, 41, dtype=np.float32)


def _numpy(values: Any) -> Any:
    return np.asarray(values)


def _torch(values: Any) -> Any:
    return pytest.importorskip("torch").tensor(np.asarray(values))


@pytest.fixture(params=[_numpy, _torch], ids=["numpy", "torch"])
def of(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Makes an array of one kind."""
    return request.param


def test_limits(of: Callable[[Any], Any]) -> None:
    assert np.array_equal(at_least(of(VALUES), 0.5), np.maximum(VALUES, np.float32(0.5)))
    assert np.array_equal(at_most(of(VALUES), 0.5), np.minimum(VALUES, np.float32(0.5)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constants_take_the_kind_and_dtype_of_the_pixels(
    of: Callable[[Any], Any], dtype: type
) -> None:
    pixels = of(VALUES.astype(dtype))
    constants = like(np.array([0.25, 4.0]), pixels)
    assert type(constants) is type(pixels)
    assert constants.dtype == pixels.dtype


def test_lookup_interpolates_and_holds_its_ends(of: Callable[[Any], Any]) -> None:
    table = np.array([1.0, 4.0, 9.0, 16.0, 25.0], dtype=np.float32)
    position = np.linspace(-3.0, 8.0, 60, dtype=np.float32)
    wanted = np.interp(position, np.arange(5), table)
    assert np.allclose(lookup(of(table), of(position)), wanted, rtol=1e-6)


def test_lookup_keeps_the_dtype(of: Callable[[Any], Any]) -> None:
    table = of(np.arange(9, dtype=np.float32))
    assert lookup(table, of(VALUES)).dtype == table.dtype


def test_lookup_has_a_gradient() -> None:
    torch = pytest.importorskip("torch")
    table = torch.tensor([0.0, 1.0, 4.0, 9.0])
    position = torch.tensor([0.5, 1.25, 2.75], requires_grad=True)
    lookup(table, position).sum().backward()
    assert position.grad.tolist() == [1.0, 3.0, 5.0]


def test_stack_joins_channels_in_the_dtype_of_the_pixels(of: Callable[[Any], Any]) -> None:
    pixels = of(VALUES)
    joined = stack([pixels, 2 * pixels, 3 * pixels], pixels)
    assert tuple(joined.shape) == (41, 3)
    assert joined.dtype == pixels.dtype
    assert np.array_equal(np.asarray(joined[:, 2]), 3 * VALUES)


def test_namespace_is_numpys_or_torchs(of: Callable[[Any], Any]) -> None:
    assert np.allclose(namespace(of(VALUES)).exp(of(VALUES)), np.exp(VALUES))


def test_lookup_leaves_its_arguments_alone() -> None:
    table, position = np.array([1.0, 2.0]), np.array([0.5, 3.0])
    lookup(table, position)
    np.testing.assert_array_equal(position, [0.5, 3.0])


def test_channels_go_there_and_back() -> None:
    rgb = np.arange(24.0).reshape(2, 4, 3)
    rows = by_channel(rgb)
    assert rows.shape == (3, 8) and rows.flags.c_contiguous
    np.testing.assert_array_equal(by_pixel(rows, rgb), rgb)
