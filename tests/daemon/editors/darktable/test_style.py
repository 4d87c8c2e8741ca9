"""Styles: what is in the file, and that the real program renders what it renders of a duplicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.editors.darktable.editor import Darktable
from sidelight.editors.darktable.style import hdr_style, style_name
from sidelight.errors import EditorError
from sidelight.recipe import Hdr, PhotoInfo, Recipe
from sidelight_xmp.darktable import History, HistoryEntry, history_from_bytes, merge_history

EDITOR = Darktable()
EDIT = Recipe(exposure_ev=0.9, contrast=8, whites=15, hdr=Hdr(True, 2.0))


def plugins(data: bytes) -> list[dict[str, str]]:
    root = ElementTree.fromstring(data)
    return [{item.tag: item.text or "" for item in one} for one in root.iter("plugin")]


def test_the_twins_operations_are_in_it(info: PhotoInfo) -> None:
    hdr = EDITOR.terms(info, EDIT)["hdr"]
    data, left_out = hdr_style(hdr, style_name("IMG_1"))
    assert left_out == ()
    found = plugins(data)
    # One instance of each: darktable ignores where a style puts a second one.
    first = [one for one in hdr["operations"] if not one["multi_priority"]]
    assert [one["op_params"] for one in found if not one["op_params"].startswith("gz")][:-1] == [
        one["params"] for one in first if len(one["params"]) <= 200
    ]
    assert [one["operation"] for one in found] == [
        *(one["operation"] for one in first),
        "vignette",
    ]
    assert [one["num"] for one in found] == [str(number) for number in range(len(found))]
    assert {one["enabled"] for one in found} == {"1"}
    root = ElementTree.fromstring(data)
    assert root.findtext("info/name") == "Sidelight|IMG_1 HDR PQ"


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("IMG_1", "Sidelight|IMG_1 HDR PQ"),
        ("a|b", "Sidelight|a_b HDR PQ"),
        ("<&\"'", "Sidelight|<&\"' HDR PQ"),
        ("a\n\x1b\udcff", "Sidelight|a___ HDR PQ"),
    ],
)
def test_names_are_harmless(info: PhotoInfo, stem: str, name: str) -> None:
    assert style_name(stem) == name
    data, _ = hdr_style(EDITOR.terms(info, EDIT)["hdr"], name)
    assert ElementTree.fromstring(data).findtext("info/name") == name


def test_what_is_the_users_goes_into_it_but_for_drawn_masks(
    info: PhotoInfo, sidecar: Callable[[str], bytes]
) -> None:
    data, left_out = hdr_style(EDITOR.terms(info, EDIT)["hdr"], "x", sidecar("retouched"))
    assert left_out == ("retouch",)
    found = {(one["operation"], one["multi_priority"]): one for one in plugins(data)}
    users = {entry.instance: entry for entry in history_from_bytes(sidecar("retouched")).entries}
    for operation in ("crop", "ashift", "lens"):
        one = found[operation, "0"]
        assert one["op_params"] == users[operation, 0].params_text
        assert one["blendop_params"] == users[operation, 0].blendop_params
    assert ("retouch", "0") not in found and ("filmicrgb", "0") not in found
    assert found["flip", "0"]["enabled"] == "0"


def test_unusable_input_is_one_sentence(info: PhotoInfo) -> None:
    hdr = EDITOR.terms(info, EDIT)["hdr"]
    with pytest.raises(EditorError, match="list of operations"):
        hdr_style({}, "x")
    with pytest.raises(EditorError, match="damaged"):
        hdr_style(hdr, "x", b"cut off")


@pytest.mark.darktable
def test_the_real_darktable_renders_what_it_renders_of_the_duplicate(
    greys, order: Order, run_darktable, tmp_path
) -> None:
    from sidelight.imaging import read_photo
    from sidelight.learning.darktable_render import read_pfm

    info = read_photo(greys.path).info
    own = greys.path.with_name("IMG_1.dng.xmp")
    crop = HistoryEntry("crop", True, 1, np.array([0.1, 0, 1, 1, 0, 0], "<f4").tobytes())
    own.write_bytes(merge_history(None, History((crop,), history_end=1)))
    outcome = EDITOR.write(info, EDIT, replace(order, duplicate=True, overwrite=True))
    hdr = EDITOR.terms(info, EDIT)["hdr"]
    name = style_name("IMG_1")
    file = tmp_path / "IMG_1_hdr.dtstyle"
    file.write_bytes(hdr_style(hdr, name, own.read_bytes())[0])
    load = ("--luacmd", f'require "darktable".styles.import("{file}")')
    linear = ("--icc-type", "LIN_REC2020")
    twin = read_pfm(run_darktable(greys.path, outcome.duplicate, "twin.pfm", *linear, core=load))
    assert twin.shape[1] < 0.95 * len(greys.values) * 64
    styled = [*linear, "--style", name, "--style-overwrite"]
    style = read_pfm(run_darktable(greys.path, own, "style.pfm", *styled))
    assert style.shape == twin.shape
    np.testing.assert_allclose(style, twin, rtol=1e-3, atol=1e-7)
    assert twin.max() * 10000 > 1.5 * 203
