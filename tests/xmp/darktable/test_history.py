"""What stays of the user's history, what counts as an edit, which masks follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sidelight_xmp.darktable import (
    History,
    HistoryEntry,
    MaskEntry,
    Placement,
    decode,
    effective,
    encode,
    has_edit,
    history_from_bytes,
    with_edit,
)
from sidelight_xmp.darktable.blend import SIZE, VERSION
from sidelight_xmp.darktable.history import FINISH, GEOMETRY, KEPT, NOISE, REPAIR
from sidelight_xmp.darktable.iop_order import CUSTOM, JPEG_ORDER, V30_JPEG, V30_RAW
from sidelight_xmp.errors import InvalidValueError

OURS = [
    HistoryEntry.from_values("temperature", {"red": 2.0, "blue": 1.6}),
    HistoryEntry.from_values("highlights", {}),
    HistoryEntry.from_values("exposure", {"exposure": 0.5}),
    HistoryEntry.from_values("sigmoid", {}),
]
MASKED = bytes(24) + (7).to_bytes(4, "little") + bytes(SIZE - 28)


LEFT_OUT = """
filmicrgb filmic basecurve agx sigmoid exposure temperature tonecurve colorzones vignette
rawprepare colorin colorout gamma newer_than_us
"""
KEPT_OF_RETOUCHED = """
demosaic lens denoiseprofile denoiseprofile crop flip ashift sharpen watermark retouch
"""


def entry(operation: str, params: bytes = b"", **fields) -> HistoryEntry:
    return HistoryEntry(operation, fields.pop("enabled", True), 1, params, **fields)


def history(*entries: HistoryEntry, **fields) -> History:
    return History(entries, fields.pop("history_end", len(entries)), **fields)


def names(edit: History) -> list[str]:
    return [one.operation for one in edit.entries]


def test_entry_from_values_is_at_the_version_we_know():
    one = HistoryEntry.from_values("exposure", {"exposure": 2.0}, multi_priority=1, multi_name="x")
    assert (one.modversion, one.enabled, one.instance) == (6, True, ("exposure", 1))
    assert one.params.hex() == "00000000000000000000004000004842000080c000000000"
    with pytest.raises(InvalidValueError, match="exposure"):
        HistoryEntry.from_values("exposure", {"exposure": 25.0})


def test_effective_is_the_last_active_entry_of_each_instance():
    one = history(
        entry("exposure", b"a"),
        entry("crop", b"b"),
        entry("exposure", b"c"),
        entry("exposure", b"d", multi_priority=1),
        entry("exposure", b"redo"),
        history_end=4,
    )
    assert [item.params for item in effective(one)] == [b"b", b"c", b"d"]
    assert effective(replace(one, history_end=0)) == ()


def test_everything_independent_of_tone_is_kept_in_front():
    users = history(*(entry(name) for name in sorted(KEPT - {"highlights"})))
    edit = with_edit(users, OURS)
    assert names(edit) == sorted(KEPT - {"highlights"}) + [one.operation for one in OURS]
    assert {"crop", "flip", "ashift", "clipping", "rotatepixels", "scalepixels"} <= GEOMETRY
    assert {"lens", "liquify"} <= GEOMETRY and {"retouch", "spots"} == REPAIR
    assert {"denoiseprofile", "rawdenoise", "hotpixels", "cacorrect", "cacorrectrgb"} <= NOISE
    assert {"bilateral", "nlmeans", "defringe"} <= NOISE
    assert {"censorize", "watermark"} <= FINISH


@pytest.mark.parametrize(
    "operation",
    LEFT_OUT.split(),
)
def test_tone_colour_and_camera_defaults_are_left_out(operation):
    assert names(with_edit(history(entry(operation, b"users")), OURS)) == names(
        with_edit(None, OURS)
    )


def test_ours_replaces_a_kept_operation_it_sets():
    ours = [*OURS, entry("denoiseprofile", b"ours")]
    users = history(entry("denoiseprofile", b"users"), entry("denoiseprofile", multi_priority=1))
    edit = with_edit(users, ours)
    assert [one.params for one in edit.entries if one.operation == "denoiseprofile"] == [b"ours"]


def test_users_highlights_take_the_place_of_ours():
    clip = entry("highlights", encode("highlights", {"mode": "clip"}), blendop_params="00")
    edit = with_edit(history(entry("crop"), clip), OURS)
    assert names(edit) == ["crop", "temperature", "highlights", "exposure", "sigmoid"]
    assert edit.entries[2] == replace(clip, num=2)
    without = [one for one in OURS if one.operation != "highlights"]
    assert "highlights" in names(with_edit(history(clip), without))


def test_switched_off_entry_stays_switched_off():
    users = history(entry("flip"), entry("flip", enabled=False), entry("lens", b"redo"))
    edit = with_edit(replace(users, history_end=2), OURS)
    assert [(one.operation, one.enabled) for one in edit.entries[:2]] == [
        ("flip", False),
        ("temperature", True),
    ]


def test_edit_without_users_history():
    edit = with_edit(None, OURS)
    assert (edit.iop_order_version, edit.iop_order, edit.masks) == (V30_RAW, (), ())
    assert edit.history_end == len(OURS) and edit.auto_presets_applied
    assert [one.num for one in edit.entries] == [0, 1, 2, 3]


def test_applying_the_same_edit_again_changes_nothing(sidecar):
    placed = [Placement("exposure", 1, before="colorout")]
    ours = [*OURS, HistoryEntry.from_values("exposure", {"exposure": -5.6}, multi_priority=1)]
    first = with_edit(history_from_bytes(sidecar("retouched")), ours, placements=placed)
    assert with_edit(first, ours, placements=placed) == first


def test_order_of_the_pipe():
    ours = [*OURS, HistoryEntry.from_values("exposure", {}, multi_priority=1)]
    plain = with_edit(None, ours)
    assert plain.iop_order_version == CUSTOM
    at = plain.iop_order.index(("exposure", 0))
    assert plain.iop_order[at + 1] == ("exposure", 1)
    placed = with_edit(None, ours, placements=[Placement("exposure", 1, before="colorout")])
    at = placed.iop_order.index(("exposure", 1))
    assert placed.iop_order[at + 1] == ("colorout", 0)
    jpeg = with_edit(None, OURS, order_version=V30_JPEG)
    assert (jpeg.iop_order_version, jpeg.iop_order) == (V30_JPEG, ())
    follows = with_edit(history(iop_order_version=CUSTOM, iop_order=JPEG_ORDER), OURS)
    assert follows.iop_order_version == V30_JPEG


def test_users_second_instance_stays_where_it_was(sidecar):
    edit = with_edit(history_from_bytes(sidecar("retouched")), OURS)
    at = edit.iop_order.index(("denoiseprofile", 1))
    assert edit.iop_order[at - 1] == ("denoiseprofile", 0)
    assert edit.iop_order_version == CUSTOM


def test_newest_masks_follow_the_last_entry_that_needs_them():
    masked = {"blendop_version": VERSION, "blendop_params": MASKED.hex()}
    users = history(
        entry("retouch", **masked),
        entry("exposure"),
        entry("denoiseprofile", **masked),
        entry("crop"),
        masks=(
            MaskEntry(0, (("darktable:mask_id", "6"),)),
            MaskEntry(2, (("darktable:mask_id", "6"),)),
            MaskEntry(2, (("darktable:mask_id", "7"),)),
            MaskEntry(9, (("darktable:mask_id", "redo"),)),
        ),
    )
    edit = with_edit(users, OURS)
    assert names(edit)[:3] == ["retouch", "denoiseprofile", "crop"]
    assert [(mask.num, mask.fields[0][1]) for mask in edit.masks] == [(1, "6"), (1, "7")]
    only_crop = replace(users, entries=(*users.entries[1:2], *users.entries[3:]), history_end=2)
    assert with_edit(only_crop, OURS).masks == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("imported", False), ("opened", False), ("edited", True), ("retouched", True)],
)
def test_has_edit_of_darktables_own_sidecars(sidecar, name, expected):
    found = history_from_bytes(sidecar(name))
    assert found is not None
    assert has_edit(found) is expected
    if found.entries:
        without_hashes = replace(found, basic_hash=None, auto_hash=None, current_hash=None)
        assert has_edit(without_hashes) is expected


def test_has_edit_without_history():
    assert has_edit(None) is False
    assert has_edit(history()) is False
    assert has_edit(history(entry("vignette"), history_end=0)) is False


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (entry("vignette"), True),
        (entry("vignette", enabled=False), False),
        (entry("filmicrgb"), False),
        (entry("filmicrgb", enabled=False), True),
        (entry("flip", multi_priority=1), True),
        (HistoryEntry.from_values("exposure", {}), False),
        (HistoryEntry.from_values("exposure", {"exposure": 0.7}), True),
        (HistoryEntry.from_values("highlights", {"mode": "clip"}), True),
        (HistoryEntry.from_values("sigmoid", {}), False),
        (HistoryEntry.from_values("sigmoid", {"contrast_skewness": 0.1}), True),
        (entry("exposure", bytes(28)), False),
    ],
)
def test_has_edit_by_entry(one, expected):
    assert has_edit(history(entry("colorin"), one)) is expected


def test_set_twice_is_an_edit():
    assert has_edit(history(entry("temperature", b"a"), entry("temperature", b"a"))) is False
    assert has_edit(history(entry("temperature", b"a"), entry("temperature", b"b"))) is True


def test_hashes_of_darktable_decide():
    one = history(entry("vignette"), auto_hash="a", current_hash="a")
    assert has_edit(one) is False  # an automatic preset of the user's
    assert has_edit(replace(one, current_hash="b")) is True
    assert has_edit(replace(one, auto_hash=None)) is True


def test_retouched_sidecar_is_decoded(sidecar):
    found = history_from_bytes(sidecar("retouched"))
    assert found is not None
    values = {
        one.operation: decode(one.operation, one.modversion, one.params) for one in effective(found)
    }
    assert values["exposure"]["exposure"] == 1.0
    assert isinstance(values["lens"], bytes)
    edit = with_edit(found, OURS)
    assert names(edit)[:-4] == KEPT_OF_RETOUCHED.split()
    assert len(edit.masks) == 2 and {mask.num for mask in edit.masks} == {9}
