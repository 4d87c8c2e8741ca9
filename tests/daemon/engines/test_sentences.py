"""Reasons are one sentence a photographer can read."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.objective import key_ev, terms_for
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sentences import photo_notes, reason_text
from sidelight.imaging.image import Image, Preview
from sidelight.recipe.fields import BY_NAME


@pytest.fixture
def scene(landscape: Image) -> Scene:
    return analyse(landscape)


@pytest.mark.parametrize(
    ("slider", "value", "beginning"),
    [
        ("exposure_ev", 0.456, "Exposure +0.46 EV "),
        ("exposure_ev", -1.0, "Exposure \N{MINUS SIGN}1.00 EV "),
        ("highlights", -38.0, "Highlights \N{MINUS SIGN}38 "),
        ("saturation", 7.0, "Saturation +7 "),
        ("temperature_mired", -12.0, "Temperature \N{MINUS SIGN}12 "),
    ],
)
def test_it_begins_with_the_slider_and_its_value(
    scene: Scene, slider: str, value: float, beginning: str
) -> None:
    assert reason_text(slider, value, "placement", scene, "span").startswith(beginning)


@pytest.mark.parametrize("slider", sorted(BY_NAME))
@pytest.mark.parametrize("why", ["span", "night", "camera"])
def test_every_term_makes_one_sentence(scene: Scene, slider: str, why: str) -> None:
    names = {term.name for term in terms_for(scene, 2.3, *key_ev(scene))}
    texts = {reason_text(slider, 10.0, name, scene, why) for name in names}
    assert len(texts) == len(names)
    for text in texts:
        assert re.fullmatch(r"[A-Z][^{}\n]*[a-z]\.", text), text
        assert len(text) < 200


def test_the_key_says_what_decided_it(scene: Scene) -> None:
    texts = {
        why: reason_text("exposure_ev", 0.5, "placement", scene, why)
        for why in ("span", "night", "camera")
    }
    assert "night" in texts["night"]
    assert "JPEG" in texts["camera"]
    assert len(set(texts.values())) == 3
    assert f"{scene.mid_ev:+.1f} EV" in texts["span"]


def test_a_plain_photo_has_no_notes(landscape: Image, scene: Scene) -> None:
    assert photo_notes(landscape, scene, "span", "darktable") == ()


def test_notes_say_what_is_uncertain(landscape: Image, scene: Scene) -> None:
    preview = Preview(np.zeros((8, 8, 3), np.uint8), False, "a converter wrote it.")
    info = replace(landscape.info, white_balance_source="daylight")
    image = replace(landscape, preview=preview, info=info)
    clipped = replace(scene, clipped_share=0.034)
    notes = photo_notes(image, clipped, "span", "lightroom")
    for word in ("preview", "daylight", "3.4 %", "uncalibrated"):
        assert any(word in note for note in notes), word
    assert all(note.endswith(".") for note in notes)
    info = replace(landscape.info, white_balance_source="preview")
    (note,) = photo_notes(replace(landscape, info=info), scene, "span", "darktable")
    assert "JPEG" in note
