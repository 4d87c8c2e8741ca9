"""A damaged page costs what stood on it and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from sidelight.state import salvage
from sidelight.state.database import Database, open_database
from sidelight.state.events import EventLog
from sidelight.state.examples import Example, Examples
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import Root, RootStore
from sidelight.state.waiting import WaitingRecipes

PAGE = 4096


@pytest.fixture
def roots(path: Path) -> list[Root]:
    """What is watched in a database of many pages, with every table filled."""
    with closing(Database(path)) as database:
        store = RootStore(database)
        for name in ("one", "two", "three"):
            store.add(Path(f"/photos/{name}").absolute(), "folder", editors=("lightroom",))
        SeenPhotos(database).remember(
            SeenPhoto(Path(f"/photos/one/{number}.NEF"), 1, 1, number, 1, 1)
            for number in range(800)
        )
        waiting = WaitingRecipes(database)
        catalog = Path("/photos/a.lrcat")
        for number in range(60):
            photo = Path(f"/photos/two/{number}.NEF")
            waiting.put(photo, "lightroom", {"recipe": "x" * 300}, "the catalog holds it")
            Examples(database).note([Example(catalog, photo, "lightroom", "", {"a": "y" * 300})])
        with database.write() as connection:
            EventLog(database).append(connection, "x")
        return store.list()


def root_page(path: Path, table: str) -> int:
    """Return the page where a table begins; without it nothing leads to the rest."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        return int(found.fetchone()[0])


def leaves_of(path: Path, table: str) -> list[int]:
    """Return the pages of a table's rows, in their order; the table has one level above them."""
    page = root_page(path, table)
    data = path.read_bytes()[(page - 1) * PAGE : page * PAGE]
    assert data[0] == 5, "not the kind of page that leads to others"
    count = int.from_bytes(data[3:5], "big")
    cells = [int.from_bytes(data[12 + 2 * n : 14 + 2 * n], "big") for n in range(count)]
    children = [int.from_bytes(data[cell : cell + 4], "big") for cell in cells]
    return [*children, int.from_bytes(data[8:12], "big")]


def zero(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


def test_q3_any_zeroed_page(path: Path, roots: list[Root], tmp_path: Path) -> None:
    pages = path.stat().st_size // PAGE
    hopeless = {root_page(path, "roots")}
    assert pages > 30
    damaged = 0
    for page in range(1, pages + 1):
        copy = tmp_path / f"{page}" / "sidelight.db"
        copy.parent.mkdir()
        copy.write_bytes(path.read_bytes())
        zero(copy, page)
        database, happened = open_database(copy)
        with closing(database):
            assert database.check() == ""
            damaged += "put aside" in happened
            if page not in hopeless:
                assert RootStore(database).list() == roots
            store = RootStore(database)
            added = store.add(tmp_path / "new", "folder", editors=("darktable",))
            assert added.id > len(roots)
    assert damaged >= pages - 2  # a free page may be zero


def test_q3_rows_on_both_sides_of_a_tear_survive(path: Path, roots: list[Root]) -> None:
    leaves = leaves_of(path, "photos")
    assert len(leaves) > 4
    zero(path, leaves[1])
    zero(path, leaves[3])
    database, happened = open_database(path)
    with closing(database):
        known = {photo.inode for photo in SeenPhotos(database).known(1).values()}
    assert {0, 799} <= known
    assert 800 * (len(leaves) - 3) / len(leaves) < len(known) < 800
    gaps = sum(number not in known and number - 1 in known for number in range(1, 800))
    assert gaps == 2  # what lies between the two lost pages was found
    assert f"{len(known)} known photos" in happened


def test_q3_the_list_of_tables_is_lost_after_a_rescue(path: Path, roots: list[Root]) -> None:
    before = root_page(path, "photos")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    assert root_page(path, "photos") != before  # the file is rewritten in another order
    zero(path, 1)
    database, happened = open_database(path)
    with closing(database):
        assert RootStore(database).list() == roots
    assert "3 watched folders" in happened
    assert not list(path.parent.glob("*.repaired*"))


def test_q3_the_list_of_tables_is_lost_beside_a_log(path: Path, roots: list[Root]) -> None:
    with closing(Database(path)) as database:
        paused = RootStore(database).set_state(1, "paused", "by the user")
        killed = path.parent.with_name("killed")  # as it lies there after a kill
        shutil.copytree(path.parent, killed)
    zero(killed / "sidelight.db", 1)
    database, _ = open_database(killed / "sidelight.db")
    with closing(database):
        assert RootStore(database).list() == [paused, *roots[1:]]


def test_numbers_are_not_given_twice(path: Path, roots: list[Root], tmp_path: Path) -> None:
    zero(path, root_page(path, "events"))
    database, _ = open_database(path)
    with closing(database):
        events = EventLog(database)
        assert events.last_id() == 1
        assert events.oldest_id() == 2
    zero(path, root_page(path, "sqlite_sequence"))
    database, _ = open_database(path)
    with closing(database), database.write() as connection:
        assert EventLog(database).append(connection, "x") >= time.time() - 60


def test_an_older_layout_is_carried_over(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("CREATE TABLE roots (id, path, kind, editors, engine, colour)")
        connection.execute("INSERT INTO roots VALUES (7, x'2f61', 'folder', '[]', 'auto', 'red')")
    with closing(Database(path)) as database:
        with database.write() as connection:
            saved = salvage.carry_over(old, connection)
        assert saved == dict.fromkeys(salvage.TABLES, 0)  # its rows lack what is needed now
        assert RootStore(database).list() == []


def test_the_sentence_names_what_was_saved() -> None:
    saved = dict.fromkeys(salvage.TABLES, 0) | {"roots": 2}
    assert "2 watched folders" in salvage.sentence(Path("/x/a.damaged-1"), saved)
    assert "/x/" not in salvage.sentence(Path("/x/a.damaged-1"), saved)
