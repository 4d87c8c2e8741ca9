"""The test set, built once for all acceptance tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.learning.test_set import REAL_PHOTO_APART, BuiltPhoto, build, real_photos

CommandLine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def virtual_photos(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[BuiltPhoto]:
    """The 24 virtual photos."""
    return build(tmp_path_factory.mktemp("virtual"), shared / "data")


@pytest.fixture(scope="session")
def test_set(
    shared: Path, virtual_photos: list[BuiltPhoto], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Copies of every photo of the test set, the one apart included, in one folder."""
    folder = tmp_path_factory.mktemp("photos")
    originals = [*real_photos(shared / "data"), shared / "data" / "photos" / REAL_PHOTO_APART]
    originals += [photo.raw for photo in virtual_photos]
    return [Path(shutil.copy(original, folder)) for original in originals]


@pytest.fixture
def sidelight(tmp_path: Path) -> CommandLine:
    """Run the command as a user would, with a home of its own."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sidelight", *map(str, arguments)],
            env={**os.environ, "SIDELIGHT_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def two_photos(virtual_photos: list[BuiltPhoto], tmp_path: Path) -> list[Path]:
    """Two virtual photos in a folder of their own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return [Path(shutil.copy(virtual_photos[index].raw, folder)) for index in (4, 7)]


@pytest.fixture
def lightroom(tmp_path: Path, lasting_daemon: Any, load_helper: Callable[[str], ModuleType]) -> Any:
    """A double of Lightroom with the plug-in, and a real daemon."""
    helper = load_helper("lua_plugins/lightroom/lightroom.py")
    return helper.Lightroom(tmp_path / "Lightroom", lasting_daemon.home)


@pytest.fixture
def lonely(tmp_path: Path, load_helper: Callable[[str], ModuleType]) -> Any:
    """A double of Lightroom whose Sidelight does not run and cannot be started."""
    helper = load_helper("lua_plugins/lightroom/lightroom.py")
    return helper.Lightroom(tmp_path / "Lightroom", tmp_path / "lonely", can_start=False)
