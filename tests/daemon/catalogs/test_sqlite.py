"""A database nobody vouches for: what it may claim, and what that costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sidelight.catalogs import sqlite
from sidelight.catalogs.sqlite import Source, count_up_to, open_copy
from sidelight.errors import CatalogError

PHOTOS = Source("photos", ("id", "name"), ("rating",))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE photos (id INTEGER PRIMARY KEY, name);
            INSERT INTO photos VALUES (1, 'a'), (2, 'b');
            """
        )
    return path


def run(database: Path, script: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)


def test_rows_columns_and_what_is_missing(database: Path) -> None:
    with open_copy(database, "a.db") as reader:
        assert list(reader.rows("SELECT id, name FROM photos")) == [(1, "a"), (2, "b")]
        assert reader.first("SELECT name FROM photos WHERE id = ?", (2,)) == ("b",)
        assert reader.first("SELECT name FROM photos WHERE id = 3") is None
        assert reader.columns("photos") == {"id", "name"}
        assert reader.columns("nothing") == set()
        assert reader.has(PHOTOS)
        assert reader.column(PHOTOS, "name", "p") == 'p."name"'
        assert reader.column(PHOTOS, "rating", "p") == "NULL"
        assert reader.is_whole()
        reader.require(PHOTOS)
        with pytest.raises(CatalogError, match=r"a\.db .*: photos without year"):
            reader.require(Source("photos", ("id", "year")))
        with pytest.raises(CatalogError, match="rolls without id"):
            reader.require(Source("rolls", ("id",)))


def test_nothing_can_be_written(database: Path) -> None:
    before = database.read_bytes()
    with open_copy(database, "a.db") as reader:
        for statement in (
            "DELETE FROM photos",
            "CREATE TABLE t (a)",
            "ATTACH ':memory:' AS other",
            "PRAGMA user_version = 5",
        ):
            with pytest.raises(CatalogError):
                list(reader.rows(statement))
    assert database.read_bytes() == before


def test_views_virtual_and_computed_columns_count_as_missing(database: Path) -> None:
    run(
        database,
        """
        CREATE VIEW endless AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
            SELECT id, 'x' AS name FROM n;
        CREATE VIRTUAL TABLE words USING fts5 (id, name);
        CREATE TABLE computed (id, name AS (hex(zeroblob(1000000))));
        CREATE TRIGGER gone AFTER INSERT ON photos BEGIN DELETE FROM photos; END;
        """,
    )
    with open_copy(database, "a.db") as reader:
        assert reader.columns("endless") == set()
        assert reader.columns("words") == set()
        assert reader.columns("computed") == {"id"}
        assert reader.has(PHOTOS)


def test_a_question_without_an_end_is_ended(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_STEPS", 5_000_000)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with open_copy(database, "a.db") as reader:
        with pytest.raises(CatalogError, match="too long"):
            reader.first(endless)
        assert reader.first("SELECT 1") == (1,)


def test_a_question_ends_when_the_daemon_does(database: Path) -> None:
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with open_copy(database, "a.db", stop) as reader, pytest.raises(CatalogError):
        reader.first(endless)
    assert len(asked) == 4


def test_an_oversized_cell_is_refused_without_being_read(
    database: Path,
) -> None:
    resource = pytest.importorskip("resource")
    run(database, "INSERT INTO photos VALUES (3, zeroblob(400000000))")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_copy(database, "a.db") as reader:
        with pytest.raises(CatalogError, match="larger than"):
            list(reader.rows("SELECT name FROM photos"))
        assert reader.first("SELECT name FROM photos WHERE id = 1") == ("a",)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000


def test_text_that_is_not_utf_8_survives(database: Path) -> None:
    run(database, "INSERT INTO photos VALUES (3, CAST(x'41ff42' AS TEXT))")
    with open_copy(database, "a.db") as reader:
        assert reader.first("SELECT name FROM photos WHERE id = 3") == ("A\udcffB",)


def test_a_joined_table_without_its_key_costs_no_memory(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_STEPS", 2_000_000)
    run(
        database,
        """
        CREATE TABLE rolls (id, name);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
        INSERT INTO rolls SELECT i + 10, 'x' FROM n;
        INSERT OR IGNORE INTO photos SELECT id, name FROM rolls;
        """,
    )
    with open_copy(database, "a.db") as reader:
        question = "SELECT 1 FROM photos CROSS JOIN rolls ON rolls.id = photos.name"
        plan = " ".join(str(row[3]) for row in reader.rows(f"EXPLAIN QUERY PLAN {question}"))
        assert "AUTOMATIC" not in plan
        with pytest.raises(CatalogError, match="too long"):
            list(reader.rows(question))


def test_more_photos_than_any_real_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_PHOTOS", 3)

    def rows(count: int) -> Iterator[tuple[int]]:
        yield from ((number,) for number in range(count))

    assert len(list(count_up_to(rows(3), "a.db"))) == 3
    with pytest.raises(CatalogError, match="more photos"):
        list(count_up_to(rows(4), "a.db"))


def test_a_schema_that_is_not_utf_8_is_refused_in_our_words(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    run(path, "CREATE TABLE canary (id INTEGER)")
    path.write_bytes(path.read_bytes().replace(b"TABLE canary (", b"TABLE \xea\xff() ("))
    with open_copy(path, "b.db") as reader, pytest.raises(CatalogError) as caught:
        reader.columns("photos")
    assert str(caught.value) == "the catalog b.db cannot be read: it is damaged"


@pytest.mark.parametrize("damage", ["truncated", "zeroed page", "rubbish"])
def test_damage_is_found(tmp_path: Path, database: Path, damage: str) -> None:
    run(
        database,
        "INSERT INTO photos (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 5000) SELECT hex(randomblob(20)) FROM n",
    )
    data = bytearray(database.read_bytes())
    if damage == "truncated":
        del data[len(data) // 2 :]
    elif damage == "zeroed page":
        data[4096 * 5 : 4096 * 6] = bytes(4096)
    else:
        data[:] = b"SQLite format 3\0" + bytes(5000)
    copy = tmp_path / "damaged.db"
    copy.write_bytes(data)
    try:
        with open_copy(copy, "a.db") as reader:
            assert not reader.is_whole()
    except CatalogError as error:
        assert "a.db" in str(error)
