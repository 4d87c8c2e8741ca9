"""darktable's sidecar: what is kept of the user's, what the real program makes of ours."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.editors.darktable.editor import Darktable, recipe_to_entries
from sidelight.recipe import Hdr, PhotoInfo, Recipe, ToneCurve
from sidelight.recipe.white_balance import RelativeWhiteBalance
from sidelight_xmp.darktable.history import History, HistoryEntry, effective
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history

EDITOR = Darktable()
EDIT = Recipe(
    temperature_mired=12,
    exposure_ev=0.4,
    contrast=10,
    highlights=-40,
    shadows=25,
    whites=8,
    vibrance=12,
    curve=ToneCurve.from_offsets(0.04 * np.sin(np.linspace(0, 2 * np.pi, 14))),
)


def active(path: Path) -> dict[str, HistoryEntry]:
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    return {entry.operation: entry for entry in effective(history)}


def test_the_photos_own_sidecar_is_the_sdr_twin(info: PhotoInfo, order: Order) -> None:
    outcome = EDITOR.write(info, EDIT, order)
    assert outcome.sidecar == info.path.with_name("IMG_1.CR3.xmp")
    entries = active(outcome.sidecar)
    assert list(entries) == [
        "temperature",
        "highlights",
        "exposure",
        "toneequal",
        "colorbalancergb",
        "rgbcurve",
        "sigmoid",
    ]
    white_target = np.frombuffer(entries["sigmoid"].params, "<f4", 1, 8)[0]
    assert white_target == pytest.approx(100, rel=1e-4)


def test_sdr_whites_raise_the_white_of_the_sdr_twin(info: PhotoInfo, order: Order) -> None:
    found = {}
    for number, whites in enumerate((-50.0, 0.0, 50.0, 100.0)):
        edit = replace(EDIT, hdr=Hdr(sdr_whites=whites))
        EDITOR.write(info, edit, replace(order, batch=str(number), overwrite=True))
        params = active(info.path.with_name("IMG_1.CR3.xmp"))["sigmoid"].params
        found[whites] = float(np.frombuffer(params, "<f4", 1, 8)[0])
        assert EDITOR.read(info).recipe.hdr.sdr_whites == pytest.approx(max(whites, 0.0), abs=0.1)
    assert found[-50.0] == found[0.0] == pytest.approx(100.0, rel=1e-4)
    assert found[50.0] == pytest.approx(100.0 * 2**0.5, rel=1e-4)
    assert found[100.0] == pytest.approx(200.0, rel=1e-4)


def test_the_mask_exposure_is_written(info: PhotoInfo, order: Order) -> None:
    for boost in (-1.5, 0.0):
        EDITOR.write(info, EDIT, replace(order, mask_exposure_ev=boost))
        params = active(info.path.with_name("IMG_1.CR3.xmp"))["toneequal"].params
        assert np.frombuffer(params, "<f4", 1, 56)[0] == boost


def test_geometry_repair_and_the_users_highlights_are_kept(info: PhotoInfo, order: Order) -> None:
    crop = HistoryEntry("crop", True, 1, b"\1" * 20)
    clip = HistoryEntry.from_values("highlights", {"mode": 0, "clip": 0.9})
    filmic = HistoryEntry("filmicrgb", True, 6, b"\2" * 116)
    users = History((crop, clip, filmic), history_end=3)
    path = info.path.with_name("IMG_1.CR3.xmp")
    path.write_bytes(merge_history(None, users, {"xmp:Rating": "4"}))
    assert EDITOR.edit(info.path, order.first_versions).state == "theirs"
    assert EDITOR.write(info, EDIT, order).status == "kept"
    assert EDITOR.write(info, EDIT, replace(order, overwrite=True)).status == "written"
    entries = active(path)
    assert entries["crop"].params == crop.params
    assert entries["highlights"].params == clip.params
    assert "filmicrgb" not in entries
    assert b'xmp:Rating="4"' in path.read_bytes()


def test_what_darktable_applies_by_itself_is_no_edit(info: PhotoInfo, order: Order) -> None:
    untouched = [
        HistoryEntry.from_values("exposure", {"exposure": 0.7, "compensate_exposure_bias": True}),
        HistoryEntry("filmicrgb", True, 6, b"\2" * 116),
        HistoryEntry("flip", True, 2, b"\0" * 4),
    ]
    untouched[0] = HistoryEntry.from_values(
        "exposure",
        {"black": -0.000244140625, "exposure": 0.7, "compensate_exposure_bias": True},
    )
    path = info.path.with_name("IMG_1.CR3.xmp")
    path.write_bytes(merge_history(None, History(tuple(untouched), history_end=3)))
    assert EDITOR.edit(info.path, order.first_versions).state == "none"
    assert EDITOR.write(info, EDIT, order).status == "written"
    assert "flip" in active(path)


def test_a_rendered_photo_has_no_sensor_operations(tmp_path: Path, order: Order) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    info = PhotoInfo(photo, is_raw=False, white_balance=RelativeWhiteBalance())
    EDITOR.write(info, EDIT, order)
    history = history_from_bytes((tmp_path / "a.jpg.xmp").read_bytes())
    assert history is not None
    assert history.iop_order_version == 3
    assert "highlights" not in {entry.operation for entry in history.entries}


@pytest.mark.darktable
def test_the_real_darktable_drops_nothing(
    tmp_path: Path, shared: Path, darktable_cli: str, order: Order
) -> None:
    from shutil import copy

    from sidelight.imaging import read_photo

    photo = tmp_path / "a.dng"
    copy(shared / "data" / "photos" / "gopro_hero6_GOPR0024_demo.dng", photo)
    info = read_photo(photo).info
    assert len(recipe_to_entries(EDIT, info)) == 7
    outcome = EDITOR.write(info, EDIT, order)
    done = subprocess.run(
        [
            darktable_cli,
            str(photo),
            str(outcome.sidecar),
            str(tmp_path / "out.jpg"),
            *("--width", "256", "--apply-custom-presets", "0"),
            *("--core", "--configdir", str(tmp_path / "config")),
            *("--cachedir", str(tmp_path / "cache"), "--disable-opencl"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (tmp_path / "out.jpg").exists()
    for complaint in ("mismatch", "not installed", "missing tags", "not used but enabled"):
        assert complaint not in done.stderr + done.stdout


def test_files_of_a_photo(info: PhotoInfo, order: Order) -> None:
    own = info.path.with_name("IMG_1.CR3.xmp")
    assert EDITOR.sidecars(info.path) == (own,)
    duplicates = [info.path.with_name(f"IMG_1_{number:02d}.CR3.xmp") for number in (1, 4)]
    for path in duplicates:
        path.write_bytes(b"")
    (info.path.with_name("IMG_1_04.CR3")).write_bytes(b"another photo")
    assert EDITOR.sidecars(info.path) == (own, duplicates[0])


def test_what_darktable_rewrote_is_refreshed_and_undone(
    info: PhotoInfo, order: Order, sidecar
) -> None:
    from sidelight_xmp.atomic import undo
    from sidelight_xmp.darktable import DARKTABLE

    path = info.path.with_name("IMG_1.CR3.xmp")
    path.write_bytes(sidecar("retouched"))
    EDITOR.write(info, EDIT, replace(order, overwrite=True))
    path.write_bytes(sidecar("ours_421"))
    assert EDITOR.edit(info.path, order.first_versions).state == "ours"
    assert EDITOR.write(info, EDIT, replace(order, batch="two")).status == "written"
    assert path.read_bytes() != sidecar("ours_421")
    undo(path, order.first_versions, DARKTABLE)
    assert history_from_bytes(path.read_bytes()) == history_from_bytes(sidecar("retouched"))
    assert b'xmp:Rating="3"' in path.read_bytes()
