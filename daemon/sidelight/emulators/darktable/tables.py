"""Rows of channels, and linear interpolation in a table whose entries are evenly spaced."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.base import Array


def by_channel(rgb: Array) -> Array:
    """Return pixels of shape (..., 3) as three rows, shape (3, N)."""
    rows = rgb.reshape((-1, 3)).T
    return np.ascontiguousarray(rows) if isinstance(rows, np.ndarray) else rows


def by_pixel(rows: Array, rgb: Array) -> Array:
    """Return rows (3, N) in the shape of `rgb`, (..., 3)."""
    return rows.T.reshape(rgb.shape)


def lookup(table: Array, position: Array) -> Array:
    """Return the table at fractional entries, held at its ends, in the table's dtype.

    Args:
        table: Shape (K,), K at least 2.
        position: Any shape, counted in entries from 0.
    """
    last = table.shape[0] - 1
    if isinstance(table, np.ndarray):
        at = np.clip(position, table.dtype.type(0), table.dtype.type(last))
        index = at.astype(np.int32)
        low = table.take(index, mode="clip")
        high = table.take(index + 1, mode="clip")
        high -= low
        at -= index.astype(table.dtype)
        high *= at
        high += low
        return high
    at = position.clamp(0, last)
    index = at.long().clamp(max=last - 1)
    low = table[index]
    return low + (table[index + 1] - low) * (at - index)
