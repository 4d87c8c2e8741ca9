"""darktable itself reads what we write: nothing is dropped, the user's own parts take effect."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sidelight_xmp.darktable import (
    OPERATIONS,
    History,
    HistoryEntry,
    Placement,
    history_from_bytes,
    merge_history,
    with_edit,
)

pytestmark = pytest.mark.darktable

COMPLAINTS = (
    "mismatch",
    "not installed",
    "missing tags",
    "[lut3d]",
    "not used but enabled",
    "found auto_presets_applied but there was no history",
    "can't find history entry",
)
VALUES = {
    "temperature": {"red": 2.3, "blue": 1.5},  # as shot: 2.026, 1.648
    "exposure": {"exposure": 0.5},
    "toneequal": {"shadows": 0.5, "speculars": -0.5, "exposure_boost": 1.0},
    "channelmixerrgb": {"red": (1.05, 0.0, 0.0, 0.0)},
    "colorbalancergb": {"vibrance": 0.2, "contrast": 0.1},
    "rgbcurve": {
        "nodes_r": ((0.0, 0.0), (0.18, 0.2), (1.0, 1.0)) + ((0.0, 0.0),) * 17,
        "node_count": (3, 2, 2),
    },
    "sigmoid": {"display_white_target": 400.0, "contrast_skewness": -0.36},
    "lut3d": {"filepath": "half.cube"},
}
ALL_NINE = [HistoryEntry.from_values(name, VALUES.get(name, {})) for name in OPERATIONS]
HALF_CUBE = "LUT_3D_SIZE 2\n" + "".join(
    f"{r / 2} {g / 2} {b / 2}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)
)

Render = Callable[[bytes], Image.Image]


@pytest.fixture
def render(darktable_cli: str, shared: Path, tmp_path: Path) -> Render:
    """Render a sidecar of the demo photo at 128 px and fail on every complaint."""
    (tmp_path / "half.cube").write_text(HALF_CUBE)

    def run(sidecar: bytes) -> Image.Image:
        edit, out = tmp_path / "edit.xmp", tmp_path / "out.png"
        edit.write_bytes(sidecar)
        out.unlink(missing_ok=True)
        photo = shared / "data/photos/gopro_fusion_GPFR7066_demo.dng"
        command = [darktable_cli, photo, edit, out, "--width", "128", "--height", "128"]
        command += ["--hq", "0", "--apply-custom-presets", "0", "--core", "--disable-opencl"]
        command += ["--configdir", tmp_path / "config", "--cachedir", tmp_path / "cache"]
        command += ["--conf", f"plugins/darkroom/lut3d/def_path={tmp_path}"]
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert not [text for text in COMPLAINTS if text in done.stderr + done.stdout]
        with Image.open(out) as image:
            return image.convert("RGB")

    return run


def differ(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference, 0..255; very large where the sizes differ."""
    if one.size != other.size:
        return 255.0
    counts = ImageChops.difference(one, other).convert("L").histogram()
    return sum(value * count for value, count in enumerate(counts)) / sum(counts)


def test_all_nine_operations_are_accepted_and_each_acts(render):
    full = render(merge_history(None, with_edit(None, ALL_NINE)))
    unchanged = []
    for left_out in ALL_NINE:
        rest = [entry for entry in ALL_NINE if entry is not left_out]
        if left_out.operation == "highlights":
            rest.append(HistoryEntry.from_values("highlights", {"mode": "clip", "clip": 0.2}))
        if differ(full, render(merge_history(None, with_edit(None, rest)))) < 0.05:
            unchanged.append(left_out.operation)
    assert unchanged == []


def test_users_geometry_retouch_and_mask_take_effect(render, sidecar):
    before = sidecar("retouched")
    users = history_from_bytes(before)
    edit = with_edit(users, ALL_NINE)
    first = merge_history(before, edit)
    image = render(first)
    assert merge_history(first, with_edit(history_from_bytes(first), ALL_NINE)) == first

    def without(operation: str) -> History:
        entries = tuple(one for one in edit.entries if one.operation != operation)
        return replace(edit, entries=entries, history_end=len(entries))

    # (lens changes nothing: darktable has no correction for this camera)
    for operation in ("crop", "ashift", "denoiseprofile", "watermark", "retouch"):
        assert differ(image, render(merge_history(before, without(operation)))) > 0.05, operation
    # the retouched circle in the middle is filled with red: only where its mask survived
    red, green, _ = image.getpixel((image.width // 2, image.height * 2 // 5))
    assert red > 100 and green < 20
    bare = render(merge_history(before, replace(edit, masks=())))
    red, green, _ = bare.getpixel((bare.width // 2, bare.height * 2 // 5))
    assert not (red > 100 and green < 20)


def test_second_instances_stand_where_they_were_placed(render):
    """The LUT between two opposite exposures halves a picture that reaches beyond SDR white."""
    ours = [entry for entry in ALL_NINE if entry.operation != "lut3d"]
    sandwich = [
        HistoryEntry.from_values("exposure", {"exposure": -2.0}, multi_priority=1),
        HistoryEntry.from_values("lut3d", {"filepath": "half.cube", "colorspace": 4}),
        HistoryEntry.from_values("exposure", {"exposure": 2.0}, multi_priority=2),
    ]
    placements = [
        Placement("exposure", 1, before="lut3d"),
        Placement("exposure", 2, before="colisa"),
    ]
    with_lut = with_edit(None, ours + sandwich, placements=placements)
    halved = with_edit(
        None,
        [*ours, HistoryEntry.from_values("exposure", {"exposure": -1.0}, multi_priority=1)],
        placements=[Placement("exposure", 1, before="colisa")],
    )
    one, other = (render(merge_history(None, edit)) for edit in (with_lut, halved))
    assert differ(one, other) < 0.5
