"""The few array calls that numpy and torch spell differently, without overhead on small arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

Array = Any
"""A numpy array or a torch tensor."""

_NUMPY = (np.ndarray, np.generic)


def namespace(x: Array) -> Any:
    """Return the module of array functions for `x`."""
    return np if isinstance(x, _NUMPY) else array_namespace(x)


def at_least(x: Array, value: float) -> Array:
    """Return max(x, value), elementwise."""
    return np.maximum(x, x.dtype.type(value)) if isinstance(x, _NUMPY) else x.clamp(min=value)


def at_most(x: Array, value: float) -> Array:
    """Return min(x, value), elementwise."""
    return np.minimum(x, x.dtype.type(value)) if isinstance(x, _NUMPY) else x.clamp(max=value)


def like(values: NDArray[Any], x: Array) -> Array:
    """Return constants in the kind, dtype and device of `x`."""
    if isinstance(x, _NUMPY):
        return values.astype(x.dtype, copy=False)
    return x.new_tensor(np.asarray(values))


def lookup(table: Array, position: Array) -> Array:
    """Return a table at fractional entries, held at its ends, in the table's dtype.

    Args:
        table: Shape (K,), K at least 2.
        position: Any shape, counted in entries from 0.
    """
    last = table.shape[0] - 1
    if isinstance(table, _NUMPY):
        at = np.clip(position, table.dtype.type(0), table.dtype.type(last))
        index = at.astype(np.int32)
        low = table.take(index, mode="clip")
        high = table.take(index + 1, mode="clip")
        return low + (high - low) * (at - index.astype(table.dtype))
    at = position.clamp(0, last)
    index = at.long().clamp(max=last - 1)
    low = table[index]
    return low + (table[index + 1] - low) * (at - index)


def stack(channels: list[Array], x: Array) -> Array:
    """Join channels along a new last axis, in the dtype of `x`."""
    if isinstance(x, _NUMPY):
        return np.stack(channels, axis=-1).astype(x.dtype, copy=False)
    return array_namespace(x).stack(channels, axis=-1)


def by_channel(rgb: Array) -> Array:
    """Return pixels of shape (..., 3) as three rows, shape (3, N)."""
    rows = rgb.reshape((-1, 3)).T
    return np.ascontiguousarray(rows) if isinstance(rows, np.ndarray) else rows


def by_pixel(rows: Array, rgb: Array) -> Array:
    """Return rows (3, N) in the shape of `rgb`, (..., 3)."""
    return rows.T.reshape(rgb.shape)
