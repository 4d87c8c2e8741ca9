"""Which photos the registered catalogs hold, while their programs go on working."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.catalogs import snapshot, sqlite
from sidelight.errors import CatalogError, StateError
from sidelight.service import holders as module
from sidelight.service.holders import CatalogContent, Holders
from sidelight.state.database import Database
from sidelight.state.examples import Example, Examples
from sidelight.state.faults import NotFoundError
from sidelight.state.roots import Root, RootStore


@dataclass
class World:
    """A daemon's memory, a clock that stands still, and a folder with photos and catalogs."""

    folder: Path
    database: Database
    now_s: float = 1000.0
    new: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def roots(self) -> RootStore:
        return RootStore(self.database)

    @property
    def examples(self) -> Examples:
        return Examples(self.database)

    @property
    def pictures(self) -> Path:
        return self.folder / "Pictures"

    def photo(self, name: str) -> Path:
        path = self.pictures / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"raw")
        return path

    def add(self, path: Path, kind: Any = "lightroom") -> Root:
        return self.roots.add(path, kind, editors=["lightroom"])

    def start(self, **options: Any) -> Holders:
        """Holders as the daemon makes them at its start."""
        options.setdefault("on_new", self.note_new)
        return Holders(self.roots, self.examples, settle_s=2.0, clock=lambda: self.now_s, **options)

    def note_new(self, root: Root, photos: list[Path]) -> None:
        self.new.append((root.id, [path.name for path in photos]))

    def rest(self, holders: Holders) -> None:
        """Let so much time go by that every catalog that changed is read."""
        holders.poll()
        self.now_s += 1000.0
        holders.poll()

    def state(self, root: Root) -> tuple[str, str]:
        found = self.roots.get(root.id)
        return found.state, found.reason


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(snapshot, "PAUSE_S", 0.02)
    database = Database(tmp_path / "home" / "state" / "sidelight.db")
    yield World(tmp_path, database)
    database.close()


def test_a_photo_that_a_catalog_holds(world: World, factories: ModuleType) -> None:
    inside, outside = world.photo("a.NEF"), world.photo("b.NEF")
    world.add(factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(inside)]))
    holders = world.start()
    assert holders.holders(inside) == {}
    world.rest(holders)
    assert holders.holders(inside) == {
        "lightroom": "Lightroom's catalog A.lrcat holds this photo, so the plug-in applies the edit"
    }
    assert holders.holders(outside) == {}
    assert holders.holders(Path("relative.NEF")) == {}


def test_two_catalogs_hold_it(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    shots = [factories.Shot(photo)]
    world.add(factories.make_lightroom(world.folder / "B.lrcat", shots))
    world.add(factories.make_lightroom(world.folder / "A.lrcat", shots))
    world.add(factories.make_darktable(world.folder / "library.db", shots), "darktable")
    holders = world.start()
    world.rest(holders)
    found = holders.holders(photo)
    assert list(found) == ["darktable", "lightroom"]
    assert "catalog A.lrcat and B.lrcat holds" in found["lightroom"]
    assert found["darktable"].endswith("so the script applies the edit")


def test_the_cameras_jpeg_belongs_to_its_raw(world: World, factories: ModuleType) -> None:
    raw, jpeg = world.photo("a.NEF"), world.photo("a.JPG")
    shot = factories.Shot(raw, beside="JPG,xmp")
    root = world.add(factories.make_lightroom(world.folder / "A.lrcat", [shot]))
    holders = world.start()
    world.rest(holders)
    assert "lightroom" in holders.holders(jpeg)
    assert holders.content(root.id) == CatalogContent(photos=1, edited=0)


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_lead_to_the_same_photo(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    link = world.folder / "link"
    link.symlink_to(world.pictures)
    for name, spelled in (("A.lrcat", photo), ("B.lrcat", link / "a.NEF")):
        world.add(factories.make_lightroom(world.folder / name, [factories.Shot(spelled)]))
    holders = world.start()
    world.rest(holders)
    for path in (photo, link / "a.NEF"):
        assert "A.lrcat and B.lrcat" in holders.holders(path)["lightroom"]


def test_s13_neither_catalog_nor_folder_change(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.pictures / "A.lrcat", [factories.edited(photo)])
    with closing(sqlite3.connect(path, isolation_level=None)) as program:
        program.execute("PRAGMA journal_mode = WAL")
        program.execute("BEGIN IMMEDIATE")
        program.execute("UPDATE Adobe_images SET rating = 5")
        program.execute("COMMIT")
        world.add(path)

        def state() -> dict[str, str]:
            return {
                each.name: hashlib.sha256(each.read_bytes()).hexdigest()
                for each in world.pictures.iterdir()
            }

        before = state()
        holders = world.start()
        world.rest(holders)
        assert holders.holders(photo)
        assert state() == before
    assert list((world.folder / "home" / "cache" / "catalogs").iterdir()) == []


def test_the_first_reading_is_the_baseline(world: World, factories: ModuleType) -> None:
    photos = [world.photo(f"{name}.NEF") for name in "abc"]
    path = factories.make_lightroom(world.folder / "A.lrcat", map(factories.Shot, photos[:2]))
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    assert world.new == []
    with closing(sqlite3.connect(path)) as connection:
        factories.add_to_lightroom(connection, [factories.Shot(photos[2])])
    world.rest(holders)
    assert world.new == [(root.id, ["c.NEF"])]
    assert holders.holders(photos[2])
    world.rest(holders)
    assert len(world.new) == 1


def test_photos_that_came_while_the_daemon_was_away(world: World, factories: ModuleType) -> None:
    photos = [world.photo(f"{name}.NEF") for name in "ab"]
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photos[0])])
    root = world.add(path)
    first = world.start()
    world.rest(first)
    first.stop()
    with closing(sqlite3.connect(path)) as connection:
        factories.add_to_lightroom(connection, [factories.Shot(photos[1])])
    second = world.start()
    assert second.holders(photos[0])  # at once, before anything is read
    assert second.content(root.id).photos
    world.rest(second)
    assert world.new == [(root.id, ["b.NEF"])]


def test_new_photos_are_told_again_when_nobody_took_them(
    world: World, factories: ModuleType
) -> None:
    photos = [world.photo(f"{name}.NEF") for name in "ab"]
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photos[0])])
    world.add(path)
    held_when_told = []

    def refuse(root: Root, new: list[Path]) -> None:
        held_when_told.append(bool(holders.holders(new[0])))
        if len(held_when_told) < 3:
            raise (StateError("the disk is full") if len(held_when_told) == 1 else OSError("odd"))
        world.note_new(root, new)

    holders = world.start(on_new=refuse)
    world.rest(holders)
    with closing(sqlite3.connect(path)) as connection:
        factories.add_to_lightroom(connection, [factories.Shot(photos[1])])
    for _ in range(4):
        world.rest(holders)
    assert held_when_told == [True, True, True]
    assert len(world.new) == 1


def test_only_files_of_this_computer_are_told(world: World, factories: ModuleType) -> None:
    path = factories.make_lightroom(world.folder / "A.lrcat", [])
    world.add(path)
    holders = world.start()
    world.rest(holders)
    strange = ["C:/Users/Ann/a.NEF", "//server/share/a.NEF", "/gone/a.NEF", "/dev/null/.."]
    with closing(sqlite3.connect(path)) as connection:
        shots = [factories.Shot(name) for name in strange]
        factories.add_to_lightroom(connection, [*shots, factories.Shot(world.photo("a.NEF"))])
    world.rest(holders)
    assert [names for _, names in world.new] == [["a.NEF"]]


def test_a_virtual_copy_is_not_a_new_photo(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    with closing(sqlite3.connect(path)) as connection:
        factories.add_to_lightroom(connection, [factories.edited(photo, master=1)])
    world.rest(holders)
    assert world.new == []
    assert holders.content(root.id) == CatalogContent(photos=1, edited=1)


def noted(world: World, root: Root) -> list[tuple[str, dict[str, Any]]]:
    return [(each.photo.name, each.settings) for each in world.examples.list(root.path)]


def test_edits_are_noted_once_and_again_when_they_change(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [world.photo(f"{name}.NEF") for name in "abc"]
    path = factories.make_lightroom(
        world.folder / "A.lrcat",
        [
            factories.edited(photos[0], 0.5),
            factories.edited(photos[1], 1),
            factories.Shot(photos[2]),
        ],
    )
    root = world.add(path)
    written: list[str] = []
    note = Examples.note

    def count(self: Examples, examples: list[Example]) -> None:
        written.extend(each.photo.name for each in examples)
        note(self, examples)

    monkeypatch.setattr(Examples, "note", count)
    holders = world.start()
    world.rest(holders)
    assert noted(world, root) == [
        ("a.NEF", {"Exposure2012": 0.5}),
        ("b.NEF", {"Exposure2012": 1}),
    ]
    factories.edit_in_lightroom(path, 2, "s = { Exposure2012 = 1.5 }")
    world.rest(holders)
    factories.edit_in_lightroom(path, 3, "s = { Exposure2012 = 2 }")
    world.rest(holders)
    assert [settings["Exposure2012"] for _, settings in noted(world, root)] == [0.5, 1.5, 2]
    assert written == ["a.NEF", "b.NEF", "b.NEF", "c.NEF"]
    again = world.start()
    world.rest(again)
    assert len(written) == 4
    (example,) = [each for each in world.examples.list(path) if each.photo == photos[0]]
    assert (example.editor, example.edited) == ("lightroom", "2023-03-08T20:26:40+00:00")


def test_of_a_photo_and_its_copies_one_edit_is_noted(world: World, factories: ModuleType) -> None:
    one, two = world.photo("a.NEF"), world.photo("b.NEF")
    path = factories.make_lightroom(
        world.folder / "A.lrcat",
        [
            factories.edited(one, 0.5),
            factories.edited(one, 3, master=1),
            factories.Shot(two),
            factories.edited(two, 1, master=3),
            factories.edited(two, 2, master=3),
        ],
    )
    root = world.add(path)
    holders = world.start()
    for _ in range(3):
        world.rest(holders)
        found = dict(noted(world, root))
        assert found["a.NEF"] == {"Exposure2012": 0.5}
        assert found["b.NEF"]["Exposure2012"] in (1, 2)
        os.utime(path)


def test_darktables_edits_are_noted(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_darktable(world.folder / "library.db", [factories.edited(photo)])
    root = world.add(path, "darktable")
    world.rest(world.start())
    ((name, settings),) = noted(world, root)
    assert name == "a.NEF"
    assert [each["operation"] for each in settings["operations"]] == ["rawprepare", "exposure"]


def test_settings_that_cannot_be_parsed_are_left_out(world: World, factories: ModuleType) -> None:
    shots = [
        factories.Shot(world.photo("a.NEF"), "s = { a = ", 1.0),
        factories.edited(world.photo("b.NEF")),
    ]
    root = world.add(factories.make_lightroom(world.folder / "A.lrcat", shots))
    holders = world.start()
    world.rest(holders)
    assert [name for name, _ in noted(world, root)] == ["b.NEF"]
    assert world.state(root) == ("watching", "")


def test_a_catalog_is_read_when_it_rests(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    world.add(path)
    holders = world.start()
    assert holders.poll() == pytest.approx(2.0)
    world.now_s += 1.5
    os.utime(path, ns=(1, 1))
    assert holders.poll() == pytest.approx(2.0)
    world.now_s += 1.5
    assert holders.poll() == pytest.approx(0.5)
    assert holders.holders(photo) == {}
    world.now_s += 0.5
    holders.poll()
    assert holders.holders(photo)
    assert holders.poll() == 60.0


def test_a_catalog_that_never_rests_is_read_all_the_same(
    world: World, factories: ModuleType
) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    world.add(path)
    holders = world.start()
    for number in range(70):
        os.utime(path, ns=(number, number))
        holders.poll()
        world.now_s += 1.0
    assert holders.holders(photo)


def test_a_large_catalog_is_read_rarely(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = factories.make_lightroom(world.folder / "A.lrcat", [])
    world.add(path)
    reads = []
    survey = Holders._survey

    def slow(self: Holders, *args: Any) -> None:
        survey(self, *args)
        reads.append(world.now_s)
        world.now_s += 10.0

    monkeypatch.setattr(Holders, "_survey", slow)
    holders = world.start()
    for number in range(600):
        os.utime(path, ns=(number // 5, number // 5))
        holders.poll()
        world.now_s += 1.0
    gaps = [later - earlier for earlier, later in pairwise(reads)]
    assert len(reads) >= 3
    assert min(gaps) >= 10.0 * module.REST


def test_a_catalog_that_vanishes_keeps_its_answer_and_comes_back(
    world: World, factories: ModuleType
) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    path.rename(world.folder / "B")
    world.rest(holders)
    assert world.state(root) == ("missing", "the catalog A.lrcat is not there")
    assert holders.holders(photo)
    (world.folder / "B").rename(path)
    world.rest(holders)
    assert world.state(root) == ("watching", "")
    assert world.new == []


def test_a_catalog_that_cannot_be_read_keeps_its_answer(
    world: World, factories: ModuleType
) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    good = path.read_bytes()
    path.write_bytes(good[:6000])
    world.rest(holders)
    state, reason = world.state(root)
    assert state == "missing"
    assert "A.lrcat" in reason
    assert str(world.folder) not in reason
    assert holders.holders(photo)
    path.write_bytes(good)
    world.rest(holders)
    assert world.state(root) == ("watching", "")


def test_failures_are_repeated_ever_more_rarely(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.folder / "A.lrcat"
    path.write_text("no database")
    world.add(path)
    tries = []
    read = Holders._read

    def count(self: Holders, *args: Any) -> None:
        tries.append(world.now_s)
        read(self, *args)

    monkeypatch.setattr(Holders, "_read", count)
    holders = world.start()
    for _ in range(3000):
        holders.poll()
        world.now_s += 1.0
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 10.0 < gaps[-1] <= module.LONGEST_DELAY_S + 2.0


def test_a_paused_catalog_is_not_read_but_still_holds(world: World, factories: ModuleType) -> None:
    photos = [world.photo(f"{name}.NEF") for name in "ab"]
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photos[0])])
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    world.roots.set_state(root.id, "paused")
    with closing(sqlite3.connect(path)) as connection:
        factories.add_to_lightroom(connection, [factories.Shot(photos[1])])
    world.rest(holders)
    assert holders.holders(photos[0])
    assert holders.holders(photos[1]) == {}
    assert world.state(root) == ("paused", "")
    world.roots.set_state(root.id, "watching")
    world.rest(holders)
    assert world.new == [(root.id, ["b.NEF"])]


def test_pausing_while_it_is_read_stays(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = world.add(factories.make_lightroom(world.folder / "A.lrcat", []))
    survey = Holders._survey

    def pause(self: Holders, *args: Any) -> None:
        survey(self, *args)
        world.roots.set_state(root.id, "paused")

    monkeypatch.setattr(Holders, "_survey", pause)
    world.rest(world.start())
    assert world.state(root) == ("paused", "")


def test_a_removed_catalog_is_forgotten(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.Shot(photo)])
    root = world.add(path)
    holders = world.start()
    world.rest(holders)
    known = world.folder / "home" / "state" / "catalogs"
    assert [file.name for file in known.iterdir()] == [f"{root.id}.known"]
    world.roots.remove(root.id)
    world.rest(holders)
    assert holders.holders(photo) == {}
    assert list(known.iterdir()) == []
    again = world.add(path)
    world.rest(holders)
    assert again.id != root.id
    assert holders.holders(photo)
    assert world.new == []


def test_folders_are_none_of_its_business(world: World) -> None:
    world.pictures.mkdir()
    root = world.add(world.pictures, "folder")
    holders = world.start()
    assert holders.poll() == 60.0
    assert holders.content(root.id) == CatalogContent()
    with pytest.raises(NotFoundError):
        holders.refresh(root.id)


def test_refresh_reads_at_once(world: World, factories: ModuleType) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.edited(photo)])
    holders = world.start()
    root = world.add(path)
    assert holders.refresh(root.id) == CatalogContent(photos=1, edited=1)
    assert holders.holders(photo)
    assert world.examples.count(path) == 0  # edits may take long: they are noted by the way
    world.rest(holders)
    assert world.examples.count(path) == 1
    assert holders.poll() == 60.0
    path.unlink()
    with pytest.raises(CatalogError, match="not there"):
        holders.refresh(root.id)
    assert holders.holders(photo)


def test_stopping_ends_a_reading_without_a_word(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_STEPS_AT_ONCE", 100)
    shots = [factories.Shot(world.pictures / f"{number}.NEF") for number in range(3000)]
    root = world.add(factories.make_lightroom(world.folder / "A.lrcat", shots))
    holders = world.start()
    survey = Holders._survey

    def stop_then_go_on(self: Holders, *args: Any) -> None:
        self.stop()
        survey(self, *args)

    monkeypatch.setattr(Holders, "_survey", stop_then_go_on)
    world.rest(holders)
    assert world.state(root) == ("watching", "")
    assert holders.content(root.id) == CatalogContent()
    assert holders.poll() == 60.0


def test_stopping_ends_noting_and_the_next_start_goes_on(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    shots = [factories.edited(world.pictures / f"{number}.NEF") for number in range(300)]
    path = factories.make_lightroom(world.folder / "A.lrcat", shots)
    root = world.add(path)
    holders = world.start()
    note = Examples.note
    written = []

    def count(self: Examples, examples: list[Example]) -> None:
        note(self, examples)
        written.extend(examples)
        if len(written) == 100:
            holders.stop()

    monkeypatch.setattr(Examples, "note", count)
    world.rest(holders)
    assert len(written) == 100
    assert world.state(root) == ("watching", "")
    world.rest(world.start())
    assert world.examples.count(path) == len(written) == 300


def test_trouble_with_the_database_does_not_end_the_watching(
    world: World, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.photo("a.NEF")
    path = factories.make_lightroom(world.folder / "A.lrcat", [factories.edited(photo)])
    root = world.add(path)
    holders = world.start()
    trouble = [StateError("the disk is full")] * 2
    note = Examples.note

    def refuse(self: Examples, examples: list[Example]) -> None:
        if trouble:
            raise trouble.pop()
        note(self, examples)

    monkeypatch.setattr(Examples, "note", refuse)
    world.rest(holders)
    assert holders.holders(photo)
    assert world.examples.count(path) == 0
    for _ in range(3):
        world.rest(holders)
    assert world.examples.count(path) == 1
    assert holders.content(root.id).edited == 1
    assert world.new == []


def test_answers_are_given_while_a_catalog_is_read(world: World, factories: ModuleType) -> None:
    photos = [world.photo("a.NEF"), *(world.pictures / f"{n}.NEF" for n in range(2000))]
    path = factories.make_lightroom(world.folder / "A.lrcat", map(factories.Shot, photos))
    world.add(path)
    holders = world.start()
    world.rest(holders)
    stop = threading.Event()
    missed = []

    def ask() -> None:
        while not stop.is_set():
            if not holders.holders(photos[0]):
                missed.append(1)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for number in range(5):
            os.utime(path, ns=(number, number))
            world.rest(holders)
    finally:
        stop.set()
        thread.join()
    assert missed == []


def test_v2_a_catalogs_trouble_names_no_folder(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    secret = world.folder / "canary-folder"
    secret.mkdir()
    (secret / "A.lrcat").write_text("no database")
    root = world.add(secret / "A.lrcat")
    world.rest(world.start())
    assert "A.lrcat" in caplog.text
    assert "canary-folder" not in caplog.text + world.state(root)[1]
