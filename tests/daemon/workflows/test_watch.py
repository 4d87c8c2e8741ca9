"""Places to watch: what they are and what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight import paths
from sidelight.errors import RootError
from sidelight.workflows.watch import check_place, photos_there


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos, a JPEG beside one, and what is no photo."""
    path = tmp_path / "photos"
    (path / "day").mkdir(parents=True)
    for name in ("a.NEF", "a.jpg", "day/b.dng", "day/note.txt", "day/.hidden.dng"):
        (path / name).write_bytes(name.encode())
    return path


def test_places_that_cannot_be_watched(home: Path, folder: Path, tmp_path: Path) -> None:
    paths.make_private(paths.state_folder())
    for place, reason in (
        (tmp_path / "none", "there is no folder"),
        (folder / "a.NEF", "neither a folder nor a catalog"),
        (Path(tmp_path.anchor), "whole drive"),
        (paths.state_folder(), "own files"),
        (home, "own files"),
    ):
        with pytest.raises(RootError, match=reason):
            check_place(place)
    assert check_place(folder) == "folder"


def test_photos_there_counts_pairs_once(folder: Path) -> None:
    assert photos_there(folder, "folder") == [folder / "a.NEF", folder / "day" / "b.dng"]
