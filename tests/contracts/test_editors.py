"""What every editor must do; a new editor is tested here by its line in `EDITORS`."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors import EDITORS, load_editor
from sidelight.editors.base import KEPT, UNCHANGED, Editor, Order
from sidelight.errors import EditorError
from sidelight.recipe import CameraWhiteBalance, Hdr, Lut3D, PhotoInfo, Recipe, ToneCurve
from sidelight.recipe.fields import FIELDS
from sidelight.recipe.white_balance import RelativeWhiteBalance

XYZ_TO_CAMERA = np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]])
SRGB_LIKE = np.array([[0.63, 0.33, 0.04], [0.07, 0.92, 0.01], [0.02, 0.09, 0.89]])
WHITE_BALANCE = CameraWhiteBalance(XYZ_TO_CAMERA, np.array([2.1, 1.0, 1.6]), SRGB_LIKE)

LUT = Lut3D(Lut3D.identity(5).table ** np.float32(0.8), "warm")
CURVE = ToneCurve.from_offsets(0.06 * np.sin(np.linspace(0, 2 * np.pi, 14)))
EDIT = Recipe(
    temperature_mired=-22.0,
    tint=6.0,
    exposure_ev=0.37,
    contrast=14.0,
    highlights=-38.0,
    shadows=27.0,
    whites=11.0,
    blacks=-9.0,
    vibrance=16.0,
    saturation=-5.0,
    curve=CURVE,
    lut=LUT,
)

SLIDERS = {field.name for field in FIELDS}
HOLDS = {
    "lightroom": SLIDERS | {"curve"},
    "darktable": SLIDERS | {"curve"},
    "cube": {"lut"},
}
"""What each editor's file can hold of a Recipe."""

STEP = {"temperature_mired": 1.0, "exposure_ev": 0.01}
POINT = 1.0
CODE_VALUE = 1.0 / 255.0


@pytest.fixture(params=sorted(EDITORS))
def editor(request: pytest.FixtureRequest) -> Editor:
    return load_editor(request.param)


@pytest.fixture
def info(tmp_path: Path) -> PhotoInfo:
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = folder / "IMG_1.CR3"
    photo.write_bytes(b"original")
    return PhotoInfo(photo, is_raw=True, white_balance=WHITE_BALANCE)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(first_versions=tmp_path / "first_versions", batch="one")


def sidecar_of(editor: Editor, info: PhotoInfo) -> Path:
    path = editor.place(info.path).sidecar
    assert path is not None
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_entry_loads_and_knows_its_name() -> None:
    for name in EDITORS:
        assert load_editor(name).name == name
        assert load_editor(name).label
    with pytest.raises(EditorError, match="lightroom"):
        load_editor("paint")


def test_its_own_place_is_the_first_of_its_files(
    editor: Editor, info: PhotoInfo, order: Order
) -> None:
    path = sidecar_of(editor, info)
    assert editor.sidecars(info.path) == (path,)
    editor.write(info, EDIT, replace(order, duplicate=True))
    assert editor.sidecars(info.path)[0] == path


def test_write_then_read_within_one_step_of_every_field(
    editor: Editor, info: PhotoInfo, order: Order
) -> None:
    outcome = editor.write(info, EDIT, order)
    assert outcome.status == "written"
    reading = editor.read(info)
    for name in HOLDS[editor.name] & SLIDERS:
        found, wanted = getattr(reading.recipe, name), getattr(EDIT, name)
        assert abs(found - wanted) <= STEP.get(name, POINT), name
    if "curve" in HOLDS[editor.name]:
        difference = np.subtract(reading.recipe.curve.offsets, EDIT.curve.offsets)
        assert np.abs(difference).max() <= CODE_VALUE
    if "lut" in HOLDS[editor.name]:
        assert reading.recipe.lut is not None
        assert reading.recipe.lut.title == LUT.title
        np.testing.assert_allclose(reading.recipe.lut.table, LUT.table, atol=1e-6)
    assert reading.unread == ()


@pytest.mark.parametrize("name", sorted(SLIDERS))
@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_the_ends_of_every_range(
    editor: Editor, info: PhotoInfo, order: Order, name: str, end: str
) -> None:
    if name not in HOLDS[editor.name]:
        assert name not in HOLDS[editor.name]
        return
    field = next(field for field in FIELDS if field.name == name)
    wanted = getattr(field, end) * (0.4 if name in ("temperature_mired", "tint") else 1.0)
    editor.write(info, Recipe(**{name: wanted}), order)
    recipe = editor.read(info).recipe
    assert abs(getattr(recipe, name) - wanted) <= STEP.get(name, POINT)
    others = {other: getattr(recipe, other) for other in SLIDERS - {name, "tint"}}
    assert all(abs(value) <= STEP.get(other, 0.5) for other, value in others.items()), others


def test_a_zero_recipe_reads_back_as_zero(editor: Editor, info: PhotoInfo, order: Order) -> None:
    zero = Recipe(lut=LUT)
    assert editor.write(info, zero, order).status == "written"
    recipe = editor.read(info).recipe
    assert recipe.sliders() == dict.fromkeys(recipe.sliders(), 0.0)
    assert recipe.curve.is_identity


def test_no_sidecar_is_a_zero_recipe_and_no_edit(
    editor: Editor, info: PhotoInfo, order: Order
) -> None:
    assert editor.read(info).recipe == Recipe()
    assert editor.edit(info.path, order.first_versions).state == "none"


def test_a_second_write_changes_nothing(editor: Editor, info: PhotoInfo, order: Order) -> None:
    editor.write(info, EDIT, order)
    path = sidecar_of(editor, info)
    before = path.stat()
    outcome = editor.write(info, EDIT, replace(order, batch="two"))
    assert (outcome.status, outcome.reason.partition(";")[0]) == ("written", UNCHANGED)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_our_own_untouched_edit_may_be_refreshed(
    editor: Editor, info: PhotoInfo, order: Order
) -> None:
    editor.write(info, EDIT, order)
    assert editor.edit(info.path, order.first_versions).state == "ours"
    other = replace(EDIT, exposure_ev=-0.5, lut=Lut3D.identity(4))
    assert editor.write(info, other, replace(order, batch="two")).status == "written"
    recipe = editor.read(info).recipe
    if "exposure_ev" in HOLDS[editor.name]:
        assert recipe.exposure_ev == pytest.approx(-0.5, abs=0.01)
    else:
        assert recipe.lut is not None and recipe.lut.size == 4


def theirs(editor: Editor, info: PhotoInfo, tmp_path: Path) -> Path:
    """Make an edit of which our own records know nothing."""
    editor.write(info, EDIT, Order(tmp_path / "elsewhere", "theirs"))
    return sidecar_of(editor, info)


def test_an_edit_of_the_users_is_kept(
    editor: Editor, info: PhotoInfo, order: Order, tmp_path: Path
) -> None:
    path = theirs(editor, info, tmp_path)
    before = snapshot(info.path.parent)
    assert editor.edit(info.path, order.first_versions).state == "theirs"
    outcome = editor.write(info, replace(EDIT, exposure_ev=2.0, lut=Lut3D.identity()), order)
    assert (outcome.status, outcome.reason) == ("kept", KEPT)
    assert outcome.sidecar == path
    assert snapshot(info.path.parent) == before


def test_overwrite_replaces_it_and_undo_brings_it_back_to_the_bit(
    editor: Editor, info: PhotoInfo, order: Order, tmp_path: Path
) -> None:
    from sidelight_xmp.atomic import undo

    path = theirs(editor, info, tmp_path)
    before = path.read_bytes()
    other = replace(EDIT, exposure_ev=2.0, lut=Lut3D.identity(3))
    assert editor.write(info, other, replace(order, overwrite=True)).status == "written"
    assert path.read_bytes() != before
    undo(path, order.first_versions)
    assert path.read_bytes() == before


def test_a_dry_run_writes_nothing(editor: Editor, info: PhotoInfo, order: Order) -> None:
    outcome = editor.write(info, EDIT, replace(order, dry_run=True))
    assert outcome.status == "skipped"
    assert snapshot(info.path.parent) == {"IMG_1.CR3": b"original"}
    assert not order.first_versions.exists()


def fail_at(function: Callable[..., object], step: int) -> Callable[..., object]:
    calls = iter(range(step + 1))

    def shim(*arguments: object, **keywords: object) -> object:
        if next(calls, None) == step:
            raise OSError(28, "No space left on device")
        return function(*arguments, **keywords)

    return shim


@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_an_interrupted_write_leaves_the_old_file(
    editor: Editor,
    info: PhotoInfo,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    step: int,
) -> None:
    editor.write(info, EDIT, order)
    before = snapshot(info.path.parent)
    other = replace(EDIT, exposure_ev=-1.0, lut=Lut3D.identity(3))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_at(getattr(os, call), step))
        try:
            outcome = editor.write(info, other, replace(order, batch="two"))
        except EditorError as error:
            assert re.search("disk .*is full", str(error))
            assert snapshot(info.path.parent) == before
        else:
            assert outcome.status == "written"
    assert editor.write(info, other, replace(order, batch="three")).status == "written"
    assert set(snapshot(info.path.parent)) == set(before)


def test_a_link_is_left_alone(
    editor: Editor, info: PhotoInfo, order: Order, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"canary")
    sidecar_of(editor, info).symlink_to(target)
    with pytest.raises(EditorError, match="link"):
        editor.edit(info.path, order.first_versions)
    with pytest.raises(EditorError, match="link"):
        editor.write(info, EDIT, replace(order, overwrite=True))
    assert target.read_bytes() == b"canary"
    assert sidecar_of(editor, info).is_symlink()


def test_the_original_is_never_opened_for_writing(
    editor: Editor, info: PhotoInfo, order: Order
) -> None:
    info.path.chmod(stat.S_IRUSR)
    before = info.path.stat()
    editor.write(info, EDIT, order)
    after = info.path.stat()
    assert info.path.read_bytes() == b"original"
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)


XMP_EDITORS = ["lightroom", "darktable"]

FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:own="https://example.org/own/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmp:Rating="4" own:mark='a "quoted" &amp; odd &#x9; value'>
   <dc:subject><rdf:Bag><rdf:li>harbour</rdf:li><rdf:li>dusk</rdf:li></rdf:Bag></dc:subject>
   <own:tree rdf:parseType="Resource"><own:leaf>1</own:leaf></own:tree>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def all_but(data: bytes, namespaces: tuple[str, ...]) -> dict[str, object]:
    """Every property of a sidecar whose namespace is not one of ours to change."""
    from sidelight_xmp.packet import Packet
    from sidelight_xmp.properties import read_properties

    found = read_properties(Packet.from_bytes(data))
    return {
        name: value for name, value in found.items() if not any(part in name for part in namespaces)
    }


@pytest.mark.parametrize("name", XMP_EDITORS)
def test_unknown_content_is_kept(name: str, info: PhotoInfo, order: Order) -> None:
    editor = load_editor(name)
    path = sidecar_of(editor, info)
    path.write_text(FOREIGN, encoding="utf-8")
    ours = ("crs:", "darktable:", "sidelight:", "MetadataDate", "SidecarFor", "PreservedFileName")
    before = all_but(path.read_bytes(), ours)
    assert len(before) == 4
    assert editor.write(info, EDIT, order).status == "written"
    assert all_but(path.read_bytes(), ours) == before
    assert editor.write(info, EDIT, order).reason.startswith(UNCHANGED)


@pytest.mark.parametrize("name", XMP_EDITORS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02binary",
        FOREIGN[: len(FOREIGN) // 2].encode(),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + FOREIGN.partition("\n")[2].encode(),
        b"a" * (17 * 1024 * 1024),
    ],
    ids=["empty", "binary", "cut off", "entity", "huge"],
)
def test_a_damaged_or_hostile_sidecar_is_left_alone(
    name: str, info: PhotoInfo, order: Order, data: bytes
) -> None:
    editor = load_editor(name)
    path = sidecar_of(editor, info)
    path.write_bytes(data)
    with pytest.raises(EditorError):
        editor.edit(info.path, order.first_versions)
    with pytest.raises(EditorError) as caught:
        editor.write(info, EDIT, replace(order, overwrite=True))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == data


def test_hdr_settings_survive_in_lightroom(info: PhotoInfo, order: Order) -> None:
    editor = load_editor("lightroom")
    wanted = Hdr(True, 1.75, 41, 25, -3, 3, -58, 1, 7)
    editor.write(info, Recipe(hdr=wanted), order)
    assert editor.read(info).recipe.hdr == wanted


@pytest.mark.parametrize("hdr", [False, True], ids=["sdr", "hdr"])
def test_terms_are_plain_json(editor: Editor, info: PhotoInfo, hdr: bool) -> None:
    import json

    recipe = replace(EDIT, hdr=Hdr(hdr, 2.0))
    terms = editor.terms(info, recipe, 0.5)
    assert json.loads(json.dumps(terms, allow_nan=False)) == terms
    assert terms


def test_terms_write_nothing(editor: Editor, info: PhotoInfo) -> None:
    editor.terms(info, EDIT)
    assert snapshot(info.path.parent) == {"IMG_1.CR3": b"original"}


RELATIVE = RelativeWhiteBalance()


@pytest.mark.parametrize("recipe", [EDIT, Recipe(), replace(EDIT, hdr=Hdr(True, 1.5, 10, -7))])
def test_terms_of_lightroom_say_what_its_sidecar_says(
    info: PhotoInfo, order: Order, recipe: Recipe
) -> None:
    from sidelight_xmp.crs.settings import read_settings

    editor = load_editor("lightroom")
    editor.write(info, recipe, order)
    said = read_settings(sidecar_of(editor, info).read_bytes())
    terms = editor.terms(info, recipe)
    points = terms.pop("ToneCurvePV2012")
    assert tuple(zip(points[::2], points[1::2], strict=True)) == said.pop("ToneCurvePV2012")
    assert {name: said[name] for name in terms} == terms
    markers = {"Version", "HasSettings", "AlreadyApplied", "RawFileName"}
    assert set(said) - set(terms) <= markers


@pytest.mark.parametrize("is_raw", [True, False], ids=["raw", "rendered"])
@pytest.mark.parametrize("recipe", [EDIT, Recipe()])
def test_terms_of_darktable_are_the_operations_of_its_sidecar(
    info: PhotoInfo, order: Order, recipe: Recipe, is_raw: bool
) -> None:
    from sidelight_xmp.darktable.iop_order import order_to_text
    from sidelight_xmp.darktable.sidecar import history_from_bytes

    if not is_raw:
        info = replace(info, is_raw=False, white_balance=RELATIVE, white_balance_source="none")
    editor = load_editor("darktable")
    editor.write(info, recipe, replace(order, mask_exposure_ev=-0.75))
    history = history_from_bytes(sidecar_of(editor, info).read_bytes())
    assert history is not None
    terms = editor.terms(info, recipe, -0.75)
    assert [
        (
            entry["operation"],
            entry["modversion"],
            entry["enabled"],
            bytes.fromhex(entry["params"]),
            entry["blendop_version"],
            entry["blendop_params"],
            entry["multi_priority"],
            entry["multi_name"],
        )
        for entry in terms["operations"]
    ] == [
        (
            entry.operation,
            entry.modversion,
            entry.enabled,
            entry.params,
            entry.blendop_version,
            entry.blendop_params,
            entry.multi_priority,
            entry.multi_name,
        )
        for entry in history.entries
    ]
    assert terms["iop_order_version"] == history.iop_order_version
    assert terms["iop_order"] == (order_to_text(history.iop_order) if history.iop_order else None)


def test_the_hdr_twin_in_darktables_terms_is_that_of_its_duplicate(
    info: PhotoInfo, order: Order
) -> None:
    from sidelight_xmp.darktable.iop_order import order_to_text
    from sidelight_xmp.darktable.sidecar import history_from_bytes

    editor, recipe = load_editor("darktable"), replace(EDIT, hdr=Hdr(True, 1.5))
    outcome = editor.write(info, recipe, replace(order, duplicate=True))
    assert outcome.duplicate is not None
    history = history_from_bytes(outcome.duplicate.read_bytes())
    assert history is not None
    twin = editor.terms(info, recipe)["hdr"]
    assert [
        (one["operation"], one["multi_priority"], one["params"]) for one in twin["operations"]
    ] == [(entry.operation, entry.multi_priority, entry.params.hex()) for entry in history.entries]
    assert twin["iop_order"] == order_to_text(history.iop_order)
    assert editor.terms(info, EDIT)["hdr"] is None


def test_terms_of_a_lut_are_the_files_text(info: PhotoInfo, order: Order) -> None:
    editor = load_editor("cube")
    recipe = replace(EDIT, lut_amount=0.7)
    editor.write(info, recipe, order)
    assert editor.terms(info, recipe) == {"cube": sidecar_of(editor, info).read_text()}
    assert editor.terms(info, Recipe()) == {}
