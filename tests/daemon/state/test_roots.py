"""Each place is watched once, with its own settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight.errors import RootError, StateError
from sidelight.state.database import Database
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import Root, RootNotFoundError, RootStore


@pytest.fixture
def roots(database: Database) -> RootStore:
    return RootStore(database)


def add(roots: RootStore, path: Path, kind: str = "folder") -> Root:
    return roots.add(path, kind, editors=("lightroom", "darktable"))  # type: ignore[arg-type]


def test_a_root_comes_back_as_it_was_added(roots: RootStore, tmp_path: Path) -> None:
    root = roots.add(
        tmp_path, "folder", editors=["darktable"], engine="style:é", headroom=1.5, strength=0.5
    )
    assert (root.path, root.kind, root.editors) == (tmp_path, "folder", ("darktable",))
    assert (root.engine, root.headroom, root.strength) == ("style:é", 1.5, 0.5)
    assert (root.state, root.reason) == ("watching", "")
    assert roots.get(root.id) == root
    assert roots.list() == [root]


def test_overlaps_are_refused(roots: RootStore, tmp_path: Path) -> None:
    add(roots, tmp_path / "a" / "b")
    for path, sentence in (
        (tmp_path / "a" / "b", "watched already"),
        (tmp_path / "a" / "b" / "c" / "d", "lies in"),
        (tmp_path / "a", "contains"),
        (tmp_path / "a" / "x" / ".." / "b", "watched already"),
        (Path("a"), "full path"),
    ):
        with pytest.raises(RootError, match=sentence):
            add(roots, path)
    add(roots, tmp_path / "a" / "b2")
    assert len(roots.list()) == 2


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_another_name_of_a_watched_folder_is_refused(roots: RootStore, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    add(roots, tmp_path / "real")
    with pytest.raises(RootError, match="watched already"):
        add(roots, tmp_path / "link")
    with pytest.raises(RootError, match="lies in"):
        add(roots, tmp_path / "link" / "deeper")


def test_a_catalog_may_lie_in_a_watched_folder(roots: RootStore, tmp_path: Path) -> None:
    add(roots, tmp_path)
    add(roots, tmp_path / "a.lrcat", "lightroom")
    with pytest.raises(RootError, match="watched already"):
        add(roots, tmp_path / "a.lrcat", "lightroom")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX names are bytes")
def test_a_folder_whose_name_is_not_utf8(roots: RootStore) -> None:
    path = Path(os.fsdecode(b"/photos/\xff"))
    root = add(roots, path)
    assert roots.get(root.id).path == path
    with pytest.raises(RootError, match=r"\\xff is watched"):
        add(roots, path)


def test_pause_and_settings(roots: RootStore, tmp_path: Path) -> None:
    root = add(roots, tmp_path)
    paused = roots.set_state(root.id, "paused", "by the user")
    assert (paused.state, paused.reason) == ("paused", "by the user")
    assert roots.set_state(root.id, "watching").reason == ""
    changed = roots.update(root.id, headroom=0.0, editors=("cube",))
    assert (changed.headroom, changed.editors, changed.strength) == (0.0, ("cube",), 1.0)
    assert roots.get(root.id) == changed
    with pytest.raises(TypeError, match="path"):
        roots.update(root.id, path=tmp_path)


def test_remove_forgets_the_photos_too(
    database: Database, roots: RootStore, tmp_path: Path
) -> None:
    root = add(roots, tmp_path)
    other = add(roots, tmp_path.with_name("other"))
    photos = SeenPhotos(database)
    photos.remember([SeenPhoto(tmp_path / "a.NEF", root.id, 1, 2, 3, 4)])
    photos.remember([SeenPhoto(other.path / "a.NEF", other.id, 1, 5, 3, 4)])
    roots.remove(root.id)
    assert photos.by_inode(1, 2) == []
    assert photos.count(other.id) == 1
    assert add(roots, tmp_path).id > other.id  # jobs still name the old number


def test_what_is_not_there(roots: RootStore) -> None:
    for call in (roots.get, roots.remove, roots.update, lambda id: roots.set_state(id, "paused")):
        with pytest.raises(RootNotFoundError) as caught:
            call(9)
        assert isinstance(caught.value, RootError)
        assert isinstance(caught.value, StateError)
