"""darktable's rgb curve, linked channels, monotone Hermite, on linear light.

Tangents after Fritsch and Carlson (1980) with arithmetic means of the neighbouring slopes. Above
the last node the curve goes on as y0 (x / x0)^m, m averaged from the curve at 0.7, 0.8 and 0.9.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.editors.darktable.operations import curve_nodes
from sidelight.emulators.arrays import at_least, at_most, like, lookup, namespace
from sidelight.emulators.base import Array
from sidelight.recipe.curve import knot_positions

_ENCODED_X: NDArray[np.float64] = knot_positions()
NODES_X: NDArray[np.float64] = np.array(curve_nodes(_ENCODED_X.tolist()))
"""Linear positions of the nodes, shape (16,), 0 to 1."""

_CELLS = 512
_STEP = 1e-4
_WIDTHS = np.diff(NODES_X)
# The table is even in the square root of light, which spreads the dark end; it holds square
# roots, which are nearly straight there.
_TABLE_X = np.linspace(0.0, 1.0, _CELLS + 1) ** 2
_UPPER_X = np.array([0.7, 0.8, 0.9])


def _hermite(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of node values and node tangents at `x`, shape (len(x), 32)."""
    count = len(NODES_X)
    i = np.clip(np.searchsorted(NODES_X, x, side="right") - 1, 0, count - 2)
    h = _WIDTHS[i]
    t = (x - NODES_X[i]) / h
    weights = np.zeros((len(x), 2 * count))
    rows = np.arange(len(x))
    weights[rows, i] = (1 + 2 * t) * (1 - t) ** 2
    weights[rows, i + 1] = t * t * (3 - 2 * t)
    weights[rows, count + i] = h * t * (1 - t) ** 2
    weights[rows, count + i + 1] = h * t * t * (t - 1)
    return weights


_WEIGHTS = _hermite(np.concatenate([_TABLE_X, _UPPER_X]))
_UPPER_LOG = np.log(_UPPER_X)


def _free_tangents() -> NDArray[np.float64]:
    """Return the matrix from node values to tangents where none is held back, (16, 16)."""
    slopes = (np.eye(len(NODES_X))[1:] - np.eye(len(NODES_X))[:-1]) / _WIDTHS[:, None]
    return np.vstack([slopes[:1], 0.5 * (slopes[:-1] + slopes[1:]), slopes[-1:]])


_FREE_TANGENTS = _free_tangents()
_FREE_CURVE = _WEIGHTS[:, : len(NODES_X)] + _WEIGHTS[:, len(NODES_X) :] @ _FREE_TANGENTS
"""Table of the curve per node value where no tangent is held back."""


def node_values(offsets: Array) -> Array:
    """Return linear y of all 16 nodes, of the 14 inner knots' offsets on the encoded axis."""
    xp = namespace(offsets)
    x = like(_ENCODED_X, offsets)
    inner = at_most(at_least(x[1:-1] + offsets, 0.0), 1.0)
    decoded = xp.where(inner <= 0.04045, inner / 12.92, ((inner + 0.055) / 1.055) ** 2.4)
    return xp.concat([x[:1], decoded, x[-1:]])


def tangents(y: Array) -> Array:
    """Return dy/dx at the 16 nodes; Fritsch and Carlson's circle is walked from left to right."""
    xp = namespace(y)
    values = y.tolist() if isinstance(y, np.ndarray) else list(y)
    slope = [(b - a) / w for a, b, w in zip(values, values[1:], _WIDTHS.tolist(), strict=False)]
    m = [slope[0], *_means(slope), slope[-1]]
    for i, d in enumerate(slope):
        if abs(d) < 1e-12:
            m[i], m[i + 1] = 0.0 * d, 0.0 * d
            continue
        radius = (m[i] * m[i] + m[i + 1] * m[i + 1]) / (d * d)
        if radius > 9.0:
            shrink = 3.0 / radius**0.5
            m[i], m[i + 1] = m[i] * shrink, m[i + 1] * shrink
    return np.array(m, dtype=y.dtype) if isinstance(y, np.ndarray) else xp.stack(m)


def _means(slope: list[Any]) -> list[Any]:
    return [0.5 * (a + b) if a * b > 0.0 else 0.0 * a for a, b in pairwise(slope)]


def apply(rgb: Array, offsets: Array) -> Array:
    """Return pixels through the curve; negative light becomes 0.

    Args:
        rgb: Linear Rec.2020, shape (..., 3).
        offsets: (14,) offsets of the inner knots on the sRGB-encoded axis.
    """
    xp = namespace(rgb)
    y = node_values(offsets)
    values = like(_WEIGHTS, y) @ xp.concat([y, tangents(y)])
    table, upper = values[: _CELLS + 1], values[_CELLS + 1 :]
    # The floor keeps the root's derivative finite where light is 0.
    root = lookup(xp.sqrt(at_least(table, 1e-12)), xp.sqrt(at_least(rgb, 1e-12)) * _CELLS)
    inside = xp.where(rgb > 0.0, root * root, 0.0 * rgb)
    if rgb.max() <= 1.0:
        return inside
    # y = x^m through (1, 1): m is the mean of log y / log x.
    power = xp.mean(xp.log(at_least(upper, 1e-9)) / like(_UPPER_LOG, y))
    return xp.where(rgb > 1.0, xp.exp(power * xp.log(at_least(rgb, 1.0))), inside)


def _many_tangents(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `tangents` of several curves at once, shape (K, 16) → (K, 16)."""
    slope = np.diff(y, axis=1) / _WIDTHS
    means = np.where(slope[:, :-1] * slope[:, 1:] > 0.0, 0.5 * (slope[:, :-1] + slope[:, 1:]), 0.0)
    m = np.hstack([slope[:, :1], means, slope[:, -1:]])
    flat = np.abs(slope) < 1e-12
    safe = np.where(flat, 1.0, slope)
    # Tangents only ever shrink, so what lies within the circle now stays within it.
    steep = m[:, :-1] ** 2 + m[:, 1:] ** 2 > 9.0 * safe * safe
    for i in np.flatnonzero((steep | flat).any(axis=0)):
        radius = (m[:, i] ** 2 + m[:, i + 1] ** 2) / safe[:, i] ** 2
        shrink = np.where(radius > 9.0, 3.0 / np.sqrt(np.maximum(radius, 9.0)), 1.0)
        shrink = np.where(flat[:, i], 0.0, shrink)
        m[:, i] *= shrink
        m[:, i + 1] *= shrink
    return m


def derivatives(
    rgb: NDArray[np.floating], after: NDArray[np.floating], offsets: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return d(after)/d(offsets), shape (14, ..., 3), by differences of the nodes alone.

    Args:
        rgb, after: Pixels before and after `apply`, shape (..., 3).
        offsets: (14,) as in `apply`.
    """
    y = node_values(np.asarray(offsets, dtype=np.float64))
    raised = node_values(np.asarray(offsets, dtype=np.float64) + _STEP)
    tangent = tangents(y)
    base = np.concatenate([y, tangent])
    if np.allclose(tangent, _FREE_TANGENTS @ y, rtol=1e-9, atol=1e-12):
        # No tangent is held back: the whole curve is linear in its nodes.
        by_offset = ((raised - y)[1:-1, None] / _STEP) * _FREE_CURVE[:, 1:-1].T
    else:
        inner = np.arange(len(y) - 2)
        moved = np.tile(y, (len(inner), 1))
        moved[inner, inner + 1] = raised[1:-1]
        changes = (np.hstack([moved, _many_tangents(moved)]) - base) / _STEP
        by_offset = changes @ _WEIGHTS.T
    table = np.ascontiguousarray(by_offset[:, : _CELLS + 1], dtype=rgb.dtype)
    position = np.clip(np.sqrt(np.maximum(rgb, 0.0)), 0.0, 1.0) * rgb.dtype.type(_CELLS)
    index = np.minimum(position.astype(np.int32), _CELLS - 1)
    low = table.take(index, axis=1)
    result = table.take(index + 1, axis=1)
    result -= low
    result *= position - index.astype(rgb.dtype)
    result += low
    above = rgb > 1.0
    if above.any():
        upper = np.maximum((_WEIGHTS @ base)[_CELLS + 1 :], 1e-9)
        power = (by_offset[:, _CELLS + 1 :] / (upper * _UPPER_LOG)).mean(axis=1)
        result[:, above] = power[:, None] * (after[above] * np.log(rgb[above]))
    return result
