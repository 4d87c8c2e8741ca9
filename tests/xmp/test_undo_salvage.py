"""What a new record takes over: the text file of earlier releases, and damaged records."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from sidelight_xmp import undo, undo_last, undo_salvage
from sidelight_xmp.first_versions import ABSENT, FirstVersions, content_name

TIME = "2026-01-01T00:00:00.000+00:00"


def _line(**fields: object) -> bytes:
    return json.dumps({**fields, "time": TIME}).encode() + b"\n"


def _write(sidecar: str, before: str, written: str, batch: str) -> bytes:
    return _line(sidecar=sidecar, sha256=before, size=3, written=written, batch=batch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def test_an_older_releases_record_is_taken_over_once(folder: Path, tmp_path: Path) -> None:
    sidecar = tmp_path / "IMG_1.xmp"
    sidecar.write_bytes(b"new")
    (folder / content_name(b"old")).write_bytes(b"old")
    new, old = content_name(b"new"), content_name(b"old")
    text = (
        _write(str(sidecar), old, content_name(b"mid"), "one")
        + _write(str(sidecar), content_name(b"mid"), new, "two")
        + _write("/gone.xmp", ABSENT, new, "three")
        + _line(sidecar="/gone.xmp", undone=1)
        + _write("/refused.xmp", ABSENT, new, "four")
        + _line(closed="four")
    )
    (folder / undo_salvage.TEXT_RECORD).write_bytes(text)
    with FirstVersions(folder) as store:
        assert store.sidecars() == sorted([Path("/refused.xmp"), sidecar])
        assert [write.batch for write in store.live_writes(sidecar)] == ["one", "two"]
        assert store.last_batch() == "two" and store.batch("three") == []
    assert undo(sidecar, folder).status == "restored" and sidecar.read_bytes() == b"old"
    # It stays as it is, and is not taken over again.
    assert (folder / undo_salvage.TEXT_RECORD).read_bytes() == text
    with FirstVersions(folder) as store:
        assert store.sidecars() == [Path("/refused.xmp")]
    assert undo_last(folder) == []


def test_damaged_lines_are_skipped(folder: Path) -> None:
    whole = _write("/a", ABSENT, "f" * 64, "1")
    rubbish = (
        b"\0\0\0\xff\n{}\n[1]\n{}}\n"
        b'{"sidecar": 1, "undone": "x", "time": 2}\n'
        b'{"sidecar": "/a", "undone": -1, "time": "x"}\n'
        + b'{"a":' * 100_000
        + b"\n"
        + whole[: len(whole) // 2]
        + b"\n"
    )
    text = whole + rubbish + _write("/b", ABSENT, "f" * 64, "2")
    (folder / undo_salvage.TEXT_RECORD).write_bytes(text)
    with FirstVersions(folder) as store:
        assert store.sidecars() == [Path("/a"), Path("/b")]


@pytest.mark.skipif(os.name != "posix", reason="such names exist there only")
def test_p6_a_name_that_is_not_text_is_taken_over(folder: Path) -> None:
    """P6: the text file spelled such bytes as lone surrogates."""
    odd = os.fsdecode(b"/caf\xe9.xmp")
    (folder / undo_salvage.TEXT_RECORD).write_bytes(_write(odd, ABSENT, "f" * 64, "1"))
    with FirstVersions(folder) as store:
        assert [write.batch for write in store.live_writes(Path(odd))] == ["1"]


def test_killed_while_taking_over_loses_nothing(folder: Path, faults) -> None:
    """At every step: the text file and a damaged record are taken over by the next process."""
    text = b"".join(_write(f"/{n}", ABSENT, "f" * 64, "1") for n in range(5))
    for step in range(1, 200):
        own = folder / str(step)
        own.mkdir()
        (own / undo_salvage.TEXT_RECORD).write_bytes(text)
        with FirstVersions(own) as store:
            store.record(store_write("/recorded"))
        (own / "undo.db").rename(own / "undo.db.damaged-20260101")

        def killed(own=own, step=step) -> None:
            with faults.at_each_call(faults.kill_at(step, torn=True)), FirstVersions(own) as it:
                it.record(store_write("/more"))

        status = faults.in_child(killed)
        with FirstVersions(own) as store:
            found = {path.name for path in store.sidecars()}
        assert found - {"more"} == {"0", "1", "2", "3", "4"} | {"recorded"}, step
        if status == 0:
            assert "more" in found
            return
    pytest.fail("the work never completed")


def store_write(sidecar: str):
    from sidelight_xmp.first_versions import Write

    return Write(Path(sidecar), ABSENT, 0, "f" * 64, "2", TIME)


def test_a_torn_table_is_read_around_its_hole(folder: Path) -> None:
    with FirstVersions(folder, durable=False) as store:
        for number in range(3000):
            store.record(store_write(f"/{number:04}"))
    path = folder / "undo.db"
    data = bytearray(path.read_bytes())
    with sqlite3.connect(path) as connection:
        pages = (
            [
                row[0]
                for row in connection.execute(
                    "SELECT pageno FROM dbstat WHERE name = 'writes' AND pagetype = 'leaf'"
                )
            ]
            if _has_dbstat(connection)
            else []
        )
    connection.close()
    if not pages:
        pytest.skip("this SQLite does not tell which pages a table has")
    for page in pages[3:5] + pages[10:11]:
        data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with FirstVersions(folder) as store:
        assert store.check()
        assert "can still be undone" in store.repair()
        left = len(store.sidecars())
        assert 2500 < left < 3000
        assert Path("/0000") in store.sidecars() and Path("/2999") in store.sidecars()
        assert len(store.damaged_records()) == 1


def _has_dbstat(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1 FROM dbstat LIMIT 1")
    except sqlite3.Error:
        return False
    return True


def test_endless_ranges_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A torn counter may claim any number of rows."""
    monkeypatch.setattr(undo_salvage, "_MOST_QUERIES", 50)

    class Torn:
        calls = 0

        def execute(self, sql: str, parameters: object = ()):
            Torn.calls += 1
            if "sqlite_sequence" in sql:
                return iter([(2**60,)])
            raise sqlite3.DatabaseError("database disk image is malformed")

    assert list(undo_salvage._rows(Torn(), "writes", "id")) == []
    assert Torn.calls < 60
