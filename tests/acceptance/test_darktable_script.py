"""The script in a real darktable with its window on a virtual display, and a real daemon."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sidelight.learning.darktable_render import read_pfm, render_darktable
from sidelight_xmp.darktable.history import History, has_edit
from sidelight_xmp.darktable.sidecar import history_from_bytes

pytestmark = pytest.mark.slow

MESSAGE_S = 60.0
SETTLED_S = 10.0
"""How long darktable's list of photos may take to settle on a busy machine."""

KEYS = {"auto HDR": "h", "match the camera": "m", "undo auto HDR": "u"}
LINEAR_REC2020 = "4"
"""What darktable's export dialog calls it in its settings."""

USER_EDIT = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:darktable="http://darktable.sf.net/"
 xmlns:mine="http://mine.example/" mine:note="keep me"
 xmp:Rating="3" darktable:xmp_version="5" darktable:auto_presets_applied="1"
 darktable:history_end="2" darktable:iop_order_version="2"><darktable:history><rdf:Seq>
 <rdf:li darktable:num="0" darktable:operation="crop" darktable:enabled="1"
  darktable:modversion="1" darktable:params="cdcccc3dcdcccc3d6666663f6666663fffffffffffffffff"
  darktable:multi_name="" darktable:multi_priority="0"/>
 <rdf:li darktable:num="1" darktable:operation="velvia" darktable:enabled="1"
  darktable:modversion="2" darktable:params="0000c8410000803f"
  darktable:multi_name="" darktable:multi_priority="0"/>
</rdf:Seq></darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>"""
"""A crop to the middle, and a color edit."""


class Lighttable:
    """A darktable with the script, and what a test wants of it."""

    def __init__(self, darktable: Any, home: Path) -> None:
        self.darktable = darktable
        self.home = home
        self.lua = darktable.lua

    def take_in(self, folder: Path) -> list[str]:
        """Import a folder's photos and return their names, in order."""
        count = len([path for path in folder.iterdir() if path.suffix != ".xmp"])
        self.lua(f"before = #dt.database dt.database.import({lua_text(folder)})")
        self.darktable.wait(lambda: self.lua("return #dt.database - before") >= count)
        self.lua(
            "local rule = dt.gui.libs.collect.new_rule() rule.mode = 'DT_LIB_COLLECT_MODE_AND' "
            f"rule.item = 'DT_COLLECTION_PROP_FILMROLL' rule.data = {lua_text(folder)} "
            "dt.gui.libs.collect.filter({ rule }) dt.control.sleep(500)"
        )
        return sorted(each["name"] for each in self.images(folder))

    def images(self, folder: Path) -> list[dict[str, Any]]:
        """What darktable's database says of the photos in a folder, by name and duplicate."""
        found = self.lua(
            f"local found = {{}} local folder = {lua_text(folder)} "
            "for _, i in ipairs(dt.database) do if i.path == folder then "
            "local tags = {} for _, tag in ipairs(i:get_tags()) do "
            "if not tag.name:find('^darktable') then tags[#tags + 1] = tag.name end end "
            "found[#found + 1] = { name = i.filename, number = i.duplicate_index, id = i.id, "
            "rating = i.rating, red = i.red, title = i.title, tags = tags, "
            "altered = i.is_altered, version = i.version_name, sidecar = i.sidecar } end end "
            "return found"
        )
        return sorted(found, key=lambda each: (each["name"], each["number"]))

    def settled(self, folder: Path, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the database says as soon as that is wanted, or after a while."""
        with contextlib.suppress(AssertionError):
            self.darktable.wait(lambda: self.images(folder) == wanted, SETTLED_S)
        return self.images(folder)

    def select(self, folder: Path, number: int = 0) -> None:
        """Select the photos of a folder, or their duplicates of a number."""
        self.lua(
            f"local found = {{}} local folder = {lua_text(folder)} "
            "for _, i in ipairs(dt.database) do "
            f"if i.path == folder and i.duplicate_index == {number} then "
            "found[#found + 1] = i end end dt.gui.selection(found)"
        )

    def begin(self, action: str) -> None:
        """Press an action's shortcut."""
        self.lua("plugin.message = ''")
        self.darktable.press(f"ctrl+shift+{KEYS[action]}")

    def message(self) -> str:
        """Wait for the last word of an action."""
        return self.darktable.wait(lambda: self.lua("return plugin.message"), MESSAGE_S)

    def press(self, action: str) -> str:
        """Do an action and return its last word."""
        self.begin(action)
        return self.message()

    def set(self, **settings: Any) -> None:
        """Set what the panel shows."""
        for name, value in settings.items():
            text = str(value).lower()
            if name in ("headroom", "strength"):
                self.lua(f"require('sidelight/panel').{name}.value = {text}")
            else:
                self.lua(f"require('sidelight/settings').change('{name}', {text})")


def lua_text(value: object) -> str:
    """Return a value as Lua's text, byte by byte."""
    return '"' + "".join(f"\\{byte:03d}" for byte in os.fsencode(str(value))) + '"'


@pytest.fixture(scope="module")
def gui(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    helper = load_helper("lua_plugins/darktable/gui.py")
    missing = [name for name in helper.PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return helper


Open = Callable[..., Lighttable]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test in the installed darktable; what depends on its database in the newest, too."""
    programs = ["installed"]
    if "s11" in metafunc.function.__name__:
        programs.append("newest")
    metafunc.parametrize("program", programs, scope="module")


@pytest.fixture(scope="module")
def open_darktable(
    program: str,
    request: pytest.FixtureRequest,
    gui: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Open]:
    """Start a fresh darktable with the script as `sidelight setup` installs it."""
    path = os.environ["PATH"]
    if program == "newest":
        path = f"{request.getfixturevalue('newest_darktable')}{os.pathsep}{path}"
    opened: list[Any] = []
    folder = tmp_path_factory.mktemp("gui")
    with gui.virtual_display(folder) as display:

        def start(**settings: str) -> Lighttable:
            place = folder / str(len(opened))
            home = place / "sidelight"
            environment = {"SIDELIGHT_HOME": str(home), "PATH": path}
            darktable = gui.Darktable(
                place / "darktable", display, environment,
                settings={
                    "plugins/lighttable/export/icctype": LINEAR_REC2020,
                    "ui_last/window_w": "1400", "ui_last/window_h": "900", **settings,
                },
                shortcuts={
                    f"{key};shift;ctrl": f"lua/sidelight: {name}" for name, key in KEYS.items()
                },
            ).prepare()  # fmt: skip
            opened.append(darktable)
            subprocess.run(
                [
                    sys.executable, "-m", "sidelight", "setup", "darktable",
                    "--config-dir", str(darktable.config),
                ],
                env={**os.environ, **environment}, check=True, capture_output=True,
            )  # fmt: skip
            darktable.start()
            # Each look at the database and at the answers is one chunk; `plugin` is for them.
            darktable.lua("plugin = require('sidelight/sidelight').sidelight")
            return Lighttable(darktable, home)

        yield start
        for darktable in opened:
            darktable.kill()


@pytest.fixture(scope="module")
def lighttable(open_darktable: Open) -> Lighttable:
    """A darktable that several tests use, each with photos of its own."""
    return open_darktable()


@pytest.fixture
def photos(test_set: list[Path], tmp_path: Path) -> Path:
    """Three photos of the test set, one of them real, in a folder of their own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    names = ("gopro_hero7_GOPR9231_demo.dng", "virtual_05.dng", "virtual_08.dng")
    for photo in test_set:
        if photo.name in names:
            shutil.copy(photo, folder)
    return folder


@pytest.fixture(autouse=True)
def usual_settings(lighttable: Lighttable) -> None:
    lighttable.set(headroom=2.3, strength=1, duplicate=False, overwrite=False)


def history(sidecar: str | Path) -> History:
    found = history_from_bytes(Path(sidecar).read_bytes())
    assert found is not None
    return found


def operations(sidecar: str | Path) -> set[str]:
    return {entry.operation for entry in history(sidecar).active}


def rate(lighttable: Lighttable, folder: Path) -> None:
    """Give every photo a rating, a label, a title and a tag."""
    lighttable.lua(
        f"local folder = {lua_text(folder)} local tag = dt.tags.create('place|venice') "
        "for _, i in ipairs(dt.database) do if i.path == folder then "
        "i.rating = 4 i.red = true i.title = 'a title' dt.tags.attach(tag, i) end end"
    )


def test_s11_the_selection_gets_its_edit_and_gets_it_back(
    lighttable: Lighttable,
    daemon,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon(home=lighttable.home)
    monkeypatch.setenv("PATH", lighttable.darktable.environment["PATH"])
    originals = {path: path.read_bytes() for path in photos.iterdir()}
    names = lighttable.take_in(photos)
    rate(lighttable, photos)
    before = lighttable.images(photos)
    lighttable.select(photos)
    ticks = lighttable.lua("return driver.ticks")
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    assert lighttable.lua("return driver.ticks") - ticks > 20  # the interface was alive
    after = lighttable.images(photos)
    assert [(each["name"], each["number"]) for each in after] == [
        (name, number) for name in names for number in (0, 1)
    ]
    for each in after:
        assert each["altered"]
        assert (each["rating"], each["red"], each["title"]) == (4, True, "a title")
        assert each["tags"] == before[0]["tags"] != []
        assert each["version"] == ("HDR PQ" if each["number"] else "")
        assert "sigmoid" in operations(each["sidecar"])
        export_equals_command_line(lighttable, each, photos, tmp_path)
    lighttable.darktable.screenshot(tmp_path / "edited.png")

    lighttable.lua(f"driver.image({before[0]['id']}).rating = 2")
    lighttable.select(photos)
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 6 back as they were"
    undone = lighttable.images(photos)
    assert [each["rating"] for each in undone] == [2, 4, 4]
    for each, earlier in zip(undone, before, strict=True):
        assert {**each, "rating": 4} == earlier
        assert not has_edit(history(each["sidecar"]))
    assert {path: path.read_bytes() for path in originals} == originals
    assert sorted(path.name for path in photos.iterdir()) == sorted(
        [*names, *(f"{name}.xmp" for name in names)]
    )


def export_equals_command_line(
    lighttable: Lighttable, image: dict[str, Any], photos: Path, tmp_path: Path
) -> None:
    """darktable's own export of what is in its database is what its command line makes of the
    sidecar."""
    out = tmp_path / f"{image['name']}-{image['number']}.pfm"
    lighttable.lua(
        "local format = dt.new_format('pfm') "
        f"format:write_image(driver.image({image['id']}), {lua_text(out)}, false)"
    )
    exported = read_pfm(out)
    rendered = render_darktable(photos / image["name"], Path(image["sidecar"]).read_bytes())
    assert rendered.dropped == ()
    assert exported.shape == rendered.rgb.shape
    np.testing.assert_allclose(exported, rendered.rgb, rtol=2e-3, atol=2e-4)


def test_without_the_daemon_it_is_said_at_once(lighttable: Lighttable, photos: Path) -> None:
    lighttable.take_in(photos)
    before = lighttable.images(photos)
    lighttable.select(photos)
    started, ticks = time.monotonic(), lighttable.lua("return driver.ticks")
    said = lighttable.press("auto HDR")
    print(f"message after {time.monotonic() - started:.2f} s")
    assert said == "Auto HDR: Sidelight is not running. Start it with: sidelight serve"
    assert lighttable.lua("return driver.ticks") > ticks
    assert lighttable.images(photos) == before
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: nothing to do"


def test_cancel_leaves_each_photo_whole(
    lighttable: Lighttable, daemon, photos: Path, virtual_photos
) -> None:
    for photo in virtual_photos[:8]:
        shutil.copy(photo.raw, photos)
    daemon(home=lighttable.home)
    names = lighttable.take_in(photos)
    lighttable.select(photos)
    lighttable.begin("auto HDR")

    def edited() -> list[str]:
        return [each["name"] for each in lighttable.images(photos) if each["version"] == "HDR PQ"]

    lighttable.darktable.wait(edited)
    lighttable.lua("plugin.progress.cancel()")
    said = lighttable.message()
    assert "canceled" in said
    found = lighttable.images(photos)
    done = {each["name"] for each in found if each["altered"]}
    assert 0 < len(done) < len(names)
    assert said.startswith(f"Auto HDR: {len(done)} edited")
    for name in names:
        versions = [each for each in found if each["name"] == name]
        assert [each["altered"] for each in versions] == ([True, True] if name in done else [False])
        for each in versions:
            assert has_edit(history(each["sidecar"])) == (name in done)
    sidecars = {path.name for path in photos.glob("*.xmp")}
    assert sidecars == {Path(each["sidecar"]).name for each in found}


def test_s11_an_edit_of_the_users_is_kept_or_replaced_and_its_geometry_stays(
    lighttable: Lighttable, daemon, photos: Path
) -> None:
    daemon(home=lighttable.home)
    for photo in list(photos.glob("*.dng")):
        photo.with_name(f"{photo.name}.xmp").write_text(USER_EDIT, encoding="utf-8")
    lighttable.take_in(photos)
    before = lighttable.images(photos)
    assert all(each["altered"] and each["rating"] == 3 for each in before)
    lighttable.select(photos)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 kept as they are"
    assert lighttable.images(photos) == before
    lighttable.set(overwrite=True)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    for each in lighttable.images(photos):
        assert each["rating"] == 3
        assert {"crop", "sigmoid"} <= operations(each["sidecar"])
        assert "velvia" not in operations(each["sidecar"])
        assert b"keep me" in Path(each["sidecar"]).read_bytes()
    lighttable.set(overwrite=False)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"  # ours may be refreshed
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 6 back as they were"
    assert lighttable.settled(photos, before) == before
    for each in before:
        assert {"crop", "velvia"} <= operations(each["sidecar"])
        assert "sigmoid" not in operations(each["sidecar"])


def test_s11_a_change_after_ours_is_nobodys_to_undo(
    lighttable: Lighttable, daemon, photos: Path
) -> None:
    daemon(home=lighttable.home)
    lighttable.set(headroom=0)
    names = lighttable.take_in(photos)
    lighttable.select(photos)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    first = lighttable.images(photos)[0]
    style = photos / "brighter.dtstyle"
    style.write_text(STYLE, encoding="utf-8")
    lighttable.lua(
        f"dt.styles.import({lua_text(style)}) local image = driver.image({first['id']}) "
        "for _, style in ipairs(dt.styles) do if style.name == 'brighter' then "
        "dt.styles.apply(style, image) end end"
    )
    said = lighttable.press("undo auto HDR")
    assert said.startswith("Undo Auto HDR: 2 back as they were, 1 left alone")
    assert names[0] in said
    found = lighttable.images(photos)
    assert [each["altered"] for each in found] == [True, False, False]
    exposures = [e for e in history(first["sidecar"]).active if e.operation == "exposure"]
    assert exposures[-1].params.hex().startswith(BRIGHTER)  # darktable 5 adds a field
    assert "sigmoid" in operations(first["sidecar"])


BRIGHTER = "00000000000000000000803f00004842000080c000000000"
"""Exposure of +1 EV, which is none that we wrote."""
STYLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<darktable_style version="1.0"><info><name>brighter</name><description></description></info>
<style><plugin><num>0</num><module>6</module><operation>exposure</operation>
<op_params>{BRIGHTER}</op_params><enabled>1</enabled>
<blendop_params></blendop_params><blendop_version>11</blendop_version>
<multi_priority>0</multi_priority><multi_name></multi_name></plugin></style></darktable_style>"""


def test_s11_as_duplicate_the_photos_own_edit_stays(
    lighttable: Lighttable, daemon, photos: Path
) -> None:
    daemon(home=lighttable.home)
    own = next(photos.glob("virtual_05.dng"))
    own.with_name(f"{own.name}.xmp").write_text(USER_EDIT, encoding="utf-8")
    lighttable.take_in(photos)
    before = lighttable.images(photos)
    lighttable.set(duplicate=True, headroom=0)
    lighttable.select(photos)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    after = lighttable.images(photos)
    assert [each for each in after if each["number"] == 0] == before
    made = [each for each in after if each["number"]]
    assert [each["version"] for each in made] == ["Sidelight"] * 3
    assert all("sigmoid" in operations(each["sidecar"]) for each in made)
    lighttable.select(photos)
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 3 back as they were"
    assert lighttable.images(photos) == before
    assert len(list(photos.glob("*.xmp"))) == 3


def test_match_the_camera_is_what_its_engine_gives_on_the_command_line(
    lighttable: Lighttable, daemon, photos: Path, tmp_path: Path, sidelight
) -> None:
    daemon(home=lighttable.home)
    lighttable.take_in(photos)
    before = lighttable.images(photos)
    lighttable.select(photos)
    message = lighttable.press("match the camera")
    assert message.startswith(
        "Match the camera: 2 edited, 1 failed. gopro_hero7_GOPR9231_demo.dng: "
    )
    assert "there is no camera's look to match" in message
    after = lighttable.images(photos)
    assert after[0] == before[0] and len(after) == len(before)  # no HDR version, though 2.3 is set
    copies = [Path(shutil.copy(photos / each["name"], tmp_path)) for each in after[1:]]
    done = sidelight(
        "auto", "--editor", "darktable", "--engine", "camera", "--headroom", "0", *copies
    )
    assert done.returncode == 0, done.stderr
    for each, copy in zip(after[1:], copies, strict=True):
        assert each["altered"] and each["version"] == ""
        theirs = {one.operation: one.params for one in history(f"{copy}.xmp").active}
        ours = {one.operation: one.params for one in history(each["sidecar"]).active}
        assert len(theirs) >= 3 and {name: ours.get(name) for name in theirs} == theirs
    lighttable.select(photos)
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 2 back as they were"
    assert lighttable.images(photos) == before


def test_p6_names_are_only_names(lighttable: Lighttable, daemon, photos: Path) -> None:
    daemon(home=lighttable.home)
    folder = photos / "$(touch pwned) '; touch pwned; '"
    folder.mkdir()
    photo = photos / "virtual_05.dng"
    names = ["$(touch pwned).dng", '"; touch pwned;".dng', "-rf.dng", "a' b%41.dng", "\u202eé.dng"]
    for number, name in enumerate(names):
        # darktable takes equal files for one; a trailing byte makes them different photos.
        (folder / name).write_bytes(photo.read_bytes() + bytes([number]))
    lighttable.take_in(folder)
    lighttable.set(headroom=0)
    lighttable.select(folder)
    assert lighttable.press("auto HDR") == f"Auto HDR: {len(names)} edited"
    found = lighttable.images(folder)
    assert all(each["altered"] for each in found)
    assert {path.name for path in folder.iterdir()} == {*names, *(f"{name}.xmp" for name in names)}
    for place in (folder, photos, lighttable.home, lighttable.darktable.folder, Path.cwd()):
        assert not list(place.rglob("pwned"))


def test_new_photos_get_their_edit_when_the_preference_says_so(
    lighttable: Lighttable, daemon, photos: Path
) -> None:
    daemon(home=lighttable.home)
    lighttable.set(headroom=0)
    wish = "dt.preferences.write('sidelight', 'edit_imported', 'bool', {})"
    lighttable.lua(wish.format("true") + " plugin.message = ''")
    lighttable.take_in(photos)
    assert lighttable.message() == "Auto HDR: 3 edited"
    lighttable.lua(wish.format("false"))
    assert all(each["altered"] for each in lighttable.images(photos))
    lighttable.select(photos)
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 3 back as they were"


def test_s11_nothing_is_lost_where_darktable_writes_no_sidecars(
    open_darktable: Open, daemon, photos: Path
) -> None:
    lighttable = open_darktable(write_sidecar_files="never")
    daemon(home=lighttable.home)
    lighttable.take_in(photos)
    rate(lighttable, photos)
    assert not list(photos.glob("*.xmp"))
    before = lighttable.images(photos)
    lighttable.set(headroom=1)
    lighttable.select(photos)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    for each in lighttable.images(photos):
        assert each["altered"]
        assert (each["rating"], each["red"], each["title"]) == (4, True, "a title")
        assert each["tags"] == before[0]["tags"]
    assert lighttable.press("undo auto HDR") == "Undo Auto HDR: 6 back as they were"
    assert lighttable.images(photos) == before


def test_it_ends_and_starts_again_with_darktable(
    open_darktable: Open, daemon, photos: Path
) -> None:
    lighttable = open_darktable()  # nobody gives the keyboard back to one that was open before
    lighttable.take_in(photos)
    lighttable.set(headroom=1.5)
    lighttable.select(photos)
    lighttable.press("auto HDR")  # says that the daemon is absent, and remembers the settings
    lighttable.darktable.quit()
    lighttable.darktable.start()
    lighttable.lua("plugin = require('sidelight/sidelight').sidelight")
    assert lighttable.lua("return require('sidelight/settings').values.headroom") == pytest.approx(
        1.5
    )
    daemon(home=lighttable.home)
    lighttable.select(photos)
    assert lighttable.press("auto HDR") == "Auto HDR: 3 edited"
    lighttable.lua("local s = require('sidelight/sidelight') s.destroy() s.restart()")
    # darktable 5 forgets the keys of a shortcut that was taken away.
    lighttable.lua("plugin.message = '' dt.control.dispatch(function() plugin.undo() end)")
    assert lighttable.message() == "Undo Auto HDR: 6 back as they were"
