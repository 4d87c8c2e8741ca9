"""The demo's page: complete in itself, nothing left out, nothing let in."""

from __future__ import annotations

import base64
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sidelight_installer.page import (
    SLIDERS,
    curve_points,
    format_value,
    page,
    photos_of,
    write_page,
)

GAIN_MAP = "libavif_seine_sdr_gainmap_srgb.jpg"


def result(photo: str = "demo/a.dng", editor: str = "lightroom", **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "photo": photo,
        "editor": editor,
        "status": "written",
        "reason": "",
        "sidecar": str(Path(photo).with_suffix(".xmp")),
        "recipe": {"exposure_ev": 0.35, "blacks": -8.0, "hdr": {"enabled": True, "headroom": 2.3}},
        "reasons": [
            {"slider": "exposure_ev", "value": 0.35, "term": "subject", "text": "Too <dark> & flat"}
        ],
        "confidence": 0.724,
        "seconds": 0.4,
    }
    return values | changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the previews and sidecars of `a.dng`, but no gain map."""
    for kind in ("before", "sdr", "hdr"):
        Image.new("RGB", (32, 24), (90, 120, 150)).save(tmp_path / f"a_{kind}.jpg")
    for name in ("a.xmp", "a.dng.xmp", "a_01.dng.xmp"):
        (tmp_path / name).write_text("<x/>")
    return tmp_path


class Outline(HTMLParser):
    """Collects tags with their attributes, and checks that they nest."""

    VOID = frozenset({"meta", "img", "input", "option", "path", "polyline"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for found, attrs in self.tags if found == tag and name in attrs]


def test_results_are_grouped_by_photo_in_their_order(tmp_path: Path) -> None:
    lines = [result("demo/b.dng"), result("demo/a.dng"), result("demo/b.dng", "darktable")]
    photos = photos_of(lines, tmp_path)
    assert [photo.name for photo in photos] == ["b.dng", "a.dng"]
    assert [item["editor"] for item in photos[0].results] == ["lightroom", "darktable"]


def test_the_page_loads_nothing(folder: Path) -> None:
    outline = Outline(page(photos_of([result()], folder)))
    assert outline.open == []
    assert all(source.startswith("data:") for source in outline.values("img", "src"))
    assert not outline.values("script", "src")
    assert not [tag for tag, _ in outline.tags if tag in {"link", "iframe", "object", "base"}]
    policy = next(value for value in outline.values("meta", "content") if "default-src" in value)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_three_pictures_side_by_side_are_the_files(folder: Path) -> None:
    outline = Outline(page(photos_of([result()], folder)))
    sources = outline.values("img", "src")
    for kind, source in zip(("before", "sdr", "hdr"), sources, strict=True):
        content = base64.b64decode(source.partition(",")[2], validate=True)
        assert content == (folder / f"a_{kind}.jpg").read_bytes()
    assert outline.values("figure", "data-kind") == ["before", "sdr", "hdr"]


def test_a_gain_map_comes_with_its_numbers(folder: Path, shared: Path) -> None:
    content = (shared / "data/photos" / GAIN_MAP).read_bytes()
    (folder / "a_hdr.jpg").write_bytes(content)
    (numbers,) = Outline(page(photos_of([result()], folder))).values("figure", "data-gain")
    gain = json.loads(numbers)
    assert gain["capacity_max"] == 1.3
    assert content[slice(*gain["map"])].startswith(b"\xff\xd8")
    assert len(gain["gamma"]) == 3


def test_a_jpeg_without_a_gain_map_says_so(folder: Path) -> None:
    assert "No HDR: the JPEG holds no gain map" in page(photos_of([result()], folder))


def test_a_missing_picture_leaves_its_place(folder: Path) -> None:
    (folder / "a_sdr.jpg").unlink()
    text = page(photos_of([result()], folder))
    assert text.count("No picture") == 1
    assert Outline(text).open == []


def test_each_slider_has_value_and_reason(folder: Path) -> None:
    text = page(photos_of([result()], folder))
    assert "Too &lt;dark&gt; &amp; flat" in text
    rows = [html.unescape(re.sub("<[^>]*>", "|", row)) for row in re.findall(r"<tr>.*?</tr>", text)]
    cells = [[cell for cell in row.split("|") if cell] for row in rows]
    assert cells == [
        ["Exposure", "+0.35 EV", "Too <dark> & flat"],
        ["Blacks", "\N{MINUS SIGN}8"],
    ]
    assert "confidence 72 %" in text
    assert "up to 2.3 stops above SDR white" in text


def test_sliders_stand_in_the_order_of_the_panel(folder: Path) -> None:
    reasons = [{"slider": name, "value": 5.0, "text": ""} for name in reversed(SLIDERS)]
    reasons.insert(3, {"slider": "hdr_limit", "value": 1.0, "text": ""})
    text = page(photos_of([result(reasons=reasons, recipe=None)], folder))
    labels = re.findall(r'<th scope="row">(.*?)</th>', text)
    assert labels == [*(slider.label for slider in SLIDERS.values()), "Hdr limit"]


def test_the_sliders_are_those_of_a_recipe() -> None:
    # The page cannot import the package, which is not installed where it is made.
    from sidelight.recipe.fields import FIELDS

    assert list(SLIDERS) == [field.name for field in FIELDS]
    for field in FIELDS:
        assert SLIDERS[field.name].label == field.label
        assert abs(SLIDERS[field.name].end) == field.maximum


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("exposure_ev", 0.354, "+0.35 EV"),
        ("exposure_ev", -1, "\N{MINUS SIGN}1.00 EV"),
        ("exposure_ev", 0.004, "0"),
        ("highlights", -46.4, "\N{MINUS SIGN}46"),
        ("shadows", 0.4, "0"),
        ("temperature_mired", -12.2, "12 mired warmer"),
        ("temperature_mired", 8, "8 mired cooler"),
        ("headroom", 2.3, "+2.30"),
        ("curve", None, ""),
        ("curve", "gentle", "gentle"),
    ],
)
def test_values_read_as_in_an_editor(name: str, value: Any, text: str) -> None:
    assert format_value(name, value) == text


def test_a_tone_curve_is_drawn_from_its_offsets(folder: Path) -> None:
    from sidelight.recipe.curve import ToneCurve

    offsets = [0.0, 0.02, 0.03, 0.0, -0.01, *[0.0] * 9]
    expected = ToneCurve(tuple(offsets)).points()
    assert np.array(curve_points(offsets)) == pytest.approx(expected)
    text = page(photos_of([result(recipe={"curve": offsets})], folder))
    assert text.count("<polyline") == 1


@pytest.mark.parametrize("curve", [None, [], [0.0] * 14, "linear", [0.1, None], {"x": [0]}])
def test_identity_and_unknown_curves_are_not_drawn(curve: Any) -> None:
    assert curve_points(curve) == []


def test_links_lead_to_the_sidecars_that_exist(folder: Path) -> None:
    lines = [
        result(),
        result(editor="darktable", sidecar="demo/a.dng.xmp"),
        result("demo/gone.dng"),
    ]
    links = Outline(page(photos_of(lines, folder))).values("a", "href")
    assert [link for link in links if link.endswith(".xmp")] == [
        "a.xmp",
        "a.dng.xmp",
        "a_01.dng.xmp",
    ]


def test_a_failed_photo_gives_its_reason(folder: Path) -> None:
    failed = result(
        "demo/broken.dng",
        status="error",
        reason="the file is cut off",
        sidecar=None,
        recipe=None,
        reasons=[],
        confidence=None,
    )
    text = page(photos_of([result(), failed], folder))
    assert "<strong>error</strong>: the file is cut off" in text
    assert text.count("No picture") == 3


def test_odd_names_stay_text(tmp_path: Path) -> None:
    name = 'x"><script>alert(1).dng'
    text = page(photos_of([result(name)], tmp_path))
    assert name not in text
    assert html.escape(name) in text
    assert text.count("<script>") == 1
    assert Outline(text).open == []


def test_writing_replaces_the_page_in_one_go(folder: Path) -> None:
    path = folder / "index.html"
    path.write_text("old")
    write_page(path, photos_of([result()], folder))
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not list(folder.glob("*.part"))


def test_darktables_sidecar_is_said_to_be_sdr() -> None:
    from sidelight_installer import page as module

    hdr = {"enabled": True, "headroom": 2.3}
    assert "HDR on, up to 2.3 stops" in module._hdr(hdr, "lightroom")
    assert "the sidecar holds the SDR version" in module._hdr(hdr, "darktable")
    assert module._hdr({"enabled": False}, "darktable") == ""
