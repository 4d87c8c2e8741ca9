"""Tables of the report: means with intervals, differences of methods, sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sidelight.learning.evaluation.charts import COLORS, number
from sidelight.learning.evaluation.intervals import Estimate
from sidelight.learning.evaluation.methods import Method
from sidelight.learning.evaluation.picture_metrics import Metric
from sidelight.learning.evaluation.results import Evaluation
from sidelight.learning.evaluation.slider_metrics import DEFINITIONS
from sidelight.learning.evaluation.summary import ALL_METRICS, MethodSummary, better
from sidelight.recipe.fields import FIELDS

CHARTED = (
    "psnr_db", "ssim", "delta_e_2000", "tone_curve", "neutral_error_deg", "headroom_stops",
    "delta_e_itp",
)  # fmt: skip
"""Metrics that are drawn, and compared between methods."""

Summaries = Mapping[str, MethodSummary]


def means_table(evaluation: Evaluation, summaries: Summaries, metrics: Sequence[Metric]) -> str:
    """Return the means of each method, the best of each metric in bold; empty methods left out."""
    shown = [m for m in metrics if any(m.name in s.figures for s in summaries.values())]
    heads = "".join(
        f"<th>{escape(m.label)}{f' ({m.unit})' if m.unit else ''} "
        f"{'↑' if m.better == 'higher' else '↓'}</th>"
        for m in shown
    )
    best = {m.name: _best(m, summaries) for m in shown}
    rows = []
    for color, method in enumerate(evaluation.methods):
        figures = summaries[method.name].figures
        photos = max((figures[m.name].photos for m in shown if m.name in figures), default=0)
        if not photos:
            continue
        cells = "".join(_cell(m, figures.get(m.name), best[m.name]) for m in shown)
        rows.append(f"<tr><td>{key(method, color)}</td><td>{photos}</td>{cells}</tr>")
    return (
        '<div class="scroll"><table><thead><tr><th>Method</th><th>Photos</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _best(metric: Metric, summaries: Summaries) -> float:
    """Return the best mean among the methods that have the most photos: others had it easier."""
    found = [s.figures[metric.name] for s in summaries.values() if metric.name in s.figures]
    most = max(item.photos for item in found)
    means = [item.mean for item in found if item.photos == most]
    return max(means) if metric.better == "higher" else min(means)


def _cell(metric: Metric, found: Estimate | None, best: float) -> str:
    if found is None:
        return "<td>–</td>"
    mark = ' class="best"' if found.mean == best else ""
    return f"<td><span{mark}>{number(found.mean, metric.digits)}</span>{_range(metric, found)}</td>"


def _range(metric: Metric, found: Estimate) -> str:
    if found.low is None:
        return ""
    low, high = number(found.low, metric.digits), number(found.high, metric.digits)
    return f'<span class="range">{low} … {high}</span>'


def key(method: Method, color: int) -> str:
    """Return a method's label with its colour."""
    return f'<span class="key c{color % COLORS}">{escape(method.label)}</span>'


def difference_tables(evaluation: Evaluation, summaries: Summaries) -> str:
    """Return, for each method, its differences from the others; empty with one method alone."""
    labels = {method.name: method.label for method in evaluation.methods}
    shown = [metric for metric in ALL_METRICS if metric.name in CHARTED]
    parts = []
    for method in evaluation.methods:
        versus = summaries[method.name].versus
        if not versus:
            continue
        heads = "".join(f"<th>{escape(metric.label)}</th>" for metric in shown)
        rows = "".join(
            f"<tr><td>minus {escape(labels[other])}</td>"
            + "".join(_difference(metric, found.get(metric.name)) for metric in shown)
            + "</tr>"
            for other, found in versus.items()
        )
        parts.append(
            f'<details><summary>{escape(method.label)}</summary><div class="scroll"><table>'
            f"<thead><tr><th>Difference</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
            "</details>"
        )
    if not parts:
        return ""
    return (
        "<h2>Is one better than another?</h2><p>Differences on the photos that both have. Better "
        "or worse only where the whole interval is on one side of zero; with many comparisons "
        "some will be by chance.</p>" + "".join(parts)
    )


def _difference(metric: Metric, found: Estimate | None) -> str:
    if found is None:
        return "<td>–</td>"
    verdict = better(metric, found)
    sign = "+" if found.mean > 0 else ""
    return (
        f'<td><span class="{verdict}">{sign}{number(found.mean, metric.digits)} '
        f"{verdict}</span>{_range(metric, found)}</td>"
    )


def slider_table(evaluation: Evaluation, summaries: Summaries) -> str:
    """Return slider figures; empty where no reference's own settings are known."""
    rows = []
    for color, method in enumerate(evaluation.methods):
        found = summaries[method.name].sliders
        if found is None:
            continue
        cells = "".join(
            f"<td>{number(found.mean_absolute_error[item.name], 1)}"
            f'<span class="range">ρ {number(found.rank_correlation[item.name], 2)}, '
            f"R² {number(found.r_squared[item.name], 2)}</span></td>"
            for item in FIELDS
        )
        rows.append(
            f"<tr><td>{key(method, color)}</td><td>{found.photos}</td>"
            f"<td>{number(found.overall_error, 1)}</td><td>{100 * found.touch_rate:.0f} %</td>"
            f"{cells}</tr>"
        )
    if not rows:
        return ""
    heads = "".join(f"<th>{escape(item.label)}</th>" for item in FIELDS)
    notes = "".join(f"<p>{escape(f'{n}: {text}')}</p>" for n, text in DEFINITIONS.items())
    return (
        "<h2>Sliders</h2><p>Mean absolute error in slider points, rank correlation and R², where "
        "the reference's own settings are known. Different settings may look alike.</p>"
        '<div class="scroll"><table><thead><tr><th>Method</th><th>Photos</th><th>Mean</th>'
        f"<th>Touch rate</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f"<details><summary>Definitions</summary>{notes}</details>"
    )
