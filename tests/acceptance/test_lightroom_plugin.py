"""The plug-in for Lightroom on Lua 5.1, in a double of Lightroom's SDK, with a real daemon."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.workflows.setup.lua_plugins import plug_in_files
from sidelight_xmp.crs.settings import read_settings

pytestmark = pytest.mark.slow

NOT_DEVELOPING = {"HasSettings", "AlreadyApplied", "RawFileName", "Version"}
"""What a sidecar says besides develop settings."""

PRESS = "w:press('MenuAuto.lua')\n"
UNREACHABLE = "Sidelight is not running. Start it with: sidelight serve"


class Lightroom:
    """A double with the plug-in as `sidelight setup` installs it for the daemon of a home."""

    def __init__(self, folder: Path, home: Path, *, can_start: bool = True) -> None:
        self.folder = folder
        self.endpoint = home / "state" / "endpoint.json"
        self.plugin = folder / "Modules" / "sidelight.lrplugin"
        (folder / "cwd").mkdir(parents=True)
        if not can_start:
            self._copy()
            return
        subprocess.run(
            [sys.executable, "-m", "sidelight", "setup", "lightroom", "--config-dir", str(folder)],
            env={**os.environ, "SIDELIGHT_HOME": str(home)}, check=True, capture_output=True,
        )  # fmt: skip

    def _copy(self) -> None:
        """Put the files there without a command that starts Sidelight."""
        self.plugin.mkdir(parents=True)
        for name, data in plug_in_files("lightroom/sidelight.lrplugin").items():
            (self.plugin / name).write_bytes(data)
        installation = f"return {{ endpoint = {lua_text(self.endpoint)}, start = false }}\n"
        (self.plugin / "Installation.lua").write_text(installation, encoding="ascii")

    def run(self, photos: list[Path], scenario: str = PRESS) -> dict[str, Any]:
        """Select photos, run a scenario, and return the events, the photos and the undo steps."""
        lua = shutil.which("lua5.1")
        if lua is None or shutil.which("curl") is None:
            pytest.skip("lua5.1 or curl is not installed")
        helpers = Path(__file__).parents[1] / "lua_plugins" / "lightroom"
        file = self.folder / "scenario.lua"
        adding = "".join(f"p[#p + 1] = w.catalog:add({{ path = {lua_text(p)} }})\n" for p in photos)
        head = f"local w = ...\nlocal p = {{}}\n{adding}w.catalog:select(p)\n"
        file.write_text(head + scenario, encoding="utf-8")
        done = subprocess.run(
            [lua, str(helpers / "scenario.lua"), str(self.plugin), str(file)],
            env={**os.environ, "LUA_PATH": f"{helpers}/?.lua;;"}, cwd=self.folder / "cwd",
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return json.loads(done.stdout.decode(errors="surrogateescape"))


def lua_text(path: Path) -> str:
    """Return a path as Lua's text, byte by byte."""
    return '"' + "".join(f"\\{byte:03d}" for byte in os.fsencode(path)) + '"'


def happened(result: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in result["events"] if event["kind"] == kind]


def said(result: dict[str, Any]) -> str:
    """What the one last word of an action was, the details included."""
    (event,) = [each for each in result["events"] if each["kind"] in ("message", "bezel")]
    more = event.get("more")
    return "\n".join(filter(None, (event["text"], more if isinstance(more, str) else "")))


@pytest.fixture
def photos(virtual_photos, tmp_path: Path) -> list[Path]:
    """Two virtual photos in a folder of their own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return [Path(shutil.copy(virtual_photos[index].raw, folder)) for index in (4, 7)]


@pytest.fixture
def lightroom(tmp_path: Path, lasting_daemon) -> Lightroom:
    return Lightroom(tmp_path / "Lightroom", lasting_daemon.home)


@pytest.fixture
def lonely(tmp_path: Path) -> Lightroom:
    """One whose Sidelight does not run and cannot be started."""
    return Lightroom(tmp_path / "Lightroom", tmp_path / "lonely", can_start=False)


@pytest.fixture
def fake(load_helper: Callable[[str], ModuleType], lonely: Lightroom) -> Iterator[Any]:
    with load_helper("lua_plugins/lightroom/fake_daemon.py").running() as running:
        running.publish(lonely.endpoint)
        yield running


def test_what_lightroom_gets_is_what_the_sidecar_says_key_by_key(
    lightroom: Lightroom, photos: list[Path], sidelight
) -> None:
    originals = {photo: photo.read_bytes() for photo in photos}
    result = lightroom.run(photos)
    assert said(result) == "Sidelight: Auto HDR: 2 edited"
    assert sorted(path.name for path in photos[0].parent.iterdir()) == sorted(
        photo.name for photo in photos
    )
    done = sidelight("auto", "--editor", "lightroom", *photos)
    assert done.returncode == 0, done.stderr
    applied = {event["photo"]: event for event in happened(result, "apply")}
    for photo, shown in zip(photos, result["photos"], strict=True):
        settings = read_settings(photo.with_suffix(".xmp").read_bytes())
        wanted = {name: value for name, value in settings.items() if name not in NOT_DEVELOPING}
        assert len(wanted) >= 18 and wanted["HDREditMode"] == 1
        if wanted.get("ToneCurvePV2012"):
            wanted["ToneCurvePV2012"] = [v for point in wanted["ToneCurvePV2012"] for v in point]
        assert {name: shown["develop"].get(name) for name in wanted} == wanted
        event = applied[str(photo)]
        assert not event["dropped"]
        assert set(event["settings"]) <= set(wanted)
        assert photo.read_bytes() == originals[photo]


def test_s10_one_undo_takes_all_back_and_so_does_restore(
    lightroom: Lightroom, photos: list[Path]
) -> None:
    user = (
        "for _, one in ipairs(p) do one.develop.Exposure2012 = -1.5 one.develop.CropTop = 0.1 "
        "one.develop.MaskGroupBasedCorrections = { { What = 'Mask' } } end\n"
    )
    result = lightroom.run(photos, user + PRESS)
    assert result["steps"] == ["Snapshot before Sidelight", "Sidelight Auto HDR"]
    for shown, event in zip(result["photos"], happened(result, "apply"), strict=True):
        assert shown["develop"]["Exposure2012"] != -1.5
        assert shown["develop"]["MaskGroupBasedCorrections"] == [{"What": "Mask"}]
        assert shown["develop"]["CropTop"] == 0.1
        assert not {"CropTop", "MaskGroupBasedCorrections"} & set(event["settings"])
        assert shown["history"] == ["Sidelight Auto HDR"]
    for back in ("w.catalog:undo()\n", "w:press('MenuRestore.lua')\n"):
        after = lightroom.run(photos, user + PRESS + back)
        for shown in after["photos"]:
            assert shown["develop"]["Exposure2012"] == -1.5
            assert shown["develop"]["HDREditMode"] == 0
    assert all(not shown["snapshots"] for shown in after["photos"])


def test_without_the_daemon_it_is_said_at_once(lonely: Lightroom, photos: list[Path]) -> None:
    started = time.monotonic()
    result = lonely.run(photos)
    assert time.monotonic() - started < 2
    assert said(result) == f"Sidelight: Auto HDR\n{UNREACHABLE}"
    assert not happened(result, "http") and not result["steps"]


def test_it_starts_the_daemon(tmp_path: Path, photos: list[Path]) -> None:
    home = tmp_path / "$(touch pwned) home's"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("port = 0\nworkers = 1\n", encoding="utf-8")
    one = Lightroom(tmp_path / "Lightroom", home)
    try:
        assert said(one.run(photos[:1])) == "Sidelight: Auto HDR: 1 edited"
    finally:
        if one.endpoint.exists():
            os.kill(json.loads(one.endpoint.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)
    assert not list(tmp_path.rglob("pwned"))


def test_whoever_took_the_port_learns_nothing(lonely: Lightroom, photos, fake) -> None:
    fake.key = "another"
    result = lonely.run(photos)
    assert "another program answers in Sidelight's place" in said(result)
    assert len(fake.heard) == 1 and fake.heard[0].startswith("GET /v1/hello?nonce=")
    assert "token-of-the-fake" not in "".join(fake.heard)
    assert "authorization" not in fake.heard[0].lower()


def test_another_version_is_named(lonely: Lightroom, photos, fake) -> None:
    fake.api = [2, 3]
    assert "sidelight setup lightroom" in said(lonely.run(photos))
    fake.api = [1, 2]
    fake.status = 500
    assert "2 failed" in said(lonely.run(photos))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b'{"code": "internal", "detail": "a bug; see the log"}', "a bug; see the log"),
        (500, b"<html>", "Sidelight answered with an error (500)"),
        (200, b'{"editors": {', "cannot be read"),
        (200, b"[1]", "no edit for Lightroom"),
        (200, b'{"editors": {"lightroom": {"error": "too dark"}}}', "too dark"),
        (200, b'{"editors": {"lightroom": {"terms": [{}, 1]}}}', "no settings"),
    ],
)
def test_wrong_answers_change_nothing(
    status: int, body: bytes, reason: str, lonely: Lightroom, photos, fake
) -> None:
    fake.status, fake.body = status, body
    result = lonely.run(photos)
    assert "2 failed" in said(result) and reason in said(result)
    assert not result["steps"]


def test_a_slow_daemon_is_given_up(lonely: Lightroom, photos, fake) -> None:
    fake.delay_s = 30
    result = lonely.run(photos[:1], "w:load('Daemon').ANSWER_S = 1\n" + PRESS)
    assert "Sidelight does not answer" in said(result)
    assert not result["steps"]


def test_a_new_token_in_mid_batch_is_found(lightroom: Lightroom, photos, lasting_daemon) -> None:
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
        f"assert(os.execute({lua_text(Path(command))}) == 0) end end\n"
    )
    result = lightroom.run(photos, once + PRESS)
    assert 401 in [event.get("status") for event in happened(result, "http")]
    assert said(result) == "Sidelight: Auto HDR: 2 edited"


def test_s10_canceled_within_a_second_and_nothing_was_changed(
    lightroom: Lightroom, photos: list[Path]
) -> None:
    canceling = (
        "local canceled\n"
        "w:at(0.6, function() w.progress.is_canceled = true canceled = w.scheduler:now() end)\n"
        f"{PRESS}"
        "w.events[#w.events + 1] = { kind = 'canceled', at = canceled }\n"
    )
    result = lightroom.run(photos * 20, canceling)
    assert "canceled; nothing was changed" in said(result)
    assert not result["steps"]
    (canceled,) = happened(result, "canceled")
    assert happened(result, "message")[0]["at"] - canceled["at"] <= 1
    assert len(happened(result, "http")) < 40


def test_p6_names_are_only_names(lightroom: Lightroom, photos: list[Path]) -> None:
    folder = photos[0].parent / "$(touch pwned) '; touch pwned; '"
    folder.mkdir()
    names = [
        "$(touch pwned).dng", '"; touch pwned;".dng', "-rf.dng", "a\nb'%41.dng", "\u202eé😀.dng",
    ]  # fmt: skip
    refused = ["a\\b.dng", os.fsdecode(b"\xff.dng")]  # never part of a photo's name there
    made = [Path(shutil.copy(photos[0], folder / name)) for name in names + refused]
    result = lightroom.run(made)
    assert said(result).startswith(f"Sidelight: Auto HDR: {len(names)} edited, 2 failed")
    for place in (lightroom.folder, photos[0].parent):
        assert not list(place.rglob("pwned"))


def test_videos_deleted_photos_and_jpegs(
    lightroom: Lightroom, photos: list[Path], shared: Path
) -> None:
    jpeg = photos[0].parent / "picture.jpg"
    from PIL import Image

    Image.radial_gradient("L").convert("RGB").resize((400, 300)).save(jpeg)
    scenario = (
        f"p[3] = w.catalog:add({{ path = {lua_text(jpeg)}, is_raw = false }})\n"
        "p[4] = w.catalog:add({ path = '/videos/clip.mov', is_video = true })\n"
        "w.catalog:select(p)\n"
        "local note = w.note\n"
        "function w:note(kind, values) note(self, kind, values)\n"
        "if kind == 'http' and values.url:find('predict') then p[2].is_deleted = true end end\n"
        + PRESS
    )
    result = lightroom.run(photos, scenario)
    text = said(result)
    assert "2 edited" in text and "1 videos skipped" in text and "1 failed" in text
    assert "the photo was deleted" in text
    edited = [event["photo"] for event in happened(result, "apply")]
    assert edited == [str(photos[0]), str(jpeg)]
    of_jpeg = happened(result, "apply")[1]
    assert not of_jpeg["dropped"]
    assert not {"Temperature", "Tint"} & set(of_jpeg["settings"])


def test_photos_that_are_away_are_edited_by_their_previews(
    lightroom: Lightroom, photos: list[Path]
) -> None:
    from PIL import Image

    jpeg = photos[0].parent / "thumbnail.jpg"
    Image.radial_gradient("L").convert("RGB").resize((400, 300)).save(jpeg)
    away = [path.with_name(f"away-{path.name}") for path in photos]
    scenario = (
        f"local file = assert(io.open({lua_text(jpeg)}, 'rb'))\np[1].thumbnail = file:read('*a')\n"
        f"file:close()\np[2].metadata.smartPreviewInfo.smartPreviewPath = {lua_text(photos[1])}\n"
        + PRESS
    )
    result = lightroom.run(away, scenario)
    assert said(result).startswith("Sidelight: Auto HDR: 2 edited")
    sent = [event["headers"]["Content-Type"] for event in happened(result, "http")[1:]]
    assert sorted(sent) == ["application/json"] * 2 + ["image/jpeg"]
    assert {event["photo"] for event in happened(result, "apply")} == set(map(str, away))


def test_self_check_writes_down_every_key(lightroom: Lightroom, photos: list[Path]) -> None:
    scenario = (
        "w:press('MenuSelfCheck.lua')\n"
        "local file = assert(io.open(w.folder .. '/sidelight-self-check.txt'))\n"
        "w.events[#w.events + 1] = { kind = 'report', text = file:read('*a') }\nfile:close()\n"
    )
    result = lightroom.run(photos[:1], scenario)
    (report,) = happened(result, "report")
    assert report["text"].count("ok        ") == 23
    assert "DIFFERENT" not in report["text"] and "MISSING" not in report["text"]
    assert result["photos"][0]["history"] in ([], {})
    assert len(result["photos"]) == 2
