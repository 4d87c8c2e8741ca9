"""Charts as inline SVG: means with intervals, and tone curves."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from sidelight.learning.evaluation.intervals import Estimate
from sidelight.learning.evaluation.picture_metrics import Metric

COLORS = 10
"""Colours in the style sheet: classes `c0` to `c9`."""

_ROW = 22
_LEFT, _WIDTH, _RIGHT = 190, 330, 70


def interval_chart(metric: Metric, rows: Sequence[tuple[str, int, Estimate]]) -> str:
    """Return dots with whiskers, one row a method.

    Args:
        metric: What is shown.
        rows: Label, number of the colour, mean with interval.
    """
    values = [v for _, _, e in rows for v in (e.mean, e.low, e.high) if v is not None]
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    low, high = low - margin, high + margin
    height = _ROW * len(rows) + 26

    def x(value: float) -> float:
        return _LEFT + _WIDTH * (value - low) / (high - low)

    parts = []
    for index, (label, color, found) in enumerate(rows):
        y = _ROW * index + 14
        mean = number(found.mean, metric.digits)
        title = escape(f"{label}: {mean} {metric.unit}")
        parts.append(
            f'<text class="name" text-anchor="end" font-size="12" x="{_LEFT - 10}" '
            f'y="{y + 4}">{escape(label)}</text>'
        )
        if found.low is not None and found.high is not None:
            start, end = x(found.low), x(found.high)
            parts.append(
                f'<path class="whisker c{color % COLORS}" d="M{start:.1f} {y}H{end:.1f}'
                f'M{start:.1f} {y - 4}v8M{end:.1f} {y - 4}v8"/>'
            )
        parts.append(
            f'<circle class="c{color % COLORS}" cx="{x(found.mean):.1f}" cy="{y}" r="4.5">'
            f"<title>{title}</title></circle>"
            f'<text font-size="12" x="{_LEFT + _WIDTH + 10}" y="{y + 4}">{mean}</text>'
        )
    axis = height - 20
    parts.append(f'<path class="axis" d="M{_LEFT} {axis}H{_LEFT + _WIDTH}"/>')
    for value in np.linspace(low + margin, high - margin, 3):
        parts.append(
            f'<text class="tick" text-anchor="middle" font-size="12" x="{x(float(value)):.1f}" '
            f'y="{height - 5}">{number(float(value), metric.digits)}</text>'
        )
    width = _LEFT + _WIDTH + _RIGHT
    unit = f" ({metric.unit})" if metric.unit else ""
    caption = f"{metric.label}{unit}, {metric.better} is better"
    return (
        f'<figure class="chart"><figcaption>{escape(caption)}</figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(caption)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def curve_chart(
    reference: NDArray[np.float64], curves: Sequence[tuple[str, int, NDArray[np.float64]]]
) -> str:
    """Return tone curves, input to output luminance, both sRGB-encoded.

    Args:
        reference: (N,) values at N equal steps of 0..1, NaN where unknown; drawn dashed.
        curves: Label, number of the colour, values.
    """
    lines = [_line(values, f'class="c{color % COLORS}"', label) for label, color, values in curves]
    lines.append(_line(reference, 'class="reference"', "Reference"))
    return (
        '<svg class="curve" viewBox="-1 -1 102 102" role="img" aria-label="Tone curves">'
        '<path class="grid" d="M0 0H100V100H0ZM0 25H100M0 50H100M0 75H100M25 0V100M50 0V100'
        'M75 0V100M0 100L100 0"/>' + "".join(lines) + "</svg>"
    )


def number(value: float | None, digits: int) -> str:
    """Return a number with a true minus sign, a dash for none."""
    if value is None:
        return "\N{EN DASH}"
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _line(values: NDArray[np.float64], attributes: str, label: str) -> str:
    steps = len(values)
    points = " ".join(
        f"{100 * (index + 0.5) / steps:.1f},{100 - 100 * float(value):.1f}"
        for index, value in enumerate(values)
        if np.isfinite(value)
    )
    return f'<polyline {attributes} points="{points}"><title>{escape(label)}</title></polyline>'
