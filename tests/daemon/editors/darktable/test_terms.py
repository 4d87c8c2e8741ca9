"""The twins as plain values, and what of such values is refused."""

from __future__ import annotations

import copy
import json
import struct
from dataclasses import replace
from typing import Any

import pytest

from sidelight.editors.darktable.editor import Darktable
from sidelight.editors.darktable.terms import (
    MOST_ENTRIES,
    HistoryEdit,
    placements_of,
    recipe_to_entries,
    terms_of,
    terms_to_edit,
)
from sidelight.errors import EditorError
from sidelight.recipe import Hdr, Lut3D, PhotoInfo, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance
from sidelight_xmp.darktable.iop_order import (
    V30_JPEG,
    V30_RAW,
    Placement,
    order_from_text,
    order_of,
    order_to_text,
    place,
)
from sidelight_xmp.darktable.operations import OPERATIONS

EDIT = Recipe(exposure_ev=0.4, shadows=20, contrast=8, hdr=Hdr(True, 2.0), lut=Lut3D.identity(3))


@pytest.fixture
def terms(info: PhotoInfo) -> dict[str, Any]:
    return json.loads(json.dumps(terms_of(EDIT, info, 0.5), allow_nan=False))


def test_both_twins(info: PhotoInfo, terms: dict[str, Any]) -> None:
    hdr = terms["hdr"]
    assert set(hdr) == {*terms, "headroom", "version_name"} - {"hdr"}
    assert (hdr["headroom"], hdr["version_name"]) == (2.0, "HDR PQ")
    own, twin = ([one["operation"] for one in each["operations"]] for each in (terms, hdr))
    assert twin == [*own, "exposure"]
    assert terms["iop_order"] is None and terms["iop_order_version"] == V30_RAW
    order = order_from_text(hdr["iop_order"])
    assert hdr["iop_order_version"] == 0
    assert order == place(order_of(V30_RAW), [Placement("exposure", 3, "colorout")])
    assert Darktable().terms(info, EDIT, 0.5) == terms_of(EDIT, info, 0.5)


@pytest.mark.parametrize(("is_neutral", "mode"), [(False, "opposed"), (True, "lch")])
def test_lost_light_without_a_colour_is_reconstructed_so(
    info: PhotoInfo, is_neutral: bool, mode: str
) -> None:
    entries = recipe_to_entries(EDIT, replace(info, lost_light_is_neutral=is_neutral))
    chosen = next(entry for entry in entries if entry.operation == "highlights")
    values = OPERATIONS["highlights"].decode(chosen.params)
    assert values["mode"] == mode


@pytest.mark.parametrize("hdr", [Hdr(), Hdr(False, 2.0), Hdr(True, 0.0)])
def test_without_headroom_there_is_no_twin(info: PhotoInfo, hdr: Hdr) -> None:
    assert terms_of(Recipe(hdr=hdr), info)["hdr"] is None


def test_a_rendered_photo_has_its_own_order(info: PhotoInfo) -> None:
    jpeg = PhotoInfo(info.path, is_raw=False, white_balance=RelativeWhiteBalance())
    terms = terms_of(EDIT, jpeg)
    assert terms["iop_order_version"] == V30_JPEG
    assert terms_to_edit(terms).order_version == V30_JPEG
    assert terms_to_edit(terms["hdr"]).order_version == V30_JPEG
    assert "highlights" not in {one["operation"] for one in terms["operations"]}


def test_there_and_back(info: PhotoInfo, terms: dict[str, Any]) -> None:
    entries = tuple(recipe_to_entries(EDIT, info, 0.5))
    edit = terms_to_edit(terms)
    assert [one.instance for one in edit.entries] == [one.instance for one in entries]
    assert [one.params for one in edit.entries] == [one.params for one in entries]
    assert edit == HistoryEdit(edit.entries)
    twin = terms_to_edit(terms["hdr"])
    assert twin.placements == (Placement("exposure", 3, before="colorout"),)
    assert twin.version_name == "HDR PQ"


def test_the_sandwich_around_a_lut(info: PhotoInfo) -> None:
    entries = recipe_to_entries(EDIT, info, headroom=2.0, lut_path="look.cube", pq=True)
    assert placements_of(entries) == (
        Placement("exposure", 1, before="lut3d"),
        Placement("exposure", 2, before="colisa"),
        Placement("exposure", 3, before="colorout"),
    )
    order = place(order_of(V30_RAW), placements_of(entries))
    at = order.index(("lut3d", 0))
    assert order[at - 1 : at + 3] == (
        ("exposure", 1),
        ("lut3d", 0),
        ("exposure", 2),
        ("colisa", 0),
    )


def test_two_instances_before_one_operation_keep_their_order(terms: dict[str, Any]) -> None:
    hdr = terms["hdr"]
    more = {**hdr["operations"][-1], "multi_priority": 4}
    hdr["operations"].append(more)
    hdr["iop_order"] = hdr["iop_order"].replace("exposure,3", "exposure,4,exposure,3")
    edit = terms_to_edit(hdr)
    assert order_to_text(place(order_of(V30_RAW), edit.placements)) == hdr["iop_order"]


def changed(terms: dict[str, Any], **values: Any) -> dict[str, Any]:
    copied = copy.deepcopy(terms)
    copied["operations"][2].update(values)
    return copied


EXPOSURE = "00000000000000000000004000004842000080c000000000"


def exposure(ev: float) -> str:
    return EXPOSURE.replace("00000040", struct.pack("<f", ev).hex(), 1)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"operation": "velvia"}, "no operation 'velvia'"),
        ({"operation": ["exposure"]}, "no operation"),
        ({"operation": None}, "no operation"),
        ({"modversion": 7}, "version 6 only"),
        ({"modversion": "6"}, "version 6 only"),
        ({"params": EXPOSURE[:-2]}, "24 bytes"),
        ({"params": EXPOSURE + "00"}, "24 bytes"),
        ({"params": EXPOSURE.upper()}, "hexadecimal"),
        ({"params": EXPOSURE[:-1]}, "hexadecimal"),
        ({"params": "gz01eJw="}, "hexadecimal"),
        ({"params": 5}, "hexadecimal"),
        ({"params": None}, "hexadecimal"),
        ({"params": exposure(25.0)}, "-18..18"),
        ({"params": exposure(float("nan"))}, "finite"),
        ({"params": "63" + EXPOSURE[2:]}, "mode"),
        ({"enabled": 1}, "true or false"),
        ({"enabled": None}, "true or false"),
        ({"multi_priority": -1}, "number from 0"),
        ({"multi_priority": True}, "number from 0"),
        ({"multi_priority": 100}, "number from 0"),
        ({"multi_priority": None}, "number from 0"),
        ({"multi_name": "a\nb"}, "printable"),
        ({"multi_name": "x" * 128}, "printable"),
        ({"multi_name": None}, "printable"),
        ({"blendop_version": 11}, "by neither"),
        ({"blendop_params": "00"}, "by neither"),
        ({"blendop_version": "11", "blendop_params": "00"}, "by neither"),
        ({"blendop_version": 11, "blendop_params": "x"}, "hexadecimal"),
    ],
)
def test_an_operation_that_darktable_would_not_take(
    terms: dict[str, Any], values: dict[str, Any], problem: str
) -> None:
    assert terms["operations"][2]["operation"] == "exposure"
    assert terms_to_edit(changed(terms, params=exposure(2.0)))
    with pytest.raises(EditorError, match=problem) as caught:
        terms_to_edit(changed(terms, **values))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"operations": None}, "list of operations"),
        ({"operations": {}}, "list of operations"),
        ({"operations": []}, "list of operations"),
        ({"operations": [5]}, "named values"),
        ({"iop_order_version": 0}, "order"),
        ({"iop_order_version": 7}, "order"),
        ({"iop_order_version": None}, "order"),
        ({"iop_order": "rawprepare,0,gamma,0"}, "order"),
        ({"iop_order_version": 0, "iop_order": "gamma,0"}, "rawprepare to gamma"),
        ({"iop_order_version": 0, "iop_order": 5}, "order"),
        ({"version_name": 5}, "name"),
        ({"version_name": "a\0"}, "name"),
    ],
)
def test_terms_that_make_no_sense(
    terms: dict[str, Any], values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(EditorError, match=problem):
        terms_to_edit({**terms, **values})


def test_no_instance_twice_and_not_too_many(terms: dict[str, Any]) -> None:
    first = terms["operations"][0]
    with pytest.raises(EditorError, match="twice"):
        terms_to_edit({**terms, "operations": [first, first]})
    with pytest.raises(EditorError, match="list"):
        terms_to_edit({**terms, "operations": [first] * (MOST_ENTRIES + 1)})
    with pytest.raises(EditorError):
        terms_to_edit({})
