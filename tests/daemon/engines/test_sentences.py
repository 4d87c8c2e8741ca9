"""Reasons are one sentence a photographer can read."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sidelight.engines.auto import FREE, HABIT, WHITE_BALANCE
from sidelight.engines.key import Key
from sidelight.engines.objective import terms_for
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.sentences import SPEAKS, photo_notes, reason_text
from sidelight.imaging.image import Image, Preview
from sidelight.recipe import Hdr
from sidelight.recipe.fields import BY_NAME, SLIDERS

WHYS = ("light", "bright", "room", "face", "night", "camera")


def term_names(scene: Scene) -> set[str]:
    """Every name a reason can have for a photo with all there is in it."""
    chroma = {"colourful": 0.4, "face": 0.3}
    groups = {"high_tones": scene.groups["bright"], **scene.groups}
    scene = replace(scene, groups=groups, iso=12800.0)
    terms = terms_for(scene, 2.3, Key(0.3, "light"), chroma, 0.3)
    return {term.name for term in terms} | {HABIT, WHITE_BALANCE}


@pytest.fixture
def scene(portrait: Image) -> Scene:
    return analyse(portrait)


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
    assert reason_text(slider, value, "placement", scene, "light").startswith(beginning)


@pytest.mark.parametrize("slider", sorted(BY_NAME))
@pytest.mark.parametrize("why", WHYS)
def test_every_term_makes_one_sentence(scene: Scene, slider: str, why: str) -> None:
    names = term_names(scene)
    assert {"subject", "skin", "sky", "highlight detail"} <= names
    texts = {reason_text(slider, 10.0, name, scene, why) for name in names}
    assert len(texts) == len(names)
    for text in texts:
        assert re.fullmatch(r"[A-Z][^{}\n]*[a-z]\.", text), text
        assert len(text) < 200


def test_the_key_says_what_decided_it(scene: Scene) -> None:
    texts = {why: reason_text("exposure_ev", 0.5, "placement", scene, why) for why in WHYS}
    assert len(set(texts.values())) == len(WHYS)
    for why, word in (("night", "night"), ("camera", "JPEG"), ("face", "face"), ("room", "room")):
        assert word in texts[why]
    for text in texts.values():
        assert f"{scene.mid_ev:+.1f} EV".replace("-", "\N{MINUS SIGN}") in text


def test_every_free_slider_speaks_of_terms_there_are(scene: Scene) -> None:
    assert {SLIDERS[i] for i in FREE} <= set(SPEAKS)
    assert {name for about in SPEAKS.values() for name in about} <= term_names(scene)


def test_a_plain_photo_has_no_notes(portrait: Image, scene: Scene) -> None:
    assert photo_notes(portrait, scene, "darktable", Hdr()) == ()
    assert photo_notes(portrait, scene, "darktable", Hdr(), 0.0) == ()


def test_headroom_without_a_use_is_told(portrait: Image, scene: Scene) -> None:
    (note,) = photo_notes(portrait, scene, "darktable", Hdr(), 2.0)
    assert "HDR" in note


def test_notes_say_what_is_uncertain(landscape: Image, scene: Scene) -> None:
    preview = Preview(np.zeros((8, 8, 3), np.uint8), False, "a converter wrote it.")
    info = replace(landscape.info, white_balance_source="daylight")
    image = replace(landscape, preview=preview, info=info)
    clipped = replace(scene, clipped_share=0.034)
    notes = photo_notes(image, clipped, "lightroom", Hdr())
    for word in ("preview", "daylight", "3.4 %", "uncalibrated"):
        assert any(word in note for note in notes), word
    assert all(note.endswith(".") for note in notes)
    for is_neutral, said in ((True, "without a colour"), (False, "with the colour")):
        info = replace(landscape.info, lost_light_is_neutral=is_neutral)
        (note,) = photo_notes(replace(landscape, info=info), clipped, "darktable", Hdr())
        assert said in note
    info = replace(landscape.info, white_balance_source="preview")
    (note,) = photo_notes(replace(landscape, info=info), scene, "darktable", Hdr())
    assert "JPEG" in note
