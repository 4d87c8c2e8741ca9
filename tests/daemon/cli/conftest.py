"""Photos to work on and a home of our own for every command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidelight.cli import main
from sidelight.paths import HOME_VARIABLE

Run = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of Sidelight's own, empty."""
    folder = tmp_path / "home"
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for photos."""
    path = tmp_path / "photos"
    path.mkdir()
    return path


@pytest.fixture
def raw(shared: Path, folder: Path) -> Path:
    """A small real raw file."""
    return Path(
        shutil.copy(shared / "data/photos/gopro_hero6_GOPR0024_demo.dng", folder / "good.dng")
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with `--json` and return its exit code and its lines."""

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        code = main([*map(str, arguments), "--json"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call
