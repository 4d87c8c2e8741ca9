"""Terms into sidecars, and what becomes of ours in the real darktable."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.editors.base import KEPT, UNCHANGED, Order
from sidelight.editors.darktable.editor import Darktable
from sidelight.editors.darktable.terms import terms_of, terms_to_edit
from sidelight.editors.darktable.writing import edit_in, merged, write_terms
from sidelight.errors import EditorError
from sidelight.recipe import Hdr, PhotoInfo, Recipe
from sidelight.workflows.undo import undo_photos, undo_sidecar
from sidelight_xmp.darktable import HistoryEntry, Placement, effective, has_edit, history_from_bytes
from sidelight_xmp.darktable.stamp import VERSION_NAME, is_ours
from sidelight_xmp.merge import merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_properties, seq

EDITOR = Darktable()
EDIT = Recipe(exposure_ev=0.4, shadows=20, hdr=Hdr(True, 2.0))


@pytest.fixture
def terms(info: PhotoInfo) -> dict[str, Any]:
    return json.loads(json.dumps(terms_of(EDIT, info), allow_nan=False))


def entries(data: bytes) -> dict[tuple[str, int], HistoryEntry]:
    history = history_from_bytes(data)
    assert history is not None
    return {entry.instance: entry for entry in effective(history)}


def properties(path: Path) -> dict[str, object]:
    return properties_of(path.read_bytes())


def properties_of(data: bytes) -> dict[str, object]:
    return read_properties(Packet.from_bytes(data))


def test_any_sidecar_that_darktable_names(
    info: PhotoInfo, order: Order, terms: dict[str, Any]
) -> None:
    own = info.path.with_name("IMG_1.CR3.xmp")
    EDITOR.write(info, EDIT, order)
    twin = info.path.with_name("IMG_1_05.CR3.xmp")
    assert write_terms(twin, terms, order).status == "written"
    assert twin.read_bytes() == own.read_bytes()
    assert edit_in(twin, order.first_versions).state == "ours"
    assert write_terms(twin, terms["hdr"], order).sidecar == twin
    assert properties(twin)[VERSION_NAME] == "HDR PQ"
    assert ("exposure", 3) in entries(twin.read_bytes())
    write_terms(twin, terms["hdr"], order, "another")
    assert properties(twin)[VERSION_NAME] == "another"


def test_s11_what_is_not_ours_stays(
    tmp_path: Path, order: Order, terms: dict[str, Any], sidecar: Callable[[str], bytes]
) -> None:
    """S11: rating, tags, labels, geometry, masks, and what nobody here knows."""
    path = tmp_path / "a.xmp"
    more = {"darktable:colorlabels": seq("1"), "{urn:other}mark": "x", "xmp:Rating": "4"}
    path.write_bytes(merge(sidecar("retouched"), more))
    before, users = properties(path), entries(path.read_bytes())
    assert write_terms(path, terms, order).status == "kept"
    assert write_terms(path, terms, replace(order, overwrite=True)).status == "written"
    after, now = properties(path), entries(path.read_bytes())
    ours = ("darktable:history", "darktable:iop_order", "darktable:masks_history", "sidelight:")
    assert {n: v for n, v in after.items() if not n.startswith(ours)} == {
        name: value for name, value in before.items() if not name.startswith(ours)
    }
    for operation in ("crop", "flip", "ashift", "lens", "retouch", "denoiseprofile"):
        assert now[operation, 0].params == users[operation, 0].params
    assert len(history_from_bytes(path.read_bytes()).masks) == 2
    assert undo_sidecar(path, order.first_versions).status == "restored"
    assert properties(path) == before


def test_unusable_terms_leave_the_sidecar_as_it_was(
    tmp_path: Path, order: Order, terms: dict[str, Any]
) -> None:
    path = tmp_path / "a.xmp"
    for bad in ({}, {**terms, "operations": [{"operation": "velvia"}]}):
        with pytest.raises(EditorError):
            write_terms(path, bad, order)
    assert not path.exists() and not order.first_versions.exists()


def test_a_template_is_for_files_that_are_not_there(
    tmp_path: Path, order: Order, terms: dict[str, Any], sidecar: Callable[[str], bytes]
) -> None:
    own, twin = tmp_path / "a.xmp", tmp_path / "a_01.xmp"
    own.write_bytes(sidecar("retouched"))
    write_terms(twin, terms["hdr"], order, template=own)
    made = properties(twin)
    assert made["xmp:Rating"] == "5" and ("crop", 0) in entries(twin.read_bytes())
    assert not [name for name in made if name.endswith("_timestamp")]
    twin.write_bytes(merge(twin.read_bytes(), {"xmp:Rating": "2"}))
    own.write_bytes(merge(own.read_bytes(), {"xmp:Rating": "1"}))
    write_terms(twin, terms, order, template=own)
    assert properties(twin)["xmp:Rating"] == "2"
    own.write_bytes(b"cut off")
    with pytest.raises(EditorError, match="damaged"):
        write_terms(tmp_path / "a_02.xmp", terms, order, template=own)


@pytest.mark.parametrize(
    ("name", "label"), [("ours_421", None), ("twin", "HDR PQ"), ("twin_541", "HDR PQ")]
)
def test_what_darktable_laid_out_anew_stays_while_it_says_the_same(
    sidecar: Callable[[str], bytes], name: str, label: str | None
) -> None:
    """The same edit again changes nothing, another one does."""
    data = sidecar(name)
    users = entries(sidecar("retouched"))
    written = entries(sidecar("twin" if label else "ours"))
    ours = [entry for key, entry in written.items() if key not in users or key[0] in TONE]
    placements = (Placement("exposure", 3, before="colorout"),) if label else ()
    edit = replace(terms_to_edit(_as_terms(ours)), placements=placements)
    assert merged(data, edit, label) == data
    other = replace(edit, entries=edit.entries[:-1])
    again = merged(data, other, label)
    assert again != data and is_ours(again)
    assert ("rawprepare", 0) not in entries(again) and ("crop", 0) in entries(again)


TONE = ("temperature", "highlights", "exposure", "toneequal", "colorbalancergb", "sigmoid")


def _as_terms(ours: list[HistoryEntry]) -> dict[str, Any]:
    values = [
        {
            "operation": entry.operation,
            "modversion": entry.modversion,
            "enabled": entry.enabled,
            "params": entry.params.hex(),
            "multi_priority": entry.multi_priority,
            "multi_name": entry.multi_name,
        }
        for entry in ours
    ]
    return {"operations": values, "iop_order_version": 2}


EDIT_ALL = """
local place = ...
dt.styles.import(place .. "/brighter.dtstyle")
local seen = {}
for _, image in ipairs(dt.database) do
  table.insert(seen, image.filename .. " " .. image.duplicate_index .. " "
    .. (image.version_name or "") .. " " .. image.rating)
  image.green = true  -- alone this would not write the sidecar
  image.rating = 2
  if image.filename == "changed.dng" then
    for _, style in ipairs(dt.styles) do
      if style.name == "brighter" then image:apply_style(style) end
    end
  end
end
dt.control.sleep(500)
table.sort(seen)
return seen
"""

BRIGHTER = """<?xml version="1.0" encoding="UTF-8"?>
<darktable_style version="1.0"><info><name>brighter</name><description></description></info><style>
<plugin><num>0</num><module>6</module><operation>exposure</operation>
<op_params>00000000000000000000803f00004842000080c000000000</op_params><enabled>1</enabled>
<blendop_params></blendop_params><blendop_version>11</blendop_version>
<multi_priority>0</multi_priority><multi_name></multi_name></plugin></style></darktable_style>
"""


def let_darktable_rewrite(gui: ModuleType, folder: Path) -> list[str]:
    """Import what lies in `folder`/photos, rate all, apply a style to one; return what it saw."""
    for name in gui.PROGRAMS:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    (folder / "brighter.dtstyle").write_text(BRIGHTER)
    place = json.dumps(str(folder))
    with gui.virtual_display(folder) as display:
        darktable = gui.Darktable(folder / "gui", display).prepare()
        try:
            darktable.start()
            darktable.lua(f"dt.database.import({place} .. '/photos')")
            darktable.wait(lambda: darktable.lua("return #dt.database") >= 3)
            seen = darktable.lua(EDIT_ALL.replace("...", place))
            darktable.quit()
        finally:
            darktable.kill()
    return seen


@pytest.mark.slow
@pytest.mark.darktable
def test_s11_ours_stays_ours_in_the_real_darktable_until_somebody_edits_it(
    greys,
    order: Order,
    tmp_path: Path,
    sidecar: Callable[[str], bytes],
    load_helper: Callable[[str], ModuleType],
) -> None:
    """S11: it rewrites all sidecars and adds stars and labels, which undo keeps."""
    from sidelight.imaging import read_photo

    photo, store = greys.path, order.first_versions
    other = Path(shutil.copy(photo, photo.with_name("changed.dng")))
    own = photo.with_name("IMG_1.dng.xmp")
    users = merge(sidecar("retouched"), {"xmp:Rating": "4", "xmpMM:DerivedFrom": photo.name})
    own.write_bytes(users)
    info, asked = read_photo(photo).info, replace(order, overwrite=True, duplicate=True)
    twin = EDITOR.write(info, EDIT, asked).duplicate
    EDITOR.write(replace(info, path=other), EDIT, order)
    before = {path.name: path.read_bytes() for path in photo.parent.glob("*.xmp")}
    assert len(before) == 3

    seen = let_darktable_rewrite(load_helper("lua_plugins/darktable/gui.py"), tmp_path)
    assert seen == ["IMG_1.dng 0  4", "IMG_1.dng 1 HDR PQ 4", "changed.dng 0  1"]
    rewritten = {path.name: path.read_bytes() for path in photo.parent.glob("*.xmp")}
    assert set(rewritten) == set(before)
    assert all(rewritten[name] != before[name] for name in before)
    assert properties(own)["xmp:Rating"] == properties(twin)["xmp:Rating"] == "2"

    assert EDITOR.edit(photo, store).state == "ours"
    assert EDITOR.edit(other, store).state == "theirs"
    outcome = EDITOR.write(info, EDIT, replace(asked, batch="again", overwrite=False))
    assert outcome.reason == f"{UNCHANGED}; the HDR twin is {twin.name}"
    refused = EDITOR.write(replace(info, path=other), EDIT, order)
    assert (refused.status, refused.reason) == ("kept", KEPT)

    results = {one.sidecar.name: one for one in undo_photos([photo, other], store)}
    assert results[own.name].status == "restored"
    assert results[twin.name].status == "removed" and not twin.exists()
    assert results["changed.dng.xmp"].status == "error"
    assert "changed since" in results["changed.dng.xmp"].reason
    assert other.with_name("changed.dng.xmp").read_bytes() == rewritten["changed.dng.xmp"]
    assert history_from_bytes(own.read_bytes()) == history_from_bytes(users)
    after = properties(own)
    assert (after["xmp:Rating"], after["darktable:colorlabels"]) == ("2", seq("2"))
    assert after["dc:title"] == properties_of(users)["dc:title"]
    assert EDITOR.edit(photo, store).state == "theirs"


@pytest.mark.darktable
def test_an_undone_photo_is_as_nobody_edited_it(
    greys, order: Order, run_darktable, tmp_path: Path
) -> None:
    """What stands there when there was no file before, and darktable rewrote ours meanwhile."""
    from sidelight.imaging import read_photo
    from sidelight.learning.darktable_render import read_pfm

    outcome = EDITOR.write(read_photo(greys.path).info, EDIT, order)
    own = outcome.sidecar
    assert own is not None
    own.write_bytes(merge(own.read_bytes(), {"xmp:Rating": "3"}))
    assert undo_sidecar(own, order.first_versions).status == "restored"
    assert properties(own)["xmp:Rating"] == "3"
    assert not has_edit(history_from_bytes(own.read_bytes()))
    undone = read_pfm(run_darktable(greys.path, own, "undone.pfm"))
    nothing = tmp_path / "nothing.xmp"
    nothing.write_bytes(merge(None, {"xmp:Rating": "3"}))
    fresh = read_pfm(run_darktable(greys.path, nothing, "fresh.pfm"))
    assert (undone == fresh).all()
