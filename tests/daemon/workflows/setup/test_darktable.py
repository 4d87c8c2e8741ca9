"""The Lua plug-in goes into darktable's configuration and comes out of it again."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.errors import SidelightError
from sidelight.workflows.setup import darktable
from sidelight.workflows.setup.darktable import DarktablePlugIn
from sidelight.workflows.setup.luarc import with_block
from sidelight.workflows.setup.plain_files import read_manifest
from sidelight_xmp.errors import UnsafeSidecarError

HOSTILE = "$(touch pwned)\"; 'x' ]] \\ `id`\n" + os.fsdecode(b"\xff") + "é"
BLOCK = with_block(b"")
OURS = {"sidelight.lua", "panel.lua", "locale", "installation.lua", "installed.json", "jobs"}


@pytest.fixture(autouse=True)
def files(plug_in: Path) -> Path:
    """The plug-in's source files."""
    return plug_in


@pytest.fixture
def plugin() -> DarktablePlugIn:
    return DarktablePlugIn()


def test_there_and_back(plugin: DarktablePlugIn, config: Path, tree) -> None:
    before = tree(config)
    done = plugin.install(config)
    assert (done.status, done.version, done.folder) == ("installed", __version__, config)
    assert "next start" in done.notes[0]
    ours = config / "lua" / "sidelight"
    assert {path.name for path in ours.iterdir()} == OURS
    assert (ours / "jobs").stat().st_mode & 0o777 == 0o700
    assert (config / "luarc").read_bytes().endswith(before["luarc"])
    after = tree(config)
    assert after | before | {"luarc": after["luarc"]} == after
    assert plugin.inspect(config).status == "installed"
    done = plugin.uninstall(config)
    assert (done.status, done.version) == ("removed", __version__)
    assert tree(config) == before


def test_a_second_time_changes_nothing(plugin: DarktablePlugIn, config: Path) -> None:
    plugin.install(config)

    def stamps() -> dict[Path, tuple[int, int]]:
        paths = [config, *config.rglob("*")]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    before = stamps()
    done = plugin.install(config)
    assert done.status == "unchanged" and done.notes == ()
    assert stamps() == before
    plugin.uninstall(config)
    done = plugin.uninstall(config)
    assert done.status == "absent" and done.notes == ()


def test_what_was_made_for_us_goes_and_nothing_else(
    plugin: DarktablePlugIn, tmp_path: Path, tree
) -> None:
    config = tmp_path / "never" / "started"
    plugin.install(config)
    assert config.stat().st_mode & 0o777 == 0o700
    plugin.uninstall(config)
    assert not config.exists()
    config.mkdir(parents=True)
    for kept in ("luarc", "lua/x.lua"):
        plugin.install(config)
        (config / kept).write_bytes((config / kept).read_bytes() if kept == "luarc" else b"")
        with (config / kept).open("ab") as file:
            file.write(b"theirs()\n")
        plugin.uninstall(config)
        assert (config / kept).read_bytes() == b"theirs()\n"
        assert not (config / "lua" / "sidelight").exists()
    (config / "luarc").write_bytes(b"")
    plugin.install(config)
    plugin.uninstall(config)
    assert tree(config) == {"luarc": b"", "lua": None, "lua/x.lua": b"theirs()\n"}


def test_p6_the_plug_in_reads_where_we_are(
    plugin: DarktablePlugIn, lua: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / HOSTILE
    config.mkdir()
    monkeypatch.setattr(sys, "executable", f"/opt/{HOSTILE}/python")
    plugin.install(config)
    code = (
        'package.path = "./lua/?.lua"\n'
        'local told = require("sidelight/sidelight").installation\n'
        'io.write(table.concat(told.command, "\\0"), "\\0", told.version, "\\0", told.jobs)'
    )
    done = subprocess.run([lua, "-e", code], cwd=config, capture_output=True, check=True)
    *command, version, jobs = done.stdout.split(b"\0")
    assert command == [os.fsencode(f"/opt/{HOSTILE}/python"), b"-P", b"-m", b"sidelight"]
    assert version.decode() == __version__
    assert jobs == os.fsencode(config / "lua" / "sidelight" / "jobs")
    manifest = read_manifest(config / "lua" / "sidelight")
    assert manifest is not None and manifest.command[0] == f"/opt/{HOSTILE}/python"
    assert plugin.uninstall(config).status == "removed"
    assert list(config.iterdir()) == []


def test_an_update(
    plugin: DarktablePlugIn,
    config: Path,
    files: Path,
    tree,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = tree(config)
    monkeypatch.setattr(darktable, "__version__", "0.0.1")
    plugin.install(config)
    monkeypatch.setattr(darktable, "__version__", "0.0.2")
    found = plugin.inspect(config)
    assert (found.status, found.version) == ("outdated", "0.0.1")
    assert "version 0.0.1 is installed, this is 0.0.2" in found.reason
    (files / "panel.lua").unlink()
    (files / "sidelight.lua").write_bytes(b"return 2\n")
    done = plugin.install(config)
    assert (done.status, done.version) == ("updated", "0.0.2")
    ours = config / "lua" / "sidelight"
    assert not (ours / "panel.lua").exists()
    assert (ours / "sidelight.lua").read_bytes() == b"return 2\n"
    assert plugin.inspect(config).status == "installed"
    plugin.uninstall(config)
    assert tree(config) == before


def test_another_environment_is_noticed(
    plugin: DarktablePlugIn, config: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sys.executable
    monkeypatch.setattr(sys, "executable", "/old/environment/python")
    plugin.install(config)
    monkeypatch.setattr(sys, "executable", real)
    found = plugin.inspect(config)
    assert found.status == "damaged"
    assert "/old/environment/python is gone" in found.reason
    assert "`sidelight setup darktable` mends it" in found.reason
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    assert plugin.install(config).status == "updated"
    monkeypatch.setattr(sys, "executable", real)
    found = plugin.inspect(config)
    assert found.status == "outdated" and "another Sidelight (/bin/sh)" in found.reason
    plugin.install(config)
    (files / "new.lua").write_bytes(b"return 3\n")
    assert "not those of this version" in plugin.inspect(config).reason


def test_what_is_broken_is_named(plugin: DarktablePlugIn, config: Path) -> None:
    assert plugin.inspect(config).status == "absent"
    plugin.install(config)
    ours = config / "lua" / "sidelight"
    (ours / "panel.lua").write_bytes(b"mine")
    found = plugin.inspect(config)
    assert found.status == "installed" and found.notes == ("changed by somebody: panel.lua",)
    (ours / "panel.lua").unlink()
    luarc = (config / "luarc").read_bytes()
    (config / "luarc").write_bytes(b"theirs()\n")
    found = plugin.inspect(config)
    assert found.status == "damaged"
    assert found.reason.startswith("missing: panel.lua; luarc does not load it; `sidelight setup")
    (config / "luarc").write_bytes(luarc)
    (ours / "installed.json").write_bytes(b"{}")
    assert plugin.inspect(config).status == "damaged"
    assert plugin.install(config).status == "installed"
    assert plugin.inspect(config).status == "installed"


def test_files_of_others_and_changed_ones_survive_removal(
    plugin: DarktablePlugIn, config: Path
) -> None:
    plugin.install(config)
    ours = config / "lua" / "sidelight"
    (ours / "panel.lua").write_bytes(b"mine")
    (ours / "theirs.txt").write_bytes(b"foreign")
    (ours / "jobs" / "1.orders").write_bytes(b"names of photos")
    (ours / "jobs" / "folder").mkdir()
    done = plugin.uninstall(config)
    assert done.status == "removed"
    assert {path.name for path in ours.rglob("*")} == {
        "panel.lua",
        "theirs.txt",
        "jobs",
        "folder",
    }
    assert done.notes[0].startswith("panel.lua was changed")
    assert "not ours" in done.notes[1]
    assert "running" in done.notes[2]


def test_a_linked_luarc_is_its_owners(plugin: DarktablePlugIn, config: Path, tree) -> None:
    own = config.parent / "dotfiles"
    (config / "luarc").rename(own)
    (config / "luarc").symlink_to(own)
    before = tree(config)
    with pytest.raises(SidelightError, match="add the line"):
        plugin.install(config)
    assert tree(config) == before
    content = b'pcall(require, "sidelight/sidelight")\n' + own.read_bytes()
    own.write_bytes(content)
    assert plugin.install(config).status == "installed"
    assert plugin.inspect(config).status == "installed"
    done = plugin.uninstall(config)
    assert "take our line out" in done.notes[0]
    assert (config / "luarc").is_symlink() and own.read_bytes() == content
    assert not (config / "lua" / "sidelight").exists()


@pytest.mark.parametrize("what", ["lua/sidelight", "lua/sidelight/jobs"])
def test_linked_folders_are_left_alone(
    what: str, plugin: DarktablePlugIn, config: Path, tree
) -> None:
    target = config.parent / "target"
    target.mkdir()
    (target / "sidelight.lua").write_bytes(b"a checkout")
    (config / what).parent.mkdir(exist_ok=True)
    (config / what).symlink_to(target)
    before = tree(config), tree(target)
    for act in (plugin.install, plugin.uninstall, plugin.inspect):
        with pytest.raises(SidelightError, match="is a link to another folder"):
            act(config)
    assert (tree(config), tree(target)) == before


def test_what_cannot_be_written_to_is_found_before_anything_is(
    plugin: DarktablePlugIn, config: Path, tree
) -> None:
    luarc = config / "luarc"
    luarc.unlink()
    luarc.mkdir()
    before = tree(config)
    with pytest.raises(UnsafeSidecarError, match="luarc is not a file"):
        plugin.install(config)
    assert tree(config) == before


def test_without_a_configuration_it_says_where_it_looked(plugin: DarktablePlugIn) -> None:
    with pytest.raises(SidelightError, match=r"\.config/darktable.*--config-dir"):
        plugin.install(None)
    assert plugin.inspect(None).status == "absent"
    assert plugin.uninstall(None).status == "absent"


def test_in_a_sandbox_it_says_what_follows(
    plugin: DarktablePlugIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    config = tmp_path / ".var/app/org.darktable.Darktable/config/darktable"
    config.mkdir(parents=True)
    for outcome in (plugin.install(config), plugin.install(config), plugin.inspect(config)):
        assert "Flatpak" in outcome.notes[-1] and "watched folders" in outcome.notes[-1]


def test_from_a_cache_it_says_what_follows(
    plugin: DarktablePlugIn, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".cache" / "uv" / "environment"))
    assert "cache" in plugin.install(config).notes[-1]


def test_interrupted_at_any_step_it_takes_up_where_it_ended(
    plugin: DarktablePlugIn,
    config: Path,
    files: Path,
    tree,
    failing_at: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = tree(config)

    def at_every_step(act: Callable[[Path], object]) -> int:
        kept = config.with_name("kept")
        shutil.copytree(config, kept, symlinks=True)
        for step in itertools.count():
            failing_at(step)
            try:
                act(config)
            except OSError:
                failing_at(-1)
            else:
                failing_at(-1)
                shutil.rmtree(kept)
                return step
            luarc = (config / "luarc").read_bytes()
            assert luarc == theirs["luarc"] or luarc == BLOCK + theirs["luarc"]
            act(config)
            finished.append(tree(config))
            shutil.rmtree(config)
            shutil.copytree(kept, config, symlinks=True)

    finished: list = []
    assert at_every_step(plugin.install) > 20
    assert all(one == tree(config) for one in finished)
    assert plugin.inspect(config).status == "installed"
    finished.clear()
    (files / "panel.lua").unlink()
    (files / "sidelight.lua").write_bytes(b"return 2\n")
    monkeypatch.setattr(darktable, "__version__", "99.0")
    assert at_every_step(plugin.install) > 10
    assert all(one == tree(config) for one in finished)
    assert plugin.inspect(config).status == "installed"
    finished.clear()
    assert at_every_step(plugin.uninstall) > 5
    assert tree(config) == theirs
    assert all(one == theirs for one in finished)
