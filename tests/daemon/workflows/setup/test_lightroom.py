"""The plug-in goes into Lightroom's Modules folder and comes out of it again."""

from __future__ import annotations

import itertools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.errors import SidelightError
from sidelight.workflows.setup import lightroom
from sidelight.workflows.setup.lightroom import LightroomPlugIn, start_command, usual_folder

HOSTILE = "$(touch pwned)\"; 'x' ]] \\ `id`\n" + os.fsdecode(b"\xff") + "é"


@pytest.fixture
def files(plug_in: Path) -> Path:
    """The plug-in's source files, which tests may change."""
    folder = plug_in.parents[1] / "lightroom" / "sidelight.lrplugin"
    folder.mkdir(parents=True)
    (folder / "Info.lua").write_bytes(b"return {}\n")
    (folder / "Auto.lua").write_bytes(b'return require "Installation"\n')
    return folder


@pytest.fixture
def adobe(tmp_path: Path) -> Path:
    """Lightroom's folder with the user's own things in it."""
    folder = tmp_path / "Adobe" / "Lightroom"
    (folder / "Modules" / "theirs.lrplugin").mkdir(parents=True)
    (folder / "Modules" / "theirs.lrplugin" / "Info.lua").write_bytes(b"return 1\n")
    return folder


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIDELIGHT_HOME", raising=False)


@pytest.fixture
def plugin(files: Path) -> LightroomPlugIn:
    return LightroomPlugIn()


def test_there_and_back(plugin: LightroomPlugIn, adobe: Path, tree) -> None:
    before = tree(adobe)
    assert plugin.inspect(adobe).status == "absent"
    done = plugin.install(adobe)
    assert (done.status, done.version, done.folder) == ("installed", __version__, adobe)
    assert "next start" in done.notes[0] and "not in Lightroom itself" in done.notes[1]
    ours = adobe / "Modules" / "sidelight.lrplugin"
    found = {path.name for path in ours.iterdir()}
    assert found == {"Info.lua", "Auto.lua", "Installation.lua", "installed.json"}
    assert plugin.inspect(adobe).status == "installed"
    again = plugin.install(adobe)
    assert (again.status, again.notes) == ("unchanged", ())
    done = plugin.uninstall(adobe)
    assert (done.status, done.version) == ("removed", __version__)
    assert tree(adobe) == before
    assert plugin.uninstall(adobe).status == "absent"


def test_folders_made_for_us_go_with_us(plugin: LightroomPlugIn, tmp_path: Path) -> None:
    adobe = tmp_path / "Adobe" / "Lightroom"
    adobe.parent.mkdir()
    plugin.install(adobe)
    plugin.uninstall(adobe)
    assert list(adobe.parent.iterdir()) == []
    plugin.install(adobe)
    (adobe / "Modules" / "theirs.txt").write_bytes(b"x")
    plugin.uninstall(adobe)
    assert [path.name for path in adobe.rglob("*")] == ["Modules", "theirs.txt"]


def test_what_is_broken_or_old_is_named(
    plugin: LightroomPlugIn, adobe: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin.install(adobe)
    ours = adobe / "Modules" / "sidelight.lrplugin"
    (ours / "Auto.lua").write_bytes(b"mine")
    found = plugin.inspect(adobe)
    assert found.status == "installed" and found.notes == ("changed by somebody: Auto.lua",)
    (ours / "Auto.lua").unlink()
    found = plugin.inspect(adobe)
    assert found.status == "damaged" and found.reason.startswith("missing: Auto.lua; `sidelight")
    assert plugin.install(adobe).status == "updated"
    (files / "New.lua").write_bytes(b"return 3\n")
    assert "not those of this version" in plugin.inspect(adobe).reason
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    assert "another Sidelight" in plugin.inspect(adobe).reason
    monkeypatch.setattr(lightroom, "__version__", "99.0")
    found = plugin.inspect(adobe)
    assert found.status == "outdated" and "is installed, this is 99.0" in found.reason
    assert plugin.install(adobe).status == "updated"
    assert (ours / "New.lua").is_file()
    assert plugin.inspect(adobe).status == "installed"


def test_changed_files_survive_removal(plugin: LightroomPlugIn, adobe: Path) -> None:
    plugin.install(adobe)
    ours = adobe / "Modules" / "sidelight.lrplugin"
    (ours / "Auto.lua").write_bytes(b"mine")
    done = plugin.uninstall(adobe)
    assert done.status == "removed" and done.notes[0].startswith("Auto.lua was changed")
    assert [path.name for path in ours.iterdir()] == ["Auto.lua"]


def test_a_linked_folder_is_left_alone(plugin: LightroomPlugIn, adobe: Path, tree) -> None:
    target = adobe.parent / "checkout"
    target.mkdir()
    (adobe / "Modules" / "sidelight.lrplugin").symlink_to(target)
    for act in (plugin.install, plugin.uninstall, plugin.inspect):
        with pytest.raises(SidelightError, match="is a link to another folder"):
            act(adobe)
    assert tree(target) == {}


def test_p6_the_plug_in_reads_what_it_is_told_and_the_shell_only_starts_it(
    plugin: LightroomPlugIn, lua: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / HOSTILE.replace("/", "") / "python"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" "$@" "$SIDELIGHT_HOME" > "$0.said"\n')
    program.chmod(0o700)
    home = tmp_path / f"home {HOSTILE}"
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("SIDELIGHT_HOME", str(home))
    adobe = tmp_path / "Lightroom"
    plugin.install(adobe)
    code = 'local i = dofile("Installation.lua") io.write(i.endpoint, "\\0", i.log, "\\0", i.start)'
    ours = adobe / "Modules" / "sidelight.lrplugin"
    done = subprocess.run([lua, "-e", code], cwd=ours, capture_output=True, check=True)
    endpoint, log, start = done.stdout.split(b"\0")
    assert endpoint == os.fsencode(home / "state" / "endpoint.json")
    assert log == os.fsencode(home / "state" / "log")
    subprocess.run([b"/bin/sh", b"-c", start + b" wait"], cwd=tmp_path, check=True)
    said = Path(f"{program}.said").read_bytes()
    assert said == b"-P|-m|sidelight|serve|" + os.fsencode(home) + b"|"
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (r"C:\Users\Ann Lee\python.exe", r'start "" /b "C:\Users\Ann Lee\python.exe" serve'),
        (r"C:\py\python.exe", r'start "" /b C:\py\python.exe serve'),
        (r"C:\100%\python.exe", None),
        (r"C:\a&b\python.exe", None),
    ],
)
def test_windows_starts_it_where_no_name_means_more(
    program: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    assert start_command((program, "serve")) == expected


def test_the_usual_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    places = {
        "Darwin": tmp_path / "Library" / "Application Support" / "Adobe" / "Lightroom",
        "Windows": tmp_path / "Roaming" / "Adobe" / "Lightroom",
        "Linux": None,
    }
    for system, place in places.items():
        monkeypatch.setattr(platform, "system", lambda system=system: system)
        assert usual_folder() == place
        assert LightroomPlugIn().folders(None) == []
        if place is not None:
            place.parent.mkdir(parents=True)
            assert LightroomPlugIn().folders(None) == [place]
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.delenv("APPDATA")
    assert usual_folder() == tmp_path / "AppData" / "Roaming" / "Adobe" / "Lightroom"


def test_without_a_folder_it_says_where_it_looked(
    plugin: LightroomPlugIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    with pytest.raises(SidelightError, match="does not run on this system; name the folder"):
        plugin.install(None)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(SidelightError, match=r"looked for .*Adobe/Lightroom"):
        plugin.install(None)
    assert plugin.inspect(None).status == "absent"
    assert plugin.uninstall(None).status == "absent"


def test_from_a_cache_it_says_what_follows(
    plugin: LightroomPlugIn, adobe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".cache" / "uv" / "environment"))
    assert "cache" in plugin.install(adobe).notes[-1]


def test_interrupted_at_any_step_it_takes_up_where_it_ended(
    plugin: LightroomPlugIn, adobe: Path, tree, failing_at: Callable[[int], None]
) -> None:
    theirs = tree(adobe)

    def at_every_step(act: Callable[[Path], object]) -> int:
        kept = adobe.with_name("kept")
        shutil.copytree(adobe, kept)
        for step in itertools.count():
            failing_at(step)
            try:
                act(adobe)
            except OSError:
                failing_at(-1)
            else:
                failing_at(-1)
                shutil.rmtree(kept)
                return step
            act(adobe)
            finished.append(tree(adobe))
            shutil.rmtree(adobe)
            shutil.copytree(kept, adobe)
        raise AssertionError

    finished: list = []
    assert at_every_step(plugin.install) > 10
    assert all(one == tree(adobe) for one in finished)
    finished.clear()
    assert at_every_step(plugin.uninstall) >= 4
    assert all(one == tree(adobe) == theirs for one in finished)
