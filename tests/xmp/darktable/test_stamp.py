"""An edit of ours is known after darktable rewrote the sidecar, and any change by somebody too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sidelight_xmp import DamagedSidecarError, merge, read_property
from sidelight_xmp.darktable import (
    History,
    HistoryEntry,
    effective,
    has_edit,
    history_from_bytes,
    merge_history,
    stamped,
    with_edit,
)
from sidelight_xmp.darktable.iop_order import CUSTOM, V30_RAW, Placement, order_of, place
from sidelight_xmp.darktable.stamp import (
    STAMP,
    STAMPED_NAME,
    VERSION_NAME,
    is_ours,
    own_history,
    put_back,
    says,
    version_name,
)
from sidelight_xmp.packet import Packet
from sidelight_xmp.properties import read_properties

ALL = ["ours", "ours_421", "twin", "twin_541"]
REWRITTEN = ["ours_421", "twin_541"]


def changed(data: bytes, change) -> bytes:
    """Change a sidecar's history as darktable would, the mark left as it is."""
    history = history_from_bytes(data)
    assert history is not None
    return merge_history(data, change(history))


def appended(*more: HistoryEntry):
    return lambda history: replace(
        history, entries=(*history.entries, *more), history_end=history.history_end + len(more)
    )


def properties(data: bytes) -> dict[str, object]:
    return read_properties(Packet.from_bytes(data))


@pytest.mark.parametrize("name", ALL)
def test_ours_is_known(sidecar, name):
    assert is_ours(sidecar(name))


@pytest.mark.parametrize("name", ["imported", "opened", "edited", "retouched"])
def test_theirs_is_not(sidecar, name):
    assert not is_ours(sidecar(name))
    mark = properties(sidecar("ours"))[STAMP]
    assert not is_ours(merge(sidecar(name), {STAMP: mark}))


@pytest.mark.parametrize("data", [b"", b"\0", b"<x/>"])
def test_what_is_no_sidecar_is_not_ours(data):
    assert not is_ours(data)
    assert version_name(data) is None


@pytest.mark.parametrize(
    "mark", ["", "1", "1 a b", "2 {} {}", "1 {} {} {}", "1  "], ids=lambda mark: mark or "empty"
)
def test_a_mark_of_another_form_says_nothing(sidecar, mark):
    words = str(properties(sidecar("ours"))[STAMP]).split()[1:]
    forged = mark.format(*words, "c")
    assert not is_ours(merge(sidecar("ours"), {STAMP: forged}))


CHANGES = {
    "exposure": appended(HistoryEntry.from_values("exposure", {"exposure": 1.0})),
    "a second instance": appended(HistoryEntry.from_values("exposure", {}, multi_priority=1)),
    "another operation": appended(HistoryEntry("velvia", True, 2, bytes(8))),
    "an operation that darktable adds by itself": appended(
        HistoryEntry("flip", True, 2, b"\6\0\0\0")
    ),
    "switched off": appended(HistoryEntry.from_values("sigmoid", {}, enabled=False)),
    "a step back": lambda history: replace(history, history_end=history.history_end - 1),
    "nothing left": lambda history: replace(history, history_end=0),
    "a mask": lambda history: replace(
        history, masks=tuple(replace(one, fields=one.fields[1:]) for one in history.masks)
    ),
    "blended": lambda history: replace(
        history,
        entries=tuple(
            replace(one, blendop_version=11, blendop_params="01" + "00" * 419)
            if one.operation == "exposure"
            else one
            for one in history.entries
        ),
    ),
    "moved": lambda history: replace(
        history,
        iop_order_version=CUSTOM,
        iop_order=place(history.iop_order, [Placement("exposure", 0, before="colisa")]),
    ),
    "an order that is not known": lambda history: replace(
        history, iop_order_version=1, iop_order=()
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ALL)
def test_any_change_of_the_edit_makes_it_theirs(sidecar, name, change):
    assert not is_ours(changed(sidecar(name), CHANGES[change]))


@pytest.mark.parametrize("name", ["ours", "ours_421"])
def test_settings_of_a_kept_operation_count_while_their_layout_is_the_written_one(sidecar, name):
    def crop(history: History) -> History:
        entries = [
            replace(one, params=bytes(24), params_text=None) if one.operation == "crop" else one
            for one in history.entries
        ]
        return replace(history, entries=tuple(entries))

    assert not is_ours(changed(sidecar(name), crop))


def test_what_5x_upgraded_counts_by_its_place(sidecar):
    """Whatever is changed in darktable, a crop say, stands last from then on."""

    def crop(history: History) -> History:
        (old,) = [one for one in history.entries if one.operation == "crop"]
        return appended(replace(old, params=bytes(24), params_text=None))(history)

    assert not is_ours(changed(sidecar("twin_541"), crop))


@pytest.mark.parametrize("name", ALL)
def test_metadata_do_not_matter(sidecar, name):
    data = merge(sidecar(name), {"xmp:Rating": "1", "darktable:change_timestamp": "5"})
    assert is_ours(data)


@pytest.mark.parametrize("name", ALL)
def test_redo_is_no_part_of_the_edit(sidecar, name):
    def redo(history: History) -> History:
        more = HistoryEntry.from_values("exposure", {"exposure": 3.0})
        return replace(history, entries=(*history.entries, more))

    assert is_ours(changed(sidecar(name), redo))


@pytest.mark.parametrize(("written", "rewritten"), [("ours", "ours_421"), ("twin", "twin_541")])
def test_own_history_is_what_was_written(sidecar, written, rewritten):
    before, after = own_history(sidecar(written)), own_history(sidecar(rewritten))
    assert [one.instance for one in after.entries] == [one.instance for one in before.entries]
    assert len(effective(history_from_bytes(sidecar(rewritten)))) == len(after.entries) + 4
    everything = history_from_bytes(sidecar("retouched"))
    assert own_history(sidecar("retouched")) == everything


@pytest.mark.parametrize("name", ALL)
def test_a_sidecar_says_what_it_says(sidecar, name):
    data = sidecar(name)
    history = own_history(data)
    label = version_name(data)
    assert label == ("HDR PQ" if name.startswith("twin") else None)
    ours = [one for one in history.entries if one.operation in ("temperature", "sigmoid")]
    assert says(data, history, label)
    assert not says(data, history, "another")
    assert not says(data, with_edit(history, ours), label)
    assert not says(changed(data, CHANGES["exposure"]), history, label)


def test_a_renamed_duplicate_has_no_name_of_ours(sidecar):
    data = merge(sidecar("twin"), {VERSION_NAME: "black and white"})
    assert version_name(data) is None and is_ours(data)
    assert version_name(merge(sidecar("retouched"), {VERSION_NAME: "HDR PQ"})) is None


def test_a_duplicate_whose_name_darktable_lost_is_still_known(sidecar):
    data = merge(sidecar("twin"), {VERSION_NAME: None})
    assert version_name(data) == "HDR PQ"
    assert put_back(data, None) is None


def test_put_back_brings_the_earlier_history_and_keeps_the_rest(sidecar):
    present = merge(
        sidecar("ours_421"), {"xmp:Rating": "2", "{urn:other}mark": "x", STAMPED_NAME: None}
    )
    earlier = sidecar("retouched")
    after = put_back(present, earlier)
    assert history_from_bytes(after) == history_from_bytes(earlier)
    of_history = {
        name
        for name in properties(earlier) | properties(present)
        if name.startswith(("darktable:history", "darktable:iop_", "darktable:masks", "sidelight:"))
    }
    assert len(of_history) > 5
    kept = {name: value for name, value in properties(present).items() if name not in of_history}
    found = properties(after)
    assert {name: found[name] for name in kept} == kept
    assert {name for name in found if name in of_history} == of_history - {STAMP}
    assert (found["xmp:Rating"], found["{urn:other}mark"]) == ("2", "x")
    assert put_back(after, earlier) == after


def test_put_back_of_nothing_leaves_an_unedited_photo(sidecar):
    after = put_back(sidecar("ours_421"), None)
    imported = history_from_bytes(sidecar("imported"))
    assert history_from_bytes(after) == imported
    assert not has_edit(history_from_bytes(after))
    assert properties(after)["xmp:Rating"] == "3"
    assert STAMP not in properties(after)


def test_put_back_of_a_sidecar_without_history(sidecar):
    earlier = merge(None, {"xmp:Rating": "5"})
    after = put_back(sidecar("ours_421"), earlier)
    assert not has_edit(history_from_bytes(after))
    assert properties(after)["xmp:Rating"] == "3"


def test_a_duplicate_that_we_made_goes(sidecar):
    assert put_back(sidecar("twin_541"), None) is None
    renamed = merge(sidecar("twin_541"), {VERSION_NAME: "mine"})
    assert properties(put_back(renamed, None))[VERSION_NAME] == "mine"
    after = put_back(sidecar("twin_541"), sidecar("retouched"))
    assert VERSION_NAME not in properties(after)


def test_an_earlier_edit_of_ours_is_ours_again(sidecar):
    assert is_ours(put_back(sidecar("ours_421"), sidecar("twin")))


def test_put_back_refuses_what_it_cannot_read(sidecar):
    with pytest.raises(DamagedSidecarError):
        put_back(sidecar("ours_421"), b"cut off")


def test_a_name_is_part_of_the_mark():
    history = with_edit(None, [HistoryEntry.from_values("sigmoid", {})])
    assert set(stamped(history)) == {STAMP}
    assert stamped(history, "x") == {
        STAMP: stamped(history)[STAMP],
        VERSION_NAME: "x",
        STAMPED_NAME: "x",
    }
    data = merge_history(None, history, stamped(history, "x"))
    assert is_ours(data) and version_name(data) == "x"
    assert read_property(Packet.from_bytes(data), STAMP) == stamped(history)[STAMP]


def test_the_built_in_orders_of_5x_are_those_of_our_operations():
    entries = (HistoryEntry.from_values("exposure", {}), HistoryEntry.from_values("sigmoid", {}))
    old, new = (History(entries, 2, iop_order_version=version) for version in (V30_RAW, 4))
    assert stamped(old) == stamped(new)
    listed = replace(old, iop_order_version=CUSTOM, iop_order=order_of(V30_RAW))
    assert stamped(old) == stamped(listed)
