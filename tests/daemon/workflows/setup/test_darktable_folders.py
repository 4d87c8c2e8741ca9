"""Where darktable keeps its configuration."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.workflows.setup.darktable_folders import find_folders, sandbox_of, usual_folders

NATIVE = ".config/darktable"
FLATPAK = ".var/app/org.darktable.Darktable/config/darktable"
SNAP = "snap/darktable/current"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home on Linux, without darktable on the path."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return folder


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("Linux", {}, [NATIVE, FLATPAK, SNAP]),
        ("Linux", {"XDG_CONFIG_HOME": "/elsewhere"}, ["/elsewhere/darktable", FLATPAK, SNAP]),
        ("Darwin", {"XDG_CONFIG_HOME": "/elsewhere"}, [NATIVE]),
        ("Windows", {"LOCALAPPDATA": "/local"}, ["/local/darktable"]),
        ("Windows", {"LOCALAPPDATA": ""}, ["AppData/Local/darktable"]),
    ],
)
def test_each_system_has_its_place(
    system: str,
    variables: dict[str, str],
    expected: list[str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert [folder for folder, _ in usual_folders()] == [home / part for part in expected]


def test_all_that_exist_are_found(home: Path) -> None:
    assert find_folders(None) == []
    (home / SNAP).mkdir(parents=True)
    assert find_folders(None) == [home / SNAP]
    (home / NATIVE).mkdir(parents=True)
    assert find_folders(None) == [home / NATIVE, home / SNAP]


def test_one_folder_under_two_names_is_found_once(home: Path) -> None:
    (home / NATIVE).mkdir(parents=True)
    (home / FLATPAK).parent.mkdir(parents=True)
    (home / FLATPAK).symlink_to(home / NATIVE)
    assert find_folders(None) == [home / NATIVE]


def test_an_installed_darktable_that_never_ran_gets_its_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "darktable").touch(mode=0o755)
    assert find_folders(None) == [home / NATIVE]
    (home / FLATPAK).mkdir(parents=True)
    assert find_folders(None) == [home / FLATPAK]


def test_a_named_folder_has_to_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SidelightError, match="there is no folder"):
        find_folders(tmp_path / "nowhere")
    (tmp_path / "cfg").mkdir()
    (tmp_path / "link").symlink_to("cfg")
    monkeypatch.chdir(tmp_path)
    assert find_folders(Path("cfg")) == [tmp_path / "cfg"]
    assert find_folders(Path("link" + os.sep)) == [tmp_path / "link"]


def test_sandboxes_are_known_by_their_folder(home: Path) -> None:
    for part in (NATIVE, FLATPAK, SNAP):
        (home / part).mkdir(parents=True)
    (home / "link").symlink_to(home / FLATPAK)
    assert [sandbox_of(home / part) for part in (NATIVE, FLATPAK, SNAP, "link")] == [
        "",
        "Flatpak",
        "Snap",
        "Flatpak",
    ]
