"""The plug-in for Lightroom: its dialog, its window and many photos, with a real daemon."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def agrees(shown: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a photo of the double has every setting of a sidecar."""
    return {name: shown["develop"].get(name) for name in wanted} == wanted


def sidecars(sidelight, lightroom, photos: list[Path], *options: str) -> list[dict[str, Any]]:
    """What the command line writes for photos."""
    done = sidelight("auto", "--editor", "lightroom", "--overwrite", *options, *photos)
    assert done.returncode == 0, done.stderr
    return [lightroom.sidecar(photo) for photo in photos]


@pytest.mark.parametrize(("headroom", "strength"), [(0, 50), (1.5, 100)])
def test_options_give_what_they_give_on_the_command_line(
    headroom: float, strength: int, lightroom, two_photos, sidelight
) -> None:
    entered = {"engine": "auto", "headroom": headroom, "strength": strength}
    result = lightroom.run(two_photos, lightroom.press("Options", **entered))
    assert result.said == "Sidelight: Auto HDR: 2 edited"
    options = ("--engine", "auto", "--headroom", str(headroom), "--strength", str(strength / 100))
    for shown, wanted in zip(
        result.photos, sidecars(sidelight, lightroom, two_photos, *options), strict=True
    ):
        assert agrees(shown, wanted)
        assert wanted["HDREditMode"] == (1 if headroom else 0)
        assert wanted.get("HDRMaxValue", 0) <= headroom


def test_virtual_copies_are_edited_instead_and_sdr_versions_made_besides(
    lightroom, two_photos, sidelight
) -> None:
    scenario = lightroom.press("Options", copy=True, sdr_too=True, headroom=2)
    result = lightroom.run(two_photos, scenario)
    assert result.said.startswith("Sidelight: Auto HDR: 2 edited; SDR: 2 edited\n")
    hdr = sidecars(sidelight, lightroom, two_photos, "--headroom", "2")
    sdr = sidecars(sidelight, lightroom, two_photos, "--headroom", "0")
    names = [(shown["path"], shown.get("copy")) for shown in result.photos]
    assert names == [
        (str(photo), name) for name in (None, "Sidelight", "Sidelight SDR") for photo in two_photos
    ]
    for shown in result.photos[:2]:
        assert shown["history"] in ([], {}) and shown["develop"]["HDREditMode"] == 0
    for shown, wanted in zip(result.photos[2:], hdr + sdr, strict=True):
        assert agrees(shown, wanted)
    assert [shown["develop"]["HDREditMode"] for shown in result.photos[2:]] == [1, 1, 0, 0]


def test_every_button_of_the_window_does_what_its_menu_item_does(lightroom, two_photos) -> None:
    scenario = (
        "w.entered = { strength = 50 }\n"
        "local function wait(done) while not done() do w.scheduler:sleep(0.02) end end\n"
        "local function words() return #w:happened('bezel') + #w:happened('message') end\n"
        "w.scheduler:start(function()\n"
        "  wait(function() return w.windows[1] end)\n"
        "  for _, button in ipairs(w.windows[1]) do\n"
        "    local before = words()\n"
        "    button.action()\n"
        "    wait(function() return words() > before end)\n"
        "    w:note('button', { title = button.title, hdr = p[1].develop.HDREditMode, "
        "snapshots = #p[1].snapshots, photos = #w.catalog.photos })\n"
        "  end\n"
        "  w.is_window_closed = true\n"
        "end)\n" + lightroom.press("Window")
    )
    result = lightroom.run(two_photos, scenario)
    pressed = [
        (event["title"], event["hdr"], event["snapshots"], event["photos"])
        for event in result.happened("button")
    ]
    assert pressed == [
        ("Auto HDR", 1, 1, 2),
        ("Auto HDR with Options…", 1, 2, 2),
        ("Match the camera", 0, 3, 2),
        ("Restore before Sidelight", 1, 2, 2),
        ("Self-check…", 1, 2, 3),
    ]
    *sayings, report = result.sayings
    assert sayings == [
        "Sidelight: Auto HDR: 2 edited",
        "Sidelight: Auto HDR: 2 edited",
        "Sidelight: Match the camera: 2 edited",
        "Sidelight: Restore: 2 restored",
    ]
    assert "The report is in" in report


def test_match_the_camera_gives_what_its_engine_gives_on_the_command_line(
    lightroom, test_set: list[Path], tmp_path: Path, sidelight
) -> None:
    wanted = ("canon_eos_d30_CRW", "gopro_hero7_GOPR9231_demo", "virtual_05")
    photos = [Path(shutil.copy(path, tmp_path)) for path in test_set if path.stem in wanted]
    photos.sort()
    result = lightroom.run(photos, lightroom.press("MatchCamera"))
    said, *reasons = result.said.split("\n")
    assert said == "Sidelight: Match the camera: 2 edited, 1 failed"
    (reason,) = reasons
    assert reason.startswith(f"{photos[1].name}: there is no camera's look to match: ")
    assert result.steps == ["Snapshot before Sidelight", "Sidelight Match the camera"]
    matched = [photos[0], photos[2]]
    options = ("--engine", "camera", "--headroom", "0")
    for shown, settings in zip(
        result.photos[::2], sidecars(sidelight, lightroom, matched, *options), strict=True
    ):
        assert agrees(shown, settings)
        assert settings["HDREditMode"] == 0 and len(settings["ToneCurvePV2012"]) > 4
    assert result.photos[1]["history"] in ([], {})


RAWS, JPEGS = 4, 16


@pytest.fixture
def many(tiny_raw, tmp_path: Path) -> list[Path]:
    """500 names of 20 files; every fifth is a raw, because a JPEG takes a third of the time."""
    from PIL import Image

    folder = tmp_path / "many"
    folder.mkdir()
    files = [tiny_raw(folder / f"file_{number}.dng") for number in range(RAWS)]
    for number in range(JPEGS):
        files.append(folder / f"file_{number}.jpg")
        Image.radial_gradient("L").convert("RGB").resize((40 + number, 30)).save(files[-1])
    files.sort(key=lambda path: path.stem[::-1])
    photos = []
    for number in range(500):
        file = files[number % len(files)]
        photos.append(folder / f"photo_{number:03}{file.suffix}")
        os.link(file, photos[-1])
    return photos


def test_500_photos_are_one_step(lightroom, many: list[Path], sidelight, record_property) -> None:
    started = time.monotonic()
    result = lightroom.run(many, "w.patience = 500\n" + lightroom.press("Auto"))
    record_property("figure", f"500 photos in Lightroom: {time.monotonic() - started:.0f} s")
    assert result.said == "Sidelight: Auto HDR: 500 edited"
    assert result.steps == ["Snapshot before Sidelight", "Sidelight Auto HDR"]
    raws = [number for number in range(RAWS + JPEGS) if many[number].suffix == ".dng"]
    assert len(raws) == RAWS
    wanted = sidecars(sidelight, lightroom, [many[number] for number in raws])
    for number, settings in zip(raws, wanted, strict=True):
        assert agrees(result.photos[number], settings)
    for number, shown in enumerate(result.photos):
        assert shown["develop"] == result.photos[number % (RAWS + JPEGS)]["develop"]


def test_the_daemon_ends_in_mid_batch(lonely, daemon, many: list[Path]) -> None:
    """It is waited for once, not once for each photo that is left."""
    running = daemon(home=lonely.endpoint.parent.parent)
    killing = (
        "local note, answers = w.note, 0\n"
        "function w:note(kind, values) note(self, kind, values)\n"
        "if kind == 'http' and values.status == 200 then answers = answers + 1 "
        f"if answers == 10 then os.execute('kill -9 {running.process.pid}') end end end\n"
    )
    patience = "w:load('Daemon').RESTART_S = 2\n"
    result = lonely.run(many[:100], patience + killing + lonely.press("Auto"))
    assert result.said.startswith("Sidelight: Auto HDR: ")
    assert " edited, " in result.said and " failed\n" in result.said
    assert "Sidelight is not running. Start it with: sidelight serve" in result.said
    assert running.process.wait(5) == -signal.SIGKILL
    asked = result.happened("http")
    assert result.happened("message")[0]["at"] - asked[0]["at"] < 60  # not 100 times 2 s
