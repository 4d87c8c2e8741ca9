"""Places to watch: what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight import paths
from sidelight.errors import RootError
from sidelight.workflows.watch import check_place


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


@pytest.mark.parametrize("place", ["/proc", "/proc/self/fd", "/sys"])
def test_p4_what_the_system_shows_of_itself_is_no_place(home: Path, place: str) -> None:
    if not Path(place).exists():
        pytest.skip("this system has no such folder")
    with pytest.raises(RootError, match="holds no files"):
        check_place(Path(place))
