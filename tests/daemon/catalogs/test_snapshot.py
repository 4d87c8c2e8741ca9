"""S13: a catalog is read without its program, its folder or its bytes noticing."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sidelight.catalogs import snapshot
from sidelight.catalogs.snapshot import mark_of, private_copy, remove_stale_copies
from sidelight.errors import CatalogError

Listing = dict[str, tuple[str, int, int, int]]

HOLD = """
import sqlite3, sys
path, journal, statements = sys.argv[1], sys.argv[2], sys.argv[3:]
connection = sqlite3.connect(path, isolation_level=None)
connection.execute(f"PRAGMA journal_mode = {journal}")
connection.execute("PRAGMA wal_autocheckpoint = 0")
for statement in statements:
    connection.execute(statement)
print("ready", flush=True)
sys.stdin.read()
"""


def listing(folder: Path) -> Listing:
    """Name → content hash, inode, size and time of everything in a folder."""
    found: Listing = {}
    for path in folder.rglob("*"):
        status = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path.name] = content, status.st_ino, status.st_size, status.st_mtime_ns
    return found


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A database with three committed numbers, alone in its folder."""
    folder = tmp_path / "Pictures"
    folder.mkdir()
    path = folder / "A.lrcat"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE numbers (number)")
        connection.executemany("INSERT INTO numbers VALUES (?)", [(1,), (2,), (3,)])
        connection.commit()
    return path


@contextmanager
def program(catalog: Path, journal: str, *statements: str) -> Iterator[None]:
    """Another process that has the catalog open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(catalog), journal, *statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == b"ready"
        yield
    finally:
        process.kill()
        process.communicate()


def numbers(copy: Path) -> list[int]:
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return [row[0] for row in connection.execute("SELECT number FROM numbers ORDER BY 1")]


def test_s13_a_closed_catalog_is_untouched(catalog: Path, home: Path) -> None:
    before = listing(catalog.parent)
    with private_copy(catalog) as copy:
        assert numbers(copy) == [1, 2, 3]
        assert copy.is_relative_to(home)
        if os.name == "posix":
            assert copy.stat().st_mode & 0o777 == 0o600
            assert copy.parent.stat().st_mode & 0o777 == 0o700
            assert copy.parent.parent.stat().st_mode & 0o777 == 0o700
    assert listing(catalog.parent) == before
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_s13_the_log_of_a_running_program_is_read_and_left_alone(catalog: Path) -> None:
    insert = "INSERT INTO numbers VALUES (4)"
    uncommitted = "INSERT INTO numbers VALUES (5)"
    with program(catalog, "wal", insert, "BEGIN IMMEDIATE", uncommitted):
        before = listing(catalog.parent)
        assert set(before) == {"A.lrcat", "A.lrcat-wal", "A.lrcat-shm"}
        with private_copy(catalog) as copy:
            assert numbers(copy) == [1, 2, 3, 4]
        assert listing(catalog.parent) == before


def test_s13_the_log_of_a_crashed_program_is_read_and_left_alone(catalog: Path) -> None:
    with program(catalog, "wal", "INSERT INTO numbers VALUES (4)"):
        pass
    before = listing(catalog.parent)
    assert before["A.lrcat-wal"][2] > 0
    with private_copy(catalog) as copy:
        assert numbers(copy) == [1, 2, 3, 4]
    assert listing(catalog.parent) == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_s13_an_exclusive_lock_of_another_program(catalog: Path, journal: str) -> None:
    statements = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "SELECT * FROM numbers")
    with program(catalog, journal, *statements):
        before = listing(catalog.parent)
        with private_copy(catalog) as copy:
            assert numbers(copy) == [1, 2, 3]
        assert listing(catalog.parent) == before


def test_s13_a_journal_left_by_a_crash_is_rolled_back_in_the_copy_only(catalog: Path) -> None:
    spill = (
        "PRAGMA cache_size = 1",
        "PRAGMA cache_spill = 1",
        "BEGIN IMMEDIATE",
        "DELETE FROM numbers",
        "INSERT INTO numbers SELECT randomblob(3000) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3 "
        "UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8)",
    )
    with program(catalog, "delete", *spill):
        pass
    before = listing(catalog.parent)
    assert before["A.lrcat-journal"][2] > 0
    with private_copy(catalog) as copy:
        assert numbers(copy) == [1, 2, 3]
    assert listing(catalog.parent) == before


def test_s13_the_program_keeps_its_locks(catalog: Path) -> None:
    with program(catalog, "delete", "BEGIN EXCLUSIVE"):
        with private_copy(catalog):
            pass
        with (
            closing(sqlite3.connect(catalog, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO numbers VALUES (9)")


def test_a_catalog_that_is_written_meanwhile_is_copied_again(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = []

    def write_once(before: Callable[..., None], *args: Any) -> None:
        before(*args)
        copies.append(args)
        if len(copies) == 1:
            with closing(sqlite3.connect(catalog)) as connection:
                connection.execute("INSERT INTO numbers VALUES (4)")
                connection.commit()

    original = snapshot._copy_file
    monkeypatch.setattr(snapshot, "_copy_file", lambda *args: write_once(original, *args))
    with private_copy(catalog) as copy:
        assert numbers(copy) == [1, 2, 3, 4]
    assert len(copies) == 2


@pytest.mark.parametrize("restart", [False, True])
def test_a_log_may_grow_while_it_is_copied_but_not_start_anew(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, restart: bool
) -> None:
    count = 0
    original = snapshot._copy_file
    with closing(sqlite3.connect(catalog, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO numbers VALUES (4)")

        def write_between(*args: Any) -> None:
            nonlocal count
            original(*args)
            count += 1
            if count == 1:
                if restart:
                    writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                writer.execute("INSERT INTO numbers VALUES (5)")

        monkeypatch.setattr(snapshot, "_copy_file", write_between)
        with private_copy(catalog) as copy:
            assert numbers(copy) == [1, 2, 3, 4, 5]
    assert count == (4 if restart else 2)


def test_a_catalog_that_is_written_all_the_time_is_refused(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    original = snapshot._copy_file

    def write_always(*args: Any) -> None:
        original(*args)
        with closing(sqlite3.connect(catalog)) as connection:
            connection.execute("INSERT INTO numbers VALUES (4)")
            connection.commit()

    monkeypatch.setattr(snapshot, "_copy_file", write_always)
    with (
        pytest.raises(CatalogError, match=r"A\.lrcat is being written all the time"),
        private_copy(catalog),
    ):
        pass
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_copies_stay_whole_under_a_busy_writer(catalog: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(catalog, isolation_level=None)) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("PRAGMA wal_autocheckpoint = 20")
            number = 3
            while not stop.wait(0.001):
                number += 1
                writer.execute("BEGIN IMMEDIATE")
                writer.executemany("INSERT INTO numbers VALUES (?)", [(number,)] * 20)
                writer.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    good = 0
    try:
        for _ in range(15):
            try:
                with private_copy(catalog) as copy:
                    found = numbers(copy)
            except CatalogError:
                continue
            good += 1
            counts = [found.count(number) for number in set(found) - {1, 2, 3}]
            assert set(counts) <= {20}  # no transaction is there by half
    finally:
        stop.set()
        thread.join()
    assert good


def test_a_damaged_copy_is_made_again_and_then_refused(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    with private_copy(catalog, check=lambda copy: next(answers)) as copy:
        assert numbers(copy) == [1, 2, 3]
    with (
        pytest.raises(CatalogError, match="damaged"),
        private_copy(catalog, check=lambda copy: False),
    ):
        pass


def test_what_is_no_catalog_is_refused_with_a_sentence(tmp_path: Path) -> None:
    cases = {"is not there": tmp_path / "gone.lrcat", "holds no database": tmp_path / "text.lrcat"}
    cases["holds no database"].write_text("hello")
    (tmp_path / "empty.lrcat").touch()
    cases["it holds no database"] = tmp_path / "empty.lrcat"
    (tmp_path / "folder.lrcat").mkdir()
    cases["can be made|not a regular file"] = tmp_path / "folder.lrcat"
    for sentence, path in cases.items():
        with (
            pytest.raises(CatalogError, match=sentence),
            private_copy(path),
        ):
            pass


def test_a_catalog_that_may_not_be_read(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(snapshot, "_open_to_read", refuse)
    with (
        pytest.raises(CatalogError, match=r"^no .* A\.lrcat can be made \(Permission denied\)$"),
        private_copy(catalog),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.lrcat")
    with (
        pytest.raises(CatalogError, match="not a regular file"),
        private_copy(tmp_path / "pipe.lrcat"),
    ):
        pass


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_the_log_lies_beside_the_file_a_link_leads_to(catalog: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.lrcat"
    link.symlink_to(catalog)
    with (
        program(catalog, "wal", "INSERT INTO numbers VALUES (4)"),
        private_copy(link) as copy,
    ):
        assert numbers(copy) == [1, 2, 3, 4]


def test_a_full_disk_is_noticed_before_anything_is_copied(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    size = catalog.stat().st_size
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage(0, 0, size + snapshot.RESERVE_BYTES - 1)
    )
    monkeypatch.setattr(snapshot, "_copy_file", None)
    with (
        pytest.raises(CatalogError, match="no room"),
        private_copy(catalog),
    ):
        pass
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_a_disk_that_fills_up_meanwhile(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def fail(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(snapshot, "_copy_file", fail)
    with (
        pytest.raises(CatalogError, match="no room"),
        private_copy(catalog),
    ):
        pass
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_stopping_ends_a_copy(catalog: Path, home: Path) -> None:
    with (
        pytest.raises(CatalogError, match="stopped"),
        private_copy(catalog, stop=lambda: True),
    ):
        pass
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_the_range_that_sqlite_locks_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_LOCK_BYTES", (4096, 4608))
    monkeypatch.setattr(snapshot, "_CHUNK", 1000)
    source = tmp_path / "source"
    for size in (100, 4096, 4400, 4608, 9999):
        content = os.urandom(size)
        source.write_bytes(content)
        target = tmp_path / f"target{size}"
        snapshot._copy_file(source, target, lambda: False)
        copied = target.read_bytes()
        assert copied[:4096] == content[:4096]
        assert copied[4608:] == content[4608:]
        assert not copied[4096:4608].strip(b"\0")


def test_copies_of_a_killed_process_go_and_those_in_use_stay(catalog: Path, home: Path) -> None:
    code = """
import sys
from pathlib import Path
from sidelight.catalogs.snapshot import private_copy
with private_copy(Path(sys.argv[1])) as copy:
    print(copy, flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(catalog)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    copy = Path(process.stdout.readline().decode().strip())
    remove_stale_copies()
    assert copy.exists()
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.communicate()
    assert copy.exists()
    remove_stale_copies()
    assert list((home / "cache" / "catalogs").iterdir()) == []


def test_removing_stale_copies_leaves_everything_else(home: Path) -> None:
    folder = home / "cache" / "catalogs"
    folder.mkdir(parents=True)
    (folder / "notes.txt").touch()
    remove_stale_copies()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_mark_changes_with_the_catalog_and_its_log(catalog: Path) -> None:
    marks = [mark_of(catalog)]
    with program(catalog, "wal", "INSERT INTO numbers VALUES (4)"):
        marks.append(mark_of(catalog))
        with closing(sqlite3.connect(catalog, isolation_level=None)) as connection:
            connection.execute("INSERT INTO numbers VALUES (5)")
            marks.append(mark_of(catalog))
    assert len(set(marks)) == 3
    assert mark_of(catalog) == mark_of(catalog)
    catalog.unlink()
    with pytest.raises(FileNotFoundError):
        mark_of(catalog)
