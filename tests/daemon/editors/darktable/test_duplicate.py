"""The HDR twin as a duplicate: its number, what it takes over, and what a PQ file then holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.editors.base import KEPT, UNCHANGED, Order, Outcome
from sidelight.editors.darktable import sigmoid
from sidelight.editors.darktable.duplicate import MOST_DUPLICATES, hdr_duplicate
from sidelight.editors.darktable.editor import Darktable
from sidelight.editors.darktable.operations import DEFAULT_EXPOSURE_EV, SDR_WHITE_NITS
from sidelight.editors.darktable.terms import placements_of, recipe_to_entries
from sidelight.errors import EditorError
from sidelight.recipe import Hdr, Lut3D, PhotoInfo, Recipe
from sidelight_xmp.atomic import undo
from sidelight_xmp.darktable import DARKTABLE, History, HistoryEntry, effective, with_edit
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history
from sidelight_xmp.darktable.stamp import VERSION_NAME, is_ours
from sidelight_xmp.merge import merge
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_properties, seq

EDITOR = Darktable()
EDIT = Recipe(exposure_ev=0.4, contrast=12, shadows=20, hdr=Hdr(True, 2.0))
PLAIN = Recipe(exposure_ev=0.9, contrast=10, hdr=Hdr(True, 2.0))


@pytest.fixture
def order(order: Order) -> Order:
    return replace(order, duplicate=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".db" and path.is_file()}


def properties(path: Path) -> dict[str, object]:
    return read_properties(Packet.from_bytes(path.read_bytes()))


def last(path: Path) -> HistoryEntry:
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    return effective(history)[-1]


def write(info: PhotoInfo, order: Order, recipe: Recipe = EDIT) -> Outcome:
    return EDITOR.write(info, recipe, order)


def test_the_twin_stands_beside_the_photos_own_sidecar(info: PhotoInfo, order: Order) -> None:
    outcome = write(info, order)
    assert outcome.duplicate == info.path.with_name("IMG_1_01.CR3.xmp")
    assert (outcome.status, outcome.reason) == ("written", "the HDR twin is IMG_1_01.CR3.xmp")
    assert properties(outcome.duplicate)[VERSION_NAME] == "HDR PQ"
    pq = last(outcome.duplicate)
    assert (pq.operation, pq.multi_name) == ("exposure", "PQ")
    assert VERSION_NAME not in properties(outcome.sidecar)
    assert last(outcome.sidecar).operation == "sigmoid"
    placed = history_from_bytes(outcome.duplicate.read_bytes()).iop_order
    assert placed[placed.index(pq.instance) + 1] == ("colorout", 0)
    assert EDITOR.sidecars(info.path) == (outcome.sidecar, outcome.duplicate)


@pytest.mark.parametrize("hdr", [Hdr(False, 2.0), Hdr(True, 0.0)])
def test_without_headroom_there_is_none(info: PhotoInfo, order: Order, hdr: Hdr) -> None:
    outcome = write(info, order, replace(EDIT, hdr=hdr))
    assert outcome.duplicate is None
    assert names(info.path.parent) == {"IMG_1.CR3", "IMG_1.CR3.xmp"}


def test_unless_asked_there_is_none(info: PhotoInfo, order: Order) -> None:
    assert write(info, replace(order, duplicate=False)).duplicate is None
    assert names(info.path.parent) == {"IMG_1.CR3", "IMG_1.CR3.xmp"}


def test_what_is_the_users_is_taken_over(
    info: PhotoInfo, order: Order, sidecar: Callable[[str], bytes]
) -> None:
    own = info.path.with_name("IMG_1.CR3.xmp")
    labels = {"darktable:colorlabels": seq("2", "4"), "{urn:other}mark": "x"}
    own.write_bytes(merge(sidecar("retouched"), labels))
    before = properties(own)
    outcome = write(info, replace(order, overwrite=True))
    assert outcome.duplicate is not None
    after = properties(outcome.duplicate)
    shared = [name for name in before if not name.startswith("darktable:")]
    assert {name: after[name] for name in shared} == {name: before[name] for name in shared}
    assert {"xmp:Rating", "dc:title", "lr:hierarchicalSubject", "{urn:other}mark"} <= set(shared)
    assert after["darktable:colorlabels"] == before["darktable:colorlabels"]
    assert "darktable:import_timestamp" not in after
    entries = {entry.operation: entry for entry in effective(history_from_bytes(own.read_bytes()))}
    twin = history_from_bytes(outcome.duplicate.read_bytes())
    for entry in effective(twin):
        if entry.operation in ("crop", "ashift", "lens", "retouch", "flip"):
            assert entry.params == entries[entry.operation].params
    assert [one.fields for one in twin.masks] and len(twin.masks) == 2
    assert last(outcome.duplicate).multi_name == "PQ"


@pytest.mark.parametrize(
    "taken", [["IMG_1_01.CR3.xmp"], ["IMG_1_01.CR3"], ["IMG_1_01.CR3.xmp", "IMG_1_03.CR3.xmp"]]
)
def test_the_next_free_number(info: PhotoInfo, order: Order, taken: list[str]) -> None:
    """A photo called IMG_1_01.CR3 has a sidecar of that name itself."""
    for name in taken:
        info.path.with_name(name).write_bytes(b"theirs")
    outcome = write(info, order)
    assert outcome.duplicate == info.path.with_name("IMG_1_02.CR3.xmp")
    assert all(info.path.with_name(name).read_bytes() == b"theirs" for name in taken)
    assert info.path.with_name("IMG_1_01.CR3") not in EDITOR.sidecars(info.path)


def test_a_duplicate_of_the_users_is_never_taken_for_ours(
    info: PhotoInfo, order: Order, sidecar: Callable[[str], bytes]
) -> None:
    theirs = info.path.with_name("IMG_1_01.CR3.xmp")
    theirs.write_bytes(merge(sidecar("retouched"), {VERSION_NAME: "HDR PQ"}))
    before = theirs.read_bytes()
    outcome = write(info, replace(order, overwrite=True))
    assert outcome.duplicate == info.path.with_name("IMG_1_02.CR3.xmp")
    assert theirs.read_bytes() == before


def test_ours_is_used_again(info: PhotoInfo, order: Order) -> None:
    first = write(info, order)
    assert first.duplicate is not None
    moved = first.duplicate.rename(info.path.with_name("IMG_1_07.CR3.xmp"))
    assert hdr_duplicate(info.path) == moved
    moved.rename(first.duplicate)
    again = write(info, replace(order, batch="two"))
    assert again.reason == f"{UNCHANGED}; the HDR twin is IMG_1_01.CR3.xmp"
    other = write(info, replace(order, batch="three"), replace(EDIT, exposure_ev=0.9))
    assert other.reason == "the HDR twin is IMG_1_01.CR3.xmp"
    assert names(info.path.parent) == {"IMG_1.CR3", "IMG_1.CR3.xmp", "IMG_1_01.CR3.xmp"}


def test_a_new_twin_of_an_unchanged_photo_is_news(info: PhotoInfo, order: Order) -> None:
    write(info, replace(order, duplicate=False))
    assert write(info, order).reason == "the HDR twin is IMG_1_01.CR3.xmp"


def edited(path: Path) -> bytes:
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    more = HistoryEntry.from_values("exposure", {"exposure": 3.0})
    changed = History(
        (*history.entries, more),
        history.history_end + 1,
        history.iop_order_version,
        history.iop_order,
    )
    path.write_bytes(merge_history(path.read_bytes(), changed))
    return path.read_bytes()


def test_an_edited_twin_is_kept_until_overwrite(info: PhotoInfo, order: Order) -> None:
    twin = write(info, order).duplicate
    assert twin is not None
    before = edited(twin)
    outcome = write(info, order, replace(EDIT, exposure_ev=0.9))
    assert outcome.status == "written" and outcome.duplicate == twin
    assert outcome.reason == (
        "the HDR twin IMG_1_01.CR3.xmp was edited and is kept; --overwrite replaces it"
    )
    assert twin.read_bytes() == before
    write(info, replace(order, overwrite=True))
    assert last(twin).multi_name == "PQ"
    undo(twin, order.first_versions, DARKTABLE)
    assert twin.read_bytes() == before


def test_beside_an_edit_that_is_kept_there_is_no_twin(info: PhotoInfo, order: Order) -> None:
    write(info, replace(order, duplicate=False))
    edited(info.path.with_name("IMG_1.CR3.xmp"))
    outcome = write(info, order)
    assert (outcome.status, outcome.reason, outcome.duplicate) == ("kept", KEPT, None)
    assert names(info.path.parent) == {"IMG_1.CR3", "IMG_1.CR3.xmp"}


def test_a_dry_run_names_it_and_writes_nothing(info: PhotoInfo, order: Order) -> None:
    outcome = write(info, replace(order, dry_run=True))
    assert (outcome.status, outcome.duplicate) == (
        "skipped",
        info.path.with_name("IMG_1_01.CR3.xmp"),
    )
    assert names(info.path.parent) == {"IMG_1.CR3"}


def test_all_numbers_taken_is_one_sentence(info: PhotoInfo) -> None:
    for number in range(1, MOST_DUPLICATES + 1):
        info.path.with_name(f"IMG_1_{number:02d}.CR3.xmp").symlink_to("nowhere")
    with pytest.raises(EditorError, match="no number left"):
        hdr_duplicate(info.path)


@pytest.mark.parametrize("name", ["twin", "twin_541"])
def test_a_twin_that_darktable_rewrote_is_ours(
    info: PhotoInfo, sidecar: Callable[[str], bytes], name: str
) -> None:
    path = info.path.with_name("IMG_1_01.CR3.xmp")
    path.write_bytes(sidecar(name))
    assert hdr_duplicate(info.path) == path
    path.write_bytes(merge(path.read_bytes(), {VERSION_NAME: "mine"}))
    assert is_ours(path.read_bytes())
    assert hdr_duplicate(info.path) == info.path.with_name("IMG_1_02.CR3.xmp")


def pq_to_nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, equation 4.1."""
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    root = code ** (1 / m2)
    return 10000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)


def intended_nits(light: NDArray[np.float64], recipe: Recipe) -> NDArray[np.float64]:
    """The curve a Recipe stands for, SDR white at 203 nits; see `sigmoid`."""
    stops = sigmoid.white_stops(recipe.hdr.headroom)
    white = 2.0**stops
    contrast, skew = sigmoid.twin(recipe.contrast, stops)
    p, q, fog, paper = sigmoid.film_and_paper(contrast, skew, white)
    x = (fog + light * 2.0 ** (DEFAULT_EXPOSURE_EV + recipe.exposure_ev)) ** q
    return SDR_WHITE_NITS * white * (x / (paper + x)) ** p


@pytest.mark.darktable
def test_a_pq_file_holds_the_intended_nits(greys, order: Order, run_darktable) -> None:
    from imagecodecs import avif_decode

    from sidelight.imaging import read_photo

    twin = EDITOR.write(read_photo(greys.path).info, PLAIN, order).duplicate
    pq = ("--icc-type", "PQ_REC2020")
    lossless = [
        ("--conf", f"plugins/imageio/format/avif/{what}")
        for what in ("bpp=12", "compression_type=0")
    ]
    avif = run_darktable(greys.path, twin, "out.avif", *pq, core=tuple(sum(lossless, ())))
    picture = avif_decode(avif.read_bytes())
    assert picture.dtype == np.uint16
    nits = pq_to_nits(greys.read(picture) / 4095.0)
    expected = intended_nits(greys.values, PLAIN)
    assert expected[0] < 3 and expected[-1] > 2 * SDR_WHITE_NITS
    # darktable's PQ profile is a table; below 6 nits its steps show.
    bright = expected > 6.0
    assert bright.sum() == 9
    wanted = np.broadcast_to(expected[:, None], nits.shape)
    np.testing.assert_allclose(nits[bright], wanted[bright], rtol=0.01)
    np.testing.assert_allclose(nits[~bright], wanted[~bright], atol=0.1)


@pytest.mark.darktable
def test_a_lut_in_the_twin_leaves_light_above_white_alone(greys, tmp_path: Path) -> None:
    """The sandwich: LUTs end at 1, so light is scaled below that before and back after."""
    from sidelight.editors.cube import lut_to_text
    from sidelight.imaging import read_photo
    from sidelight.learning.darktable_render import render_darktable_batch

    info = read_photo(greys.path).info
    recipe = replace(PLAIN, lut=Lut3D.identity(5))
    halving = Lut3D(Lut3D.identity(5).table * np.float32(0.5), "half")
    for name, lut in (("same", recipe.lut), ("half", halving)):
        (tmp_path / f"{name}.cube").write_text(lut_to_text(lut, 1.0))
    sidecars = []
    for path in ("", "same.cube", "half.cube"):
        entries = recipe_to_entries(recipe, info, headroom=2.0, lut_path=path, pq=True)
        assert len(entries) == (8 if path else 5)
        history = with_edit(None, entries, placements=placements_of(entries))
        sidecars.append((greys.path, merge_history(None, history)))
    renders = render_darktable_batch(sidecars, lut_root=tmp_path)
    assert [render.dropped for render in renders] == [()] * 3
    bare, same, half = (greys.read(render.rgb) * 10000 / SDR_WHITE_NITS for render in renders)
    assert bare.max() > 2.0
    expected = intended_nits(greys.values, PLAIN) / SDR_WHITE_NITS
    np.testing.assert_allclose(bare, np.broadcast_to(expected[:, None], bare.shape), rtol=0.01)
    np.testing.assert_allclose(same, bare, rtol=2e-3)
    assert (half < 0.51 * bare).all()
