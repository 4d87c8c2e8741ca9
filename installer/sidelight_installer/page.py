"""The demo's contact sheet: one HTML file that needs nothing else and loads nothing."""

from __future__ import annotations

import base64
import glob
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sidelight_installer.gain_map import GainMapError, read_gain_map

PANES = (("before", "Before"), ("sdr", "SDR"), ("hdr", "HDR"))
EDITORS = {"lightroom": "Lightroom", "darktable": "darktable"}


@dataclass(frozen=True)
class Slider:
    """How the page shows a setting: its label, the end of its range, its unit, its decimals."""

    label: str
    end: float
    unit: str = ""
    decimals: int = 0


SLIDERS: dict[str, Slider] = {
    # Lower mired is warmer, and warm is on the right in every editor.
    "temperature_mired": Slider("Temperature", -150.0, "mired"),
    "tint": Slider("Tint", 150.0),
    "exposure_ev": Slider("Exposure", 5.0, "EV", 2),
    "contrast": Slider("Contrast", 100.0),
    "highlights": Slider("Highlights", 100.0),
    "shadows": Slider("Shadows", 100.0),
    "whites": Slider("Whites", 100.0),
    "blacks": Slider("Blacks", 100.0),
    "vibrance": Slider("Vibrance", 100.0),
    "saturation": Slider("Saturation", 100.0),
}


@dataclass(frozen=True)
class Photo:
    """A developed photo: its name, the folder of its previews, one result per editor."""

    name: str
    folder: Path
    results: tuple[Mapping[str, Any], ...]

    @property
    def stem(self) -> str:
        """The name without its ending, as the previews have it."""
        return Path(self.name).stem

    def previews(self) -> list[Path]:
        """Return the JPEGs of it that exist."""
        paths = [self.folder / f"{self.stem}_{kind}.jpg" for kind, _ in PANES]
        return [path for path in paths if path.is_file()]

    def sidecars(self, result: Mapping[str, Any]) -> list[Path]:
        """Return a result's sidecars that exist: the one it names, and darktable's duplicates.

        darktable reads a duplicate, here the HDR twin, from `NAME_01.EXT.xmp` and so on.
        """
        named = result.get("sidecar")
        found = [self.folder / Path(str(named)).name] if named else []
        if named and result.get("editor") == "darktable":
            ending = Path(self.name).suffix
            pattern = f"{glob.escape(self.stem)}_[0-9][0-9]{glob.escape(ending)}.xmp"
            found += sorted(self.folder.glob(pattern))
        return [path for path in found if path.is_file()]


def photos_of(results: Iterable[Mapping[str, Any]], folder: Path) -> list[Photo]:
    """Group the lines of `sidelight auto --json` by photo, in the order they came."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        grouped.setdefault(Path(str(result["photo"])).name, []).append(result)
    return [Photo(name, folder, tuple(items)) for name, items in grouped.items()]


def write_page(path: Path, photos: Iterable[Photo]) -> None:
    """Write the contact sheet, replacing an earlier one."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(page(photos), encoding="utf-8")
    aside.replace(path)


def page(photos: Iterable[Photo]) -> str:
    """Return the contact sheet as HTML text."""
    here = Path(__file__).parent
    text = (here / "page.html").read_text(encoding="utf-8")
    parts = {
        "/* style */": (here / "page.css").read_text(encoding="utf-8"),
        "/* script */": (here / "page.js").read_text(encoding="utf-8"),
        "<!-- photos -->": "\n".join(_photo(photo) for photo in photos),
    }
    for mark, content in parts.items():
        text = text.replace(mark, content)
    return text


def _photo(photo: Photo) -> str:
    panes = "".join(_pane(photo, kind, label) for kind, label in PANES)
    edits = "".join(_edit(photo, result) for result in photo.results)
    return (
        f'<section class="photo" id="{escape(photo.stem)}">'
        f"<h2>{escape(photo.name)}</h2>"
        f'<div class="panes">{panes}</div><div class="edits">{edits}</div></section>'
    )


def _pane(photo: Photo, kind: str, label: str) -> str:
    path = photo.folder / f"{photo.stem}_{kind}.jpg"
    try:
        content = path.read_bytes()
    except OSError:
        return (
            f'<figure class="pane empty"><div class="frame">No picture</div>'
            f"<figcaption>{label}</figcaption></figure>"
        )
    gain = ""
    note = ""
    if kind == "hdr":
        try:
            numbers = json.dumps(read_gain_map(content).to_json(), separators=(",", ":"))
            gain = f' data-gain="{escape(numbers)}"'
        except GainMapError as error:
            note = f"No HDR: {error}"
    source = "data:image/jpeg;base64," + base64.b64encode(content).decode("ascii")
    return (
        f'<figure class="pane" data-kind="{kind}"{gain}>'
        f'<div class="frame"><img src="{source}" alt="{escape(photo.name)}, {label}">'
        f'<canvas hidden></canvas><output class="probe" hidden></output></div>'
        f'<figcaption><a href="{quote(path.name)}">{label}</a>'
        f'<span class="note">{escape(note)}</span></figcaption></figure>'
    )


def _edit(photo: Photo, result: Mapping[str, Any]) -> str:
    editor = str(result.get("editor", ""))
    head = f"<h3>{escape(EDITORS.get(editor, editor))}</h3>{_confidence(result.get('confidence'))}"
    status = str(result.get("status", ""))
    reason = str(result.get("reason") or "")
    body = ""
    if status != "written":
        reason = reason or "no reason was given"
        body = f'<p class="status"><strong>{escape(status)}</strong>: {escape(reason)}</p>'
    elif reason:
        body = f'<p class="status">{escape(reason)}</p>'
    recipe = result.get("recipe")
    recipe = recipe if isinstance(recipe, Mapping) else {}
    body += _sliders(result.get("reasons") or [], recipe)
    body += _hdr(recipe.get("hdr"), editor) + _curve(recipe.get("curve"))
    return f'<article class="edit"><header>{head}{_files(photo, result)}</header>{body}</article>'


def _confidence(value: Any) -> str:
    number = _number(value)
    if number is None:
        return ""
    share = round(100 * min(max(number, 0.0), 1.0))
    return f'<span class="confidence" title="How sure the edit is">confidence {share} %</span>'


def _files(photo: Photo, result: Mapping[str, Any]) -> str:
    return "".join(
        f'<a class="file" href="{quote(path.name)}">{escape(path.name)}</a>'
        for path in photo.sidecars(result)
    )


def _sliders(reasons: Any, recipe: Mapping[str, Any]) -> str:
    """Return the table of settings, in the order of an editor's panel: those with a reason, and
    those without one that are not zero."""
    found: list[tuple[str, Any, str]] = []
    for reason in reasons:
        name = str(reason.get("slider") or "")
        value = reason.get("value")
        value = recipe.get(name) if value is None else value
        found.append((name, value, str(reason.get("text") or "")))
    named = {name for name, _, _ in found}
    found += [
        (name, recipe[name], "")
        for name in SLIDERS
        if name not in named and (_number(recipe.get(name)) or 0.0) != 0.0
    ]
    if not found:
        return ""
    order = {name: index for index, name in enumerate(SLIDERS)}
    found.sort(key=lambda row: order.get(row[0], len(order)))
    rows = "".join(_row(*row) for row in found)
    return f'<table class="sliders"><tbody>{rows}</tbody></table>'


def _row(name: str, value: Any, text: str) -> str:
    slider = SLIDERS.get(name)
    label = slider.label if slider else name.replace("_", " ").capitalize()
    number = _number(value)
    bar = _bar(number / slider.end) if slider and number is not None else ""
    return (
        f'<tr><th scope="row">{escape(label)}</th><td class="bar">{bar}</td>'
        f'<td class="value">{escape(format_value(name, value))}</td>'
        f"<td>{escape(text)}</td></tr>"
    )


def format_value(name: str, value: Any) -> str:
    """Return a setting as an editor would show it: `+0.35 EV`, `-12`, `8 mired warmer`."""
    number = _number(value)
    if number is None:
        return "" if value is None else str(value)
    slider = SLIDERS.get(name, Slider("", 1.0, decimals=2))
    if abs(number) < 0.5 * 10**-slider.decimals:
        return "0"
    if name == "temperature_mired":
        return f"{abs(number):.0f} mired {'warmer' if number < 0 else 'cooler'}"
    shown = f"{number:+.{slider.decimals}f}".replace("-", "\N{MINUS SIGN}")
    return f"{shown} {slider.unit}".strip()


def _bar(share: float) -> str:
    share = min(max(share, -1.0), 1.0)
    left, width = 50 + min(share, 0.0) * 50, abs(share) * 50
    return (
        f'<span class="track"><span class="fill" style="left:{left:.1f}%;width:{width:.1f}%">'
        f'</span><span class="knob" style="left:{50 + share * 50:.1f}%"></span></span>'
    )


def _hdr(hdr: Any, editor: str) -> str:
    if not isinstance(hdr, Mapping) or not hdr.get("enabled"):
        return ""
    headroom = _number(hdr.get("headroom"))
    room = "" if headroom is None else f", up to {headroom:.1f} stops above SDR white"
    if editor == "darktable":
        return f'<p class="hdr">Solved for HDR{room}; the sidecar holds the SDR version.</p>'
    return f'<p class="hdr">HDR on{room}.</p>'


def _curve(offsets: Any) -> str:
    """Return a tone curve, given as the offsets of its inner knots from identity, as SVG."""
    points = curve_points(offsets)
    if not points:
        return ""
    line = " ".join(f"{100 * x:.1f},{100 - 100 * y:.1f}" for x, y in points)
    return (
        '<figure class="curve"><svg viewBox="-1 -1 102 102" role="img" aria-label="Tone curve">'
        '<path class="grid" d="M0 25H100M0 50H100M0 75H100M25 0V100M50 0V100M75 0V100"/>'
        f'<path class="grid" d="M0 100L100 0"/><polyline points="{line}"/></svg>'
        "<figcaption>Tone curve</figcaption></figure>"
    )


def curve_points(offsets: Any) -> list[tuple[float, float]]:
    """Return the knots of a tone curve in 0..1, or nothing for identity or another format."""
    if not isinstance(offsets, (list, tuple)):
        return []
    values = [_number(item) for item in offsets]
    if not values or None in values or not any(values):
        return []
    step = 1 / (len(values) + 1)
    inner = [(step * (i + 1), step * (i + 1) + (v or 0.0)) for i, v in enumerate(values)]
    return [(0.0, 0.0), *((x, min(max(y, 0.0), 1.0)) for x, y in inner), (1.0, 1.0)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
