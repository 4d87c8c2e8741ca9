"""The daemon's database: private, durable, and clear about what is wrong with it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sidelight.errors import BusyStateError, NewerStateError, StateError
from sidelight.state import faults
from sidelight.state.database import Database, open_database
from sidelight.state.events import EventLog
from sidelight.state.faults import DamagedStateError, GoneStateError
from sidelight.state.migrations import NEWEST

posix = pytest.mark.skipif(os.name != "posix", reason="modes and open files are POSIX here")

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("BEGIN " + sys.argv[3])
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def held_by_another(path: Path, kind: str = "IMMEDIATE", pragma: str = "") -> Iterator:
    """Let another process hold the database until told to let go or the block ends."""
    command = [sys.executable, "-c", HOLD, str(path), pragma or "SELECT 1", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline().strip() == b"held"
        yield process
        if process.returncode is None:
            process.communicate(b"\n")


def put(database: Database, text: str = "x") -> None:
    with database.write() as connection:
        EventLog(database).append(connection, text)


def types(database: Database) -> list[str]:
    return [event.type for event in EventLog(database).since(0)]


def fill(path: Path, rows: int = 200) -> None:
    """Write a database of some pages, without a log left beside it."""
    with closing(Database(path)) as database, database.write() as connection:
        for number in range(rows):
            EventLog(database).append(connection, "x" * 200, number)


# Transactions


def test_a_write_is_there_after_opening_again(database: Database, path: Path) -> None:
    put(database, "one")
    database.close()
    with closing(Database(path)) as again:
        assert types(again) == ["one"]


def test_an_error_takes_everything_back(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:
        EventLog(database).append(connection, "one")
        raise KeyError
    assert types(database) == []
    put(database, "two")
    assert types(database) == ["two"]


def test_an_inner_error_takes_back_only_the_inner_block(database: Database) -> None:
    events = EventLog(database)
    with database.write() as connection:
        events.append(connection, "outer")
        with pytest.raises(KeyError), database.write() as inner:
            events.append(inner, "inner")
            raise KeyError
        with database.write() as inner:
            events.append(inner, "second")
    assert types(database) == ["outer", "second"]


def test_errors_of_sqlite_become_ours(database: Database) -> None:
    with pytest.raises(StateError), database.write() as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(StateError):
        database.read("SELECT * FROM nowhere")
    database.close()
    database.close()
    with pytest.raises(StateError):
        database.read("SELECT 1")
    with pytest.raises(StateError), database.write():
        pass


def test_a_durable_transaction_waits_for_the_disk(database: Database) -> None:
    with database.write() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    with database.write(durable=False) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1
    with database.write() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert database.read("PRAGMA journal_mode")[0][0] == "wal"
    assert database.read("PRAGMA secure_delete")[0][0] == 1
    assert database.read("PRAGMA foreign_keys")[0][0] == 1


def test_many_threads_share_one_connection(database: Database) -> None:
    def write(name: str) -> None:
        for number in range(50):
            put(database, f"{name}-{number}")
            types(database)

    threads = [threading.Thread(target=write, args=(str(name),)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = types(database)
    assert len(found) == len(set(found)) == 200


def test_processes_may_open_a_new_database_at_once(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sidelight.state.database import Database;"
        "Database(Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", program, str(path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in running] == [b""] * 4
    with closing(Database(path)) as database:
        assert database.check() == ""


def test_opening_it_twice_keeps_the_locks_of_the_first(database: Database, path: Path) -> None:
    put(database, "one")
    Database(path).close()
    program = (
        "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]);"
        "other.execute('SELECT * FROM jobs'); other.close()"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    assert database.alive()  # whoever closes it last removes the log
    put(database, "two")
    assert types(database) == ["one", "two"]


# Listeners


def test_listeners_hear_of_events_after_the_commit(database: Database) -> None:
    events = EventLog(database)
    heard: list[int] = []
    database.on_commit(lambda: heard.append(events.last_id()))
    with database.write() as connection:
        events.append(connection, "one")
        with database.write() as inner:
            events.append(inner, "two")
        assert heard == []
    assert heard == [2]
    with database.write():
        pass
    with pytest.raises(KeyError), database.write() as connection:
        events.append(connection, "taken back")
        raise KeyError
    with database.write():
        pass
    assert heard == [2]


def test_a_listener_may_let_another_thread_read_and_write(database: Database) -> None:
    done: list[str] = []

    def listen() -> None:
        if done:
            return
        done.append("called")
        thread = threading.Thread(target=lambda: put(database, "from a listener"), daemon=True)
        thread.start()
        thread.join(timeout=20)
        assert not thread.is_alive()  # the lock is free while listeners run
        done.append("written")

    database.on_commit(listen)
    put(database, "first")
    assert done == ["called", "written"]
    assert types(database) == ["first", "from a listener"]


def test_a_failing_listener_does_not_fail_the_write(database: Database) -> None:
    heard: list[int] = []
    database.on_commit(lambda: 1 // 0)
    database.on_commit(lambda: heard.append(1))
    put(database)
    assert heard == [1]


# Hardening


@posix
def test_v3_private_even_under_umask_0(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state" / "sidelight.db"
    before = os.umask(0)
    try:
        with closing(Database(path)) as database:
            put(database)
            names = sorted(each.name for each in path.parent.iterdir())
            assert names == ["sidelight.db", "sidelight.db-shm", "sidelight.db-wal"]
            for each in path.parent.iterdir():
                assert each.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700


@posix
def test_v3_what_others_could_read_is_tightened(path: Path) -> None:
    fill(path)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    with closing(Database(path)) as database:
        put(database)
        assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("left", [1, 50, 100, 511, 512, 4096, 6000, 0.5, 0.99])
def test_q3_truncated(path: Path, left: float) -> None:
    fill(path)
    size = path.stat().st_size
    os.truncate(path, int(left if isinstance(left, int) else left * size))
    database, happened = open_database(path)
    with closing(database):
        assert "put aside" in happened
        assert database.check() == ""
        put(database)
    assert len(list(path.parent.glob("sidelight.db.damaged-*"))) >= 1


def test_q3_truncated_to_nothing(path: Path) -> None:
    fill(path)
    os.truncate(path, 0)
    database, happened = open_database(path)
    with closing(database):
        assert "watched anew" in happened
        put(database)
    database, happened = open_database(path)
    database.close()
    assert happened == ""


def test_q3_truncated_beside_its_log(path: Path) -> None:
    with closing(Database(path)) as database:
        put(database)
        killed = path.parent.with_name("killed")  # as it lies there after a kill
        shutil.copytree(path.parent, killed)
    os.truncate(killed / "sidelight.db", 0)
    database, happened = open_database(killed / "sidelight.db")
    database.close()
    assert "put aside" in happened
    assert list(killed.glob("sidelight.db.damaged-*Z-wal"))


def test_q3_no_database_at_all(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(random.Random(3).randbytes(10_000))
    with pytest.raises(DamagedStateError):
        Database(path)
    database, happened = open_database(path)
    with closing(database):
        assert "watched anew" in happened
        put(database)


def test_q3_the_damaged_file_is_kept_as_it_was(path: Path) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    data[4096 * 20 : 4096 * 21] = bytes(4096)
    path.write_bytes(data)
    database, happened = open_database(path)
    database.close()
    (aside,) = path.parent.glob("sidelight.db.damaged-*Z")
    assert aside.name in happened
    assert aside.read_bytes() == data


def test_q3_a_newer_version_is_refused_and_untouched(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    for opening in (Database, open_database):
        with pytest.raises(NewerStateError, match="newer Sidelight"):
            opening(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_q3_a_newer_version_in_the_log_is_refused_and_untouched(path: Path, tmp_path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
        killed = tmp_path / "killed"  # as it lies there after a kill
        shutil.copytree(path.parent, killed)
    assert (killed / "sidelight.db-wal").stat().st_size
    names = ("sidelight.db", "sidelight.db-wal")
    before = [(killed / name).read_bytes() for name in names]
    with pytest.raises(NewerStateError):
        Database(killed / "sidelight.db")
    assert [(killed / name).read_bytes() for name in names] == before


def test_q3_locked_by_another_process(path: Path) -> None:
    with closing(Database(path, busy_s=0.2)) as database:
        put(database, "before")
        with held_by_another(path):
            with pytest.raises(BusyStateError, match="another program"):
                put(database, "meanwhile")
            assert types(database) == ["before"]  # reading goes on
        put(database, "after")
        assert types(database) == ["before", "after"]


def test_q3_waits_for_another_process(path: Path) -> None:
    with closing(Database(path, busy_s=60.0)) as database:
        with held_by_another(path) as process:
            letting_go = threading.Timer(0.3, lambda: process.communicate(b"\n"))
            letting_go.start()
            put(database, "patient")
            letting_go.join()
        assert types(database) == ["patient"]


def test_q3_opening_while_another_process_holds_it(path: Path) -> None:
    fill(path)
    with held_by_another(path, "EXCLUSIVE", "PRAGMA locking_mode = EXCLUSIVE"):
        for opening in (Database, open_database):
            with pytest.raises(BusyStateError):
                opening(path, busy_s=0.2)
    database, happened = open_database(path)
    database.close()
    assert happened == ""


def test_q3_the_disk_is_full(database: Database) -> None:
    put(database, "before")
    pages = database.read("PRAGMA page_count")[0][0]
    database.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError, match=faults.FULL):
        for _ in range(1000):
            put(database, "x" * 1000)
    database.read("PRAGMA max_page_count = 1000000")
    put(database, "after")
    found = types(database)
    assert (found[0], found[-1]) == ("before", "after")
    assert database.check() == ""


FULL_DISK = """
import os, sys
from pathlib import Path
from sidelight.errors import StateError
from sidelight.state.database import Database, open_database
from sidelight.state.events import EventLog
folder = Path(sys.argv[1])
ballast = folder / "ballast"
ballast.write_bytes(bytes(100_000))
database = Database(folder / "state" / "sidelight.db")
events = EventLog(database)
def put(text):
    with database.write() as connection:
        events.append(connection, text)
count = 0
try:
    while True:
        put("x" * 500)
        count += 1
except StateError as error:
    print(error)
for _ in range(3):
    try:
        put("x" * 100_000)
    except StateError as error:
        print(error)
ballast.unlink()
put("after")
database.close()
database, happened = open_database(folder / "state" / "sidelight.db")
found = [event.type for event in EventLog(database).since(0, 100_000)]
print(found == ["x" * 500] * count + ["after"], count > 10, repr(happened))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_q3_a_really_full_disk(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=600k tmpfs {tmp_path}"
    probe = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run([*probe, mount], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    command = [*probe, f'{mount} && exec "$0" "$@"', sys.executable, "-c", FULL_DISK, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True)
    lines = answer.stdout.splitlines()
    assert answer.returncode == 0, answer.stderr
    assert lines[0] in (faults.FULL, faults.BROKEN)
    assert lines[-1] == "True True ''"


@posix
def test_q3_deleted_while_running(database: Database, path: Path) -> None:
    put(database, "before")
    assert database.alive()
    path.unlink()
    assert not database.alive()
    with pytest.raises(GoneStateError, match="removed"):
        put(database, "lost")
    assert types(database) == ["before"]  # what it still knows can be put back


@posix
@pytest.mark.parametrize("ending", ["", "-wal"])
def test_q3_replaced_while_running(database: Database, path: Path, ending: str) -> None:
    put(database)
    file = Path(f"{path}{ending}")
    copy = path.with_name("copy")
    shutil.copy(file, copy)
    copy.replace(file)
    assert not database.alive()
    with pytest.raises(GoneStateError):
        put(database)


def test_q3_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be made"):
        Database(tmp_path / "file" / "state" / "sidelight.db")


def test_q3_a_disk_that_became_read_only(database: Database) -> None:
    put(database, "before")
    database.read("PRAGMA query_only = ON")
    with pytest.raises(StateError, match=faults.READ_ONLY):
        put(database, "lost")
    database.read("PRAGMA query_only = OFF")
    put(database, "after")
    assert types(database) == ["before", "after"]


def test_a_folder_in_its_place_is_a_clear_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be made"):
        open_database(path)
