"""The database of our writes: several processes, kills, damage, files that vanish."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidelight_xmp.errors import DiskFullError, StoreError
from sidelight_xmp.first_versions import ABSENT, FirstVersions, Write, now
from sidelight_xmp.undo_index import NAME, UndoIndex

CHILD = """
import sys
from pathlib import Path
from sidelight_xmp import write_sidecar
from sidelight_xmp.first_versions import FirstVersions

kept, photos, first, count, style = sys.argv[1:]
store = FirstVersions(Path(kept)) if style == "open" else Path(kept)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(first), int(first) + int(count)):
    for _ in range(2):
        content = b"%d by " % number + sys.argv[3].encode() + b" %d" % _
        write_sidecar(Path(photos) / f"{number}.xmp", lambda old: content, store, batch=first)
"""


@pytest.fixture
def index(tmp_path):
    index = UndoIndex(tmp_path / "kept")
    yield index
    index.close()


def _write(sidecar: str, batch: str = "1") -> Write:
    return Write(Path(sidecar), ABSENT, 0, "f" * 64, batch, now())


def _rows(folder: Path) -> int:
    with sqlite3.connect(folder / NAME) as connection:
        (count,) = connection.execute("SELECT count(*) FROM writes").fetchone()
    connection.close()
    return count


def test_four_processes_write_at_once(tmp_path: Path) -> None:
    """All begin together with no record at all; two open it for each write."""
    kept, photos, each = tmp_path / "kept", tmp_path / "photos", 60
    photos.mkdir()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, kept, photos, str(1000 * number), str(each), style],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number, style in enumerate(("open", "each", "open", "each"))
    ]
    for child in children:
        assert child.stdout.readline() == b"ready\n"
    for child in children:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=120)
        assert child.returncode == 0
    with FirstVersions(kept) as store:
        assert _rows(kept) == 4 * each * 2
        for number in range(4):
            found = store.batch(str(1000 * number))
            assert [path.stem for path in found] == [str(1000 * number + i) for i in range(each)]
            assert all(len(store.live_writes(path)) == 2 for path in found)
        assert store.check() == "" and store.lost() == []


def test_s3_killed_at_random_instants_while_recording(tmp_path: Path) -> None:
    """S3: what was acknowledged is there, the file is sound, and writing goes on."""
    rng = random.Random(7)
    kept = tmp_path / "kept"
    acknowledged = 0
    for _ in range(40):
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                own = UndoIndex(kept)
                for number in range(1000):
                    own.add(_write(f"/{number}"))
                    os.write(writable, b"x")
            finally:
                os._exit(0)
        os.close(writable)
        acknowledged += len(os.read(readable, 1))
        time.sleep(rng.uniform(0.0, 0.01))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := os.read(readable, 4096):
            acknowledged += len(more)
        os.close(readable)
    index = UndoIndex(kept)
    assert index.check() == ""
    index.close()
    assert acknowledged <= _rows(kept) <= acknowledged + 40


def test_a_fork_opens_its_own_connection(index, faults) -> None:
    index.add(_write("/a"))

    def child() -> None:
        index.add(_write("/b"))
        index.close()

    assert faults.in_child(child) == 0
    index.add(_write("/c"))
    assert index.sidecars() == [Path("/a"), Path("/b"), Path("/c")]


def test_a_removed_record_is_begun_anew(index) -> None:
    index.add(_write("/a"))
    for path in index.path.parent.iterdir():
        path.unlink()
    assert index.live(Path("/a")) == []
    index.add(_write("/b"))
    other = UndoIndex(index.path.parent)
    assert other.sidecars() == [Path("/b")]
    other.close()


def test_a_record_removed_in_mid_transaction_is_no_success(index) -> None:
    index.add(_write("/a"))
    real = index._open

    def open_and_lose(**keywords):
        connection = real(**keywords)
        if index.path.exists() and not moved:
            index.path.rename(index.path.with_name("elsewhere"))
            moved.append(True)
        return connection

    moved: list[bool] = []
    index._open = open_and_lose
    index.add(_write("/b"))
    del index._open
    assert index.sidecars() == [Path("/b")]


def test_a_newer_record_is_left_alone(index) -> None:
    index.add(_write("/a"))
    index.close()
    with sqlite3.connect(index.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = index.path.read_bytes()
    for action in (lambda: index.add(_write("/b")), index.sidecars, index.repair):
        with pytest.raises(StoreError, match="newer Sidelight"):
            action()
    assert index.path.read_bytes() == before


@pytest.mark.parametrize("damage", ["head", "middle", "rubbish", "cut"])
def test_damage_is_found_and_put_right(index, damage: str) -> None:
    for number in range(2000):
        index.add(_write(f"/{number:04}", f"{number // 100}"))
        index._durable = False
    index.close()
    data = bytearray(index.path.read_bytes())
    if damage == "head":
        data[:4096] = b"\0" * 4096
    elif damage == "middle":
        for page in range(10, 20):
            data[page * 4096 : (page + 1) * 4096] = os.urandom(4096)
    elif damage == "rubbish":
        data = bytearray(b"<html>" * 2000)
    else:
        del data[len(data) // 2 :]
    index.path.write_bytes(data)
    assert index.check()
    sentence = index.repair()
    assert "damaged" in sentence and "can still be undone" in sentence
    assert index.check() == "" == index.repair()
    left = len(index.sidecars())
    assert left > 500 if damage == "middle" else left < 2000
    (aside,) = index.path.parent.glob("undo.db.damaged-*")
    assert aside.read_bytes()[: len(data)] == bytes(data)
    index.add(_write("/new", "new"))
    assert index.last_batch() == "new" and index.last_id() > left


def test_damage_met_on_the_way_is_put_right_at_once(index) -> None:
    index.add(_write("/a"))
    index.close()
    index.path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert index.sidecars() == []
    index.add(_write("/b"))
    assert index.sidecars() == [Path("/b")]
    assert len(list(index.path.parent.glob("undo.db.damaged-*"))) == 1


def test_s4_a_full_disk_is_one_sentence(index, faults) -> None:
    def act(name, at, real, args) -> None:
        if name == faults.STATEMENT and args[0] == "COMMIT":
            import errno

            raise faults.sqlite_error(errno.ENOSPC)

    with faults.at_each_call(act), pytest.raises(DiskFullError, match="own folder is full"):
        index.add(_write("/a"))
    index.close()
    assert index.sidecars() == []
    index.add(_write("/b"))
    assert index.sidecars() == [Path("/b")]


def test_a_busy_record_is_waited_for(index) -> None:
    index.add(_write("/a"))
    other = sqlite3.connect(index.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    import threading

    timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    timer.start()
    index.add(_write("/b"))
    timer.join()
    other.close()
    assert index.sidecars() == [Path("/a"), Path("/b")]
