"""Folders: where they are, who may enter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight import paths


def test_home_variable_moves_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    folders = {paths.config_folder(), paths.state_folder(), paths.cache_folder()}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path for folder in folders)
    assert paths.config_file() == paths.config_folder() / "config.toml"
    assert paths.first_versions_folder().parent == paths.state_folder()


def test_without_it_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs import PlatformDirs

    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    dirs = PlatformDirs("sidelight", appauthor=False)
    assert paths.state_folder() == dirs.user_state_path
    assert paths.config_folder() == dirs.user_config_path
    assert paths.cache_folder() == dirs.user_cache_path


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_private_folders_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        folder = paths.make_private(tmp_path / "a" / "b")
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
def test_an_open_folder_is_tightened_and_its_parent_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    paths.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o777 == 0o755
