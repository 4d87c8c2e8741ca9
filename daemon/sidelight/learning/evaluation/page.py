"""The report as one HTML file that needs nothing else, loads nothing and runs no script."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from sidelight.learning.evaluation import intervals
from sidelight.learning.evaluation.charts import COLORS, curve_chart, interval_chart, number
from sidelight.learning.evaluation.picture_metrics import METRICS
from sidelight.learning.evaluation.results import (
    Evaluation,
    Measured,
    PhotoResult,
    shoot_consistency,
)
from sidelight.learning.evaluation.summary import ALL_METRICS, summarize
from sidelight.learning.evaluation.tables import (
    CHARTED,
    Summaries,
    difference_tables,
    key,
    means_table,
    slider_table,
)
from sidelight.learning.evaluation.twin_metrics import TWIN_METRICS

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control and direction characters, which a name from outside may hold."""

_PHOTO_METRICS = ("psnr_db", "ssim", "delta_e_2000", "tone_curve", "headroom_stops")


def write_page(path: Path, evaluation: Evaluation, programs: Mapping[str, str]) -> None:
    """Write the page, replacing an earlier one; it is complete or absent."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(page(evaluation, programs), encoding="utf-8", errors="backslashreplace")
    partial.replace(path)


def page(evaluation: Evaluation, programs: Mapping[str, str]) -> str:
    """Return the report as HTML text.

    Args:
        evaluation: What was measured.
        programs: Name → version of what took part.
    """
    summaries = summarize(evaluation)
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    body = "".join(
        [
            _head(evaluation),
            _tables(evaluation, summaries),
            _charts(evaluation, summaries),
            difference_tables(evaluation, summaries),
            slider_table(evaluation, summaries),
            _photos(evaluation),
            _methods(evaluation, summaries),
            _definitions(),
            _programs(evaluation, programs),
        ]
    )
    title = escape(evaluation.protocol.title)
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def _head(evaluation: Evaluation) -> str:
    protocol = evaluation.protocol
    split = protocol.split
    scenes = len({photo.case.scene for photo in evaluation.photos})
    seed = "" if split.seed is None else f" Seed {split.seed}."
    facts = [
        f"Protocol {protocol.name}: {len(evaluation.photos)} photos of {scenes} scenes, compared "
        f"at {protocol.size_px} px on the {protocol.side} side.",
        *protocol.sentences,
        f"Split {split.name}: {split.sentence}{seed}",
        intervals.DEFINITION,
    ]
    lines = "".join(f"<p>{escape(fact)}</p>" for fact in facts)
    return f"<h1>{escape(protocol.title)}</h1>{lines}"


def _tables(evaluation: Evaluation, summaries: Summaries) -> str:
    parts = ["<h2>Means</h2>", means_table(evaluation, summaries, METRICS)]
    if any(m.name in s.figures for s in summaries.values() for m in TWIN_METRICS):
        parts += ["<h2>HDR and SDR twins</h2>", means_table(evaluation, summaries, TWIN_METRICS)]
    reference = shoot_consistency(evaluation.photos, None)
    if reference is not None:
        rows = [("Reference", reference)]
        for method in evaluation.methods:
            found = summaries[method.name].neutral_consistency_deg
            if found is not None:
                rows.append((method.label, found))
        said = "; ".join(f"{label} {number(found[0], 2)}°" for label, found in rows)
        parts.append(
            "<p>White-balance consistency, mean angle to a shoot's mean neutral, of shoots with "
            f"two photos or more ({reference[1]}): {escape(said)}.</p>"
        )
    return "".join(parts)


def _charts(evaluation: Evaluation, summaries: Summaries) -> str:
    charts = []
    for metric in ALL_METRICS:
        rows = [
            (method.label, color, summaries[method.name].figures[metric.name])
            for color, method in enumerate(evaluation.methods)
            if metric.name in summaries[method.name].figures
        ]
        if metric.name in CHARTED and len(rows) > 1:
            charts.append(interval_chart(metric, rows))
    return f'<div class="charts">{"".join(charts)}</div>' if charts else ""


def _photos(evaluation: Evaluation) -> str:
    pictured = [photo for photo in evaluation.photos if photo.reference is not None]
    if not pictured:
        return ""
    stops = number(evaluation.headroom, 1)
    head = (
        f"<h2>Photos</h2><p>{len(pictured)} of {len(evaluation.photos)}, evenly spread. Tone "
        "curves: luminance of the input (scene-linear) to luminance of the output, both "
        f"sRGB-encoded; dashed is the reference. An HDR rendition is shown {stops} stops darker, "
        "with a map of what is above SDR white: black at white, white at the limit.</p>"
    )
    return head + "".join(_photo(evaluation, photo) for photo in pictured)


def _photo(evaluation: Evaluation, photo: PhotoResult) -> str:
    panes = [_pane("Input, as shot, not tone-mapped", photo.before)]
    panes.append(_pane("Reference", photo.reference, photo.reference_note))
    curves, notes = [], []
    for color, method in enumerate(evaluation.methods):
        found = photo.methods[method.name]
        if isinstance(found, str):
            notes.append(f"{method.label}: {found}")
            continue
        curves.append((method.label, color, found.curve))
        if found.pictures is not None:
            panes.append(_pane(method.label, found.pictures.sdr, found.note, color))
            if found.pictures.hdr_dark is not None:
                panes.append(_pane(f"{method.label}, HDR darkened", found.pictures.hdr_dark))
                panes.append(_pane(f"{method.label}, above white", found.pictures.above_white))
    chart = curve_chart(photo.reference_curve, curves)
    panes.append(f"<figure>{chart}<figcaption>Tone curves</figcaption></figure>")
    said = "".join(f'<p class="quiet">{escape(note)}</p>' for note in notes)
    return (
        f'<section class="photo"><h3>{escape(photo.case.name)} '
        f"<small>{escape(photo.case.scene)}</small></h3>"
        f'<div class="panes">{"".join(panes)}</div>{_photo_table(evaluation, photo)}{said}'
        "</section>"
    )


def _pane(label: str, jpeg: bytes | None, note: str = "", color: int | None = None) -> str:
    if jpeg is None:
        return ""
    source = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
    caption = escape(label)
    if color is not None:
        caption = f'<span class="key c{color % COLORS}">{caption}</span>'
    said = f" <small>{escape(note)}</small>" if note else ""
    return (
        f'<figure><img src="{source}" alt="{escape(label)}" loading="lazy">'
        f"<figcaption>{caption}{said}</figcaption></figure>"
    )


def _photo_table(evaluation: Evaluation, photo: PhotoResult) -> str:
    shown = [metric for metric in ALL_METRICS if metric.name in _PHOTO_METRICS]
    rows = []
    for color, method in enumerate(evaluation.methods):
        found = photo.methods[method.name]
        if isinstance(found, Measured):
            cells = "".join(
                f"<td>{number(found.figures.get(metric.name), metric.digits)}</td>"
                for metric in shown
            )
            rows.append(f"<tr><td>{key(method, color)}</td>{cells}</tr>")
    heads = "".join(f"<th>{escape(metric.label)}</th>" for metric in shown)
    return (
        f'<details><summary>Figures</summary><div class="scroll"><table><thead><tr><th>Method</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _methods(evaluation: Evaluation, summaries: Summaries) -> str:
    parts = []
    for color, method in enumerate(evaluation.methods):
        left = summaries[method.name].left_out
        parts.append(f"<dt>{key(method, color)}</dt><dd>{escape(method.sentence)}")
        if left:
            parts.append(f" Left out: {escape(_listed(left))}")
        parts.append("</dd>")
    for name, reason in evaluation.not_run.items():
        parts.append(f"<dt>{escape(name)}, not run</dt><dd>{escape(reason)}</dd>")
    for title, entries in (
        ("Photos that could not be measured", evaluation.failed),
        ("Training photos that could not be learned from", evaluation.not_learned),
        ("Photos without a reference", evaluation.protocol.left_out),
    ):
        if entries:
            parts.append(f"<dt>{title}</dt><dd>{escape(_listed(entries))}</dd>")
    return f"<h2>Methods</h2><dl>{''.join(parts)}</dl>"


def _listed(entries: Sequence[tuple[str, str]]) -> str:
    """Return photos by reason: `a, b: reason; c: reason`."""
    reasons: dict[str, list[str]] = {}
    for name, reason in entries:
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def _definitions() -> str:
    parts = "".join(
        f"<dt>{escape(metric.label)}</dt><dd>{escape(metric.definition)}</dd>"
        for metric in ALL_METRICS
    )
    return f"<h2>Definitions</h2><dl>{parts}</dl>"


def _programs(evaluation: Evaluation, programs: Mapping[str, str]) -> str:
    said = ", ".join(f"{name} {version}" for name, version in programs.items())
    return (
        f"<h2>Made with</h2><p>{escape(said)}. Settings of {escape(evaluation.editor)}, edits made "
        f"for {number(evaluation.headroom, 1)} stops of headroom; "
        f"{evaluation.seconds:.0f} seconds.</p>"
    )
