"""`sidelight evaluate` with the real darktable and RawTherapee, and other programs' sidecars."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import lxml.html
import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.learning.darktable_render import default_sidecar
from sidelight_xmp.darktable import History, HistoryEntry, history_from_bytes, merge_history

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

BY_HAND = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:ProcessVersion="15.4"
 crs:HasSettings="True" crs:Exposure2012="+0.40" crs:Shadows2012="+25"/></rdf:RDF></x:xmpmeta>
"""


def test_the_camera_jpeg_of_virtual_photos(shared: Path, sidelight, darktable_cli, tmp_path: Path):
    done = sidelight(
        "evaluate", "virtual", shared / "data", "--editor", "lightroom",
        "--only", "virtual_02,virtual_07,virtual_12", "--size", "256",
        "--methods", "auto,camera,identity,camera-jpeg,darktable-default",
        "--out", tmp_path / "report", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [len(fold["test"]) for fold in report["split"]["folds"]] == [1, 1, 1]
    methods = report["methods"]
    assert methods["camera-jpeg"]["left_out"][0]["reason"] == "it is the reference itself"
    figures = {name: found["figures"] for name, found in methods.items()}
    # The engine that imitates the JPEG is nearer to it than no edit is, on the same photos.
    assert figures["camera"]["delta_e_2000"]["mean"] < figures["identity"]["delta_e_2000"]["mean"]
    verdict = methods["camera"]["versus"]["identity"]["delta_e_2000"]
    assert verdict["photos"] == 3 and verdict["scenes"] == 3 and verdict["low"] is None
    # Truth is known: whoever has an HDR rendition is judged by it.
    assert figures["auto"]["headroom_stops"]["photos"] == 3
    assert figures["darktable-default"]["headroom_stops"]["photos"] == 3
    assert "headroom_stops" not in figures["identity"]
    page = lxml.html.parse(str(tmp_path / "report" / "evaluation.html"))
    assert len(page.findall(".//svg")) >= 4
    assert any("above white" in img.get("alt") for img in page.findall(".//img"))


def test_real_photos_against_two_edits_by_hand(
    shared: Path, sidelight, darktable_cli, tmp_path: Path
):
    folder, rival = tmp_path / "photos", tmp_path / "rival"
    folder.mkdir()
    rival.mkdir()
    names = ("gopro_hero6_GOPR0024_demo.dng", "gopro_hero7_GOPR9231_demo.dng")
    hero6, hero7 = (Path(shutil.copy(shared / "data/photos" / name, folder)) for name in names)
    # References: a Lightroom edit and a darktable edit, written by hand.
    hero6.with_suffix(".xmp").write_text(BY_HAND)
    plain = default_sidecar(read_photo(hero7, 64).info.white_balance.multipliers())
    hero7.with_name(hero7.name + ".xmp").write_bytes(plain)
    # The rival: darktable's edit 1 EV brighter for both.
    for photo in (hero6, hero7):
        sidecar = default_sidecar(read_photo(photo, 64).info.white_balance.multipliers())
        history = history_from_bytes(sidecar)
        assert history is not None
        brighter = HistoryEntry.from_values("exposure", {"exposure": 1.7})
        entries = tuple(
            brighter if entry.operation == "exposure" else entry for entry in history.entries
        )
        edited = merge_history(None, History(entries, history_end=len(entries)))
        (rival / f"{photo.name}.xmp").write_bytes(edited)
    done = sidelight(
        "evaluate", folder, "--editor", "darktable", "--size", "256",
        "--methods", f"auto,identity,darktable-default,rawtherapee-auto,nearest-three,xmp:{rival}",
        "--out", tmp_path / "report", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    by_name = {photo["name"]: photo for photo in report["photos"]}
    assert by_name[hero6.name]["reference"]["editor"] == "lightroom"
    of_7 = by_name[hero7.name]
    assert of_7["reference"]["editor"] == "darktable"
    # darktable's default is that reference, rendered by the same program.
    assert of_7["methods"]["darktable-default"]["figures"]["psnr_db"] == 100.0
    rivals = of_7["methods"]["xmp:rival"]
    assert rivals["recipe"]["exposure_ev"] == pytest.approx(1.0, abs=0.01)
    assert rivals["figures"]["psnr_db"] < 30.0
    assert of_7["methods"]["identity"]["figures"]["delta_e_2000"] < 1.0
    assert np.isfinite(of_7["methods"]["rawtherapee-auto"]["figures"]["psnr_db"])
    left_out = report["methods"]["nearest-three"]["left_out"]
    assert all("the rule needs 5" in item["reason"] for item in left_out) and len(left_out) == 2
