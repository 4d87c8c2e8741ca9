"""Are the editors there, and recent enough?"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from sidelight.workflows.doctor.editors import check_darktable, check_lightroom


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
