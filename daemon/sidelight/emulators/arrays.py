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
    """Interpolate linearly in a table; `position` counts entries and is held inside it."""
    last = table.shape[0] - 2
    position = at_most(at_least(position, 0.0), last + 1.0)
    if isinstance(position, _NUMPY):
        index = np.minimum(position.astype(np.int32), last)
        part = position - index.astype(position.dtype)
    else:
        index = position.long().clamp(max=last)
        part = position - index
    low = table[index]
    return low + (table[index + 1] - low) * part


def stack(channels: list[Array], x: Array) -> Array:
    """Join channels along a new last axis, in the dtype of `x`."""
    if isinstance(x, _NUMPY):
        return np.stack(channels, axis=-1).astype(x.dtype, copy=False)
    return array_namespace(x).stack(channels, axis=-1)
