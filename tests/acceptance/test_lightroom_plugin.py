"""The plug-in for Lightroom on Lua 5.1, in a double of Lightroom's SDK, with a real daemon."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REAL = ("gopro_fusion_GPFR7066_demo", "gopro_hero6_GOPR0024_demo", "gopro_hero7_GOPR9231_demo")
VIRTUAL = ("virtual_01", "virtual_05", "virtual_08_over", "virtual_10")


def test_what_lightroom_gets_is_what_the_sidecar_says_key_by_key(
    lightroom, test_set: list[Path], tmp_path: Path, sidelight
) -> None:
    photos = [Path(shutil.copy(p, tmp_path)) for p in test_set if p.stem in (*REAL, *VIRTUAL)]
    assert len(photos) == len(REAL) + len(VIRTUAL)
    originals = {photo: photo.read_bytes() for photo in photos}
    result = lightroom.run(photos)
    assert result.said == f"Sidelight: Auto HDR: {len(photos)} edited"
    assert not list(tmp_path.glob("*.xmp"))
    done = sidelight("auto", "--editor", "lightroom", *photos)
    assert done.returncode == 0, done.stderr
    applied = {event["photo"]: event for event in result.happened("apply")}
    for photo, shown in zip(photos, result.photos, strict=True):
        wanted = lightroom.sidecar(photo)
        assert len(wanted) >= 18 and wanted["HDREditMode"] == 1
        assert {name: shown["develop"].get(name) for name in wanted} == wanted
        event = applied[str(photo)]
        assert not event["dropped"]
        assert set(event["settings"]) <= set(wanted)
        assert photo.read_bytes() == originals[photo]


def test_s10_one_undo_takes_all_back_and_so_does_restore(lightroom, two_photos) -> None:
    scenario = (
        "for _, one in ipairs(p) do one.develop.Exposure2012 = -1.5 one.develop.CropTop = 0.1 "
        "one.develop.MaskGroupBasedCorrections = { { What = 'Mask' } } end\n"
        f"{lightroom.press('Auto')}"
        "local function keep(name) local found = {} for i, one in ipairs(p) do found[i] = "
        "{ one.develop.Exposure2012, one.develop.HDREditMode, #one.snapshots } end "
        "w:note('kept', { name = name, found = found }) end\n"
        "local first = {} for i, step in ipairs(w.catalog.undo_steps) do first[i] = step.name end\n"
        "w:note('kept', { name = 'steps', found = first })\n"
        "w.catalog:undo() keep('undone')\n"
        f"{lightroom.press('Auto')}{lightroom.press('Restore')} keep('restored')\n"
        f"{lightroom.press('Auto')}"
    )
    result = lightroom.run(two_photos, scenario)
    kept = {event["name"]: event["found"] for event in result.happened("kept")}
    assert kept["steps"] == ["Snapshot before Sidelight", "Sidelight Auto HDR"]
    assert kept["undone"] == [[-1.5, 0, 1]] * 2
    # The snapshot that the undo left behind is a photo's own now; the newest is taken away.
    assert kept["restored"] == [[-1.5, 0, 1]] * 2
    for shown, event in zip(result.photos, result.happened("apply")[-2:], strict=True):
        assert shown["develop"]["Exposure2012"] != -1.5
        assert shown["develop"]["MaskGroupBasedCorrections"] == [{"What": "Mask"}]
        assert shown["develop"]["CropTop"] == 0.1
        assert not {"CropTop", "MaskGroupBasedCorrections"} & set(event["settings"])
        assert shown["history"][-1] == "Sidelight Auto HDR"


def test_it_starts_the_daemon(tmp_path: Path, load_helper, two_photos: list[Path]) -> None:
    """By the button of the Plug-in Manager, and where that ended, by Auto HDR itself."""
    home = tmp_path / "$(touch pwned) home's"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("port = 0\nworkers = 1\n", encoding="utf-8")
    helper = load_helper("lua_plugins/lightroom/lightroom.py")
    one = helper.Lightroom(tmp_path / "Lightroom", home)
    ending = tmp_path / "end.py"
    ending.write_text(
        "import json, os, pathlib, signal\n"
        f"endpoint = json.loads(pathlib.Path({str(one.endpoint)!r}).read_text())\n"
        "os.kill(endpoint['pid'], signal.SIGTERM)\n",
        encoding="utf-8",
    )
    scenario = (
        "local properties = {}\n"
        "local function tell() w.scheduler:run() w:note('status', { text = "
        "properties.sidelight_status, can_start = properties.sidelight_can_start }) end\n"
        "local section = w:load('PluginInfo').sectionsForTopOfDialog(w.factory, properties)[1]\n"
        "tell()\nlocal look, start = unpack(section[2])\nstart.action() tell()\n"
        f"assert(os.execute({one.text(f'{sys.executable} {ending}')}) == 0)\n"
        "repeat look.action() w.scheduler:run() until properties.sidelight_can_start\n"
        "tell()\n" + one.press("Auto")
    )
    try:
        result = one.run(two_photos[:1], scenario)
    finally:
        if one.endpoint.exists():
            os.kill(json.loads(one.endpoint.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)
    down = "Sidelight is not running. Start it with: sidelight serve"
    first, started, ended = result.happened("status")
    assert (first["text"], first["can_start"]) == (down, True)
    assert started["text"].startswith("Sidelight 0.") and started["text"].endswith(" is running")
    assert not started["can_start"]
    assert (ended["text"], ended["can_start"]) == (down, True)
    assert result.said == "Sidelight: Auto HDR: 1 edited"
    assert not list(tmp_path.rglob("pwned"))


def test_a_new_token_in_mid_batch_is_found(lightroom, two_photos: list[Path]) -> None:
    replace_token = lightroom.folder / "replace.py"
    replace_token.write_text(
        "import json, pathlib, sys, urllib.request as u\n"
        "e = json.loads(pathlib.Path(sys.argv[1]).read_text())\n"
        "u.urlopen(u.Request(e['url'] + '/v1/token', method='POST', data=b'', "
        "headers={'Authorization': 'Bearer ' + e['token']}))\n",
        encoding="utf-8",
    )
    command = f"{sys.executable} {replace_token} {lightroom.endpoint}"
    once = (
        "local note, asked = w.note, false\n"
        "function w:note(kind, values) note(self, kind, values)\n"
        "if kind == 'http' and not asked then asked = true "
        f"assert(os.execute({lightroom.text(command)}) == 0) end end\n"
    )
    result = lightroom.run(two_photos, once + lightroom.press("Auto"))
    assert 401 in [event.get("status") for event in result.happened("http")]
    assert result.said == "Sidelight: Auto HDR: 2 edited"


def test_s10_canceled_within_a_second_and_nothing_was_changed(lightroom, two_photos) -> None:
    canceling = (
        "local canceled\n"
        "w:at(0.6, function() w.progress.is_canceled = true canceled = w.scheduler:now() end)\n"
        f"{lightroom.press('Auto')}"
        "w.events[#w.events + 1] = { kind = 'canceled', at = canceled }\n"
    )
    result = lightroom.run(two_photos * 20, canceling)
    assert "canceled; nothing was changed" in result.said
    assert not result.steps
    (canceled,) = result.happened("canceled")
    assert result.happened("message")[0]["at"] - canceled["at"] <= 1
    assert len(result.happened("http")) < 40


def test_p6_names_are_only_names(lightroom, two_photos: list[Path]) -> None:
    folder = two_photos[0].parent / "$(touch pwned) '; touch pwned; '"
    folder.mkdir()
    names = [
        "$(touch pwned).dng", '"; touch pwned;".dng', "-rf.dng", "a\nb'%41.dng", "\u202eé😀.dng",
    ]  # fmt: skip
    refused = ["a\\b.dng", os.fsdecode(b"\xff.dng")]  # never part of a photo's name there
    made = [Path(shutil.copy(two_photos[0], folder / name)) for name in names + refused]
    result = lightroom.run(made)
    assert result.said.startswith(f"Sidelight: Auto HDR: {len(names)} edited, 2 failed")
    for place in (lightroom.folder, two_photos[0].parent):
        assert not list(place.rglob("pwned"))


def test_videos_deleted_photos_and_jpegs(lightroom, two_photos: list[Path]) -> None:
    jpeg = two_photos[0].parent / "picture.jpg"
    from PIL import Image

    Image.radial_gradient("L").convert("RGB").resize((400, 300)).save(jpeg)
    scenario = (
        f"p[3] = w.catalog:add({{ path = {lightroom.text(jpeg)}, is_raw = false }})\n"
        "p[4] = w.catalog:add({ path = '/videos/clip.mov', is_video = true })\n"
        "w.catalog:select(p)\n"
        "local note = w.note\n"
        "function w:note(kind, values) note(self, kind, values)\n"
        "if kind == 'http' and values.url:find('predict') then p[2].is_deleted = true end end\n"
        + lightroom.press("Auto")
    )
    result = lightroom.run(two_photos, scenario)
    text = result.said
    assert "2 edited" in text and "1 videos skipped" in text and "1 failed" in text
    assert "the photo was deleted" in text
    edited = [event["photo"] for event in result.happened("apply")]
    assert edited == [str(two_photos[0]), str(jpeg)]
    of_jpeg = result.happened("apply")[1]
    assert not of_jpeg["dropped"]
    assert not {"Temperature", "Tint"} & set(of_jpeg["settings"])


def test_photos_that_are_away_are_edited_by_their_previews(lightroom, two_photos) -> None:
    from PIL import Image

    jpeg = two_photos[0].parent / "thumbnail.jpg"
    Image.radial_gradient("L").convert("RGB").resize((400, 300)).save(jpeg)
    away = [path.with_name(f"away-{path.name}") for path in two_photos]
    scenario = (
        f"local file = assert(io.open({lightroom.text(jpeg)}, 'rb'))\n"
        "p[1].thumbnail = file:read('*a')\nfile:close()\n"
        f"p[2].metadata.smartPreviewInfo.smartPreviewPath = {lightroom.text(two_photos[1])}\n"
        + lightroom.press("Options", headroom=0, strength=50)
    )
    result = lightroom.run(away, scenario)
    assert result.said.startswith("Sidelight: Auto HDR: 2 edited")
    sent = [event["headers"]["Content-Type"] for event in result.happened("http")[1:]]
    assert sorted(sent) == ["application/json"] * 2 + ["image/jpeg"]
    assert {event["photo"] for event in result.happened("apply")} == set(map(str, away))
    assert [shown["develop"]["HDREditMode"] for shown in result.photos] == [0, 0]


def test_self_check_writes_down_every_key(lightroom, two_photos: list[Path]) -> None:
    scenario = lightroom.press("SelfCheck") + (
        "local file = assert(io.open(w.folder .. '/sidelight-self-check.txt'))\n"
        "w.events[#w.events + 1] = { kind = 'report', text = file:read('*a') }\nfile:close()\n"
    )
    result = lightroom.run(two_photos[:1], scenario)
    (report,) = result.happened("report")
    assert report["text"].count("ok        ") == 23
    assert "DIFFERENT" not in report["text"] and "MISSING" not in report["text"]
    assert result.photos[0]["history"] in ([], {})
    assert len(result.photos) == 2
