"""Undo for a script: the real helper program, and sidecars as darktable leaves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.editors.base import Order
from sidelight.editors.darktable.terms import terms_of
from sidelight.editors.darktable.writing import write_terms
from sidelight.recipe import PhotoInfo, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance

BEFORE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def written(home: Path, sidecar: Path, name: str | None = None) -> None:
    terms = terms_of(Recipe(exposure_ev=0.5), PhotoInfo(sidecar, False, RelativeWhiteBalance()))
    order = Order(home / "state" / "first_versions", "batch")
    assert write_terms(sidecar, terms, order, name).status == "written"


def test_each_sidecar_is_told(home: Path, script, tmp_path: Path) -> None:
    own, made, foreign, damaged, changed = (tmp_path / f"{name}.jpg.xmp" for name in "abcde")
    own.write_bytes(BEFORE)
    written(home, own)
    written(home, made, "Sidelight")
    foreign.write_bytes(BEFORE)
    written(home, damaged)
    damaged.write_bytes(b"<not xml")
    written(home, changed)
    edited = changed.read_bytes().replace(b'operation="sigmoid"', b'operation="filmicrgb"')
    changed.write_bytes(edited)
    talk = script(home, action="undo")
    for number, sidecar in enumerate((own, made, foreign, damaged, changed)):
        talk.send("undo", id=number, sidecar=sidecar)
    answers = [talk.hear("undone", id=number).fields for number in range(5)]
    statuses = [each["status"] for each in answers]
    assert statuses == ["restored", "removed", "skipped", "error", "error"]
    assert "changed" in answers[4]["text"]
    assert own.read_bytes() == BEFORE
    assert not made.exists()
    assert foreign.read_bytes() == BEFORE
    assert damaged.read_bytes() == b"<not xml"
    assert changed.read_bytes() == edited
    assert talk.end() == 0


def test_an_earlier_edit_is_told_from_none(home: Path, script, tmp_path: Path) -> None:
    edited, bare = tmp_path / "a.jpg.xmp", tmp_path / "b.jpg.xmp"
    written(tmp_path / "elsewhere", edited)  # somebody else's, as far as this home knows
    before = edited.read_bytes()
    terms = terms_of(Recipe(exposure_ev=1.0), PhotoInfo(edited, False, RelativeWhiteBalance()))
    write_terms(edited, terms, Order(home / "state" / "first_versions", "batch", overwrite=True))
    bare.write_bytes(BEFORE)
    written(home, bare)
    talk = script(home, action="undo")
    talk.send("undo", id=1, sidecar=edited)
    talk.send("undo", id=2, sidecar=bare)
    assert talk.hear("undone", id=1).fields["edited"] == "1"
    assert talk.hear("undone", id=2).fields["edited"] == "0"
    assert edited.read_bytes() == before


def test_orders_that_make_no_sense_end_the_talk(home: Path, script) -> None:
    talk = script(home, action="undo")
    talk.send("undo", id=1)
    assert "unknown" in talk.hear("fatal").fields["text"]


def test_nothing_more_is_undone_after_a_cancel(home: Path, script, tmp_path: Path) -> None:
    sidecar = tmp_path / "a.jpg.xmp"
    written(home, sidecar)
    after = sidecar.read_bytes()
    talk = script(home, action="undo")
    talk.send("cancel")
    talk.send("undo", id=1, sidecar=sidecar)
    assert talk.helper.wait(30) == 0
    assert sidecar.read_bytes() == after
