from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest

from sidelight.learning.evaluation.page import POLICY, page, write_page
from sidelight.learning.evaluation.results import Evaluation, Measured

HOSTILE = '<script>alert("1")</script>\u202e&amp;\udc80.dng'


@pytest.fixture
def hostile(evaluation: Evaluation) -> Evaluation:
    """A run in which every name and sentence from outside is markup."""
    photo = evaluation.photos[0]
    found = photo.methods["auto"]
    assert isinstance(found, Measured)
    case = replace(photo.case, name=HOSTILE, scene=HOSTILE)
    noted = {"auto": replace(found, note=HOSTILE), "identity": HOSTILE}
    return replace(
        evaluation,
        photos=(replace(photo, case=case, reference_note=HOSTILE, methods=noted),),
        not_run={HOSTILE: HOSTILE},
        failed=((HOSTILE, HOSTILE),),
        protocol=replace(
            evaluation.protocol, title=HOSTILE, sentences=(HOSTILE,), left_out=((HOSTILE, HOSTILE),)
        ),
    )


def test_the_page_needs_nothing_and_runs_nothing(evaluation: Evaluation):
    text = page(evaluation, {"sidelight": "1"})
    document = lxml.html.fromstring(text)
    assert not list(document.iter("script", "link", "iframe", "object", "embed"))
    sources = [element.get("src") for element in document.iter("img")]
    assert len(sources) >= 12 and all(s.startswith("data:image/jpeg;base64,") for s in sources)
    assert "url(" not in text and "@import" not in text
    assert not re.search(r'(?:href|src|action)="(?!data:)', text)
    policy = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == [POLICY] and "default-src 'none'" in POLICY and "script" not in POLICY


def test_it_shows_means_photos_curves_and_definitions(evaluation: Evaluation):
    document = lxml.html.fromstring(page(evaluation, {"sidelight": "1"}))
    text = document.text_content()
    for part in ("Sidelight auto", "No edit", "PSNR", "a.dng", "18 % grey", "sidelight 1"):
        assert part in text
    assert len(document.xpath("//svg[@class='curve']")) == 3
    assert len(document.xpath("//figure[@class='chart']")) >= 4
    assert "HDR and SDR twins" not in text, "there are none"


def test_names_from_outside_are_text(hostile: Evaluation, tmp_path: Path):
    write_page(tmp_path / "page.html", hostile, {HOSTILE: HOSTILE})
    text = (tmp_path / "page.html").read_text("utf-8")
    document = lxml.html.fromstring(text)
    assert not list(document.iter("script"))
    assert text.count("&lt;script&gt;") >= 8
    assert '<script>alert("1")</script>' in document.text_content()
    assert "\u202e" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
