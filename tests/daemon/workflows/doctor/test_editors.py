"""Are the editors there, and recent enough?"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.workflows.doctor.editors import check_darktable, check_lightroom, check_plug_ins
from sidelight.workflows.setup import Outcome, install
from sidelight.workflows.setup.darktable import DarktablePlugIn


@pytest.mark.parametrize(
    ("script", "level", "part"),
    [
        ("echo 'this is darktable-cli 5.4.1'", "ok", "5.4.1"),
        ("echo 'this is darktable-cli 3.8.0'", "warning", "4.2.1 or newer"),
        ("echo no idea", "warning", "does not tell"),
    ],
)
def test_darktables_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, level: str, part: str
) -> None:
    program = tmp_path / "darktable-cli"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    check = check_darktable()
    assert check.level == level and part in check.text


def test_without_darktable_it_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent / "nowhere"))
    assert check_darktable().level == "warning"


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_lightroom_is_looked_for_where_it_runs(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setenv("APPDATA", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert check_lightroom().level == "warning"
    base = tmp_path if system == "Windows" else tmp_path / "Library" / "Application Support"
    (base / "Adobe" / "Lightroom").mkdir(parents=True)
    assert check_lightroom().level == "ok"


def test_lightroom_is_not_missed_where_it_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert check_lightroom().level == "ok"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration folder of a darktable that was started, in an empty home."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "xdg" / "darktable").mkdir(parents=True)
    return tmp_path / "xdg" / "darktable"


def test_the_plug_in_is_installed_or_can_be(config: Path) -> None:
    check, _ = check_plug_ins()
    assert check.level == "ok"
    assert check.text == "darktable: not installed; `sidelight setup darktable` installs it"
    list(install("darktable"))
    check, _ = check_plug_ins()
    assert (check.level, check.text) == ("ok", f"darktable: {__version__} in {config}")
    (config / "luarc").unlink()
    check, _ = check_plug_ins()
    assert check.level == "failed" and "luarc does not load it" in check.text


def test_of_two_installations_both_are_named(config: Path, tmp_path: Path) -> None:
    other = tmp_path / ".var/app/org.darktable.Darktable/config/darktable"
    other.mkdir(parents=True)
    list(install("darktable"))
    check, _ = check_plug_ins()
    assert check.level == "warning"
    assert str(config) in check.text and str(other) in check.text and "Flatpak" in check.text


@pytest.mark.parametrize(
    ("outcome", "level", "text"),
    [
        (Outcome("", Path("/c"), "outdated", "0.1", "why"), "warning", "0.1 in /c; why"),
        (Outcome("", Path("/c"), "installed", "0.1", "", ("x",)), "warning", "0.1 in /c; x"),
        (Outcome("", Path("/c"), "error", reason="why"), "warning", "error in /c; why"),
        (Outcome("", None, "absent", reason="why"), "ok", "not installed; why"),
    ],
)
def test_what_is_found_becomes_a_level(
    outcome: Outcome, level: str, text: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DarktablePlugIn, "inspect", lambda self, config: outcome)
    check, _ = check_plug_ins()
    assert (check.level, check.text) == (level, f"darktable: {text}")
