"""The process: signals, its database's misfortunes, its endpoint."""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

COMPANIONS = ("", "-wal", "-shm")


def _watch(one, folder: Path, **more) -> int:
    folder.mkdir(exist_ok=True)
    return one.client.request("POST", "/v1/roots", {"path": str(folder), **more})["id"]


def _ask(one, *photos: Path) -> dict:
    return one.client.request("POST", "/v1/jobs", {"photos": [str(photo) for photo in photos]})


def _states(one) -> dict[str, int]:
    return one.client.request("GET", "/v1/status")["jobs"]


def _stored_states(home: Path) -> set[str]:
    with sqlite3.connect(home / "state" / "sidelight.db") as database:
        return {row[0] for row in database.execute("SELECT state FROM jobs")}


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_q2_a_signal_ends_it_in_good_order(daemon, tiny_raw, tmp_path, number) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    _ask(one, *(tiny_raw(folder / f"{each}.dng") for each in range(30)))
    one.wait(lambda: _states(one)["done"] >= 1)
    started = time.monotonic()
    one.process.send_signal(number)
    assert one.process.wait(20) == 0
    assert time.monotonic() - started < 8
    assert not (one.home / "state" / "endpoint.json").exists()
    assert "Traceback" not in one.output + one.log
    assert _stored_states(one.home) <= {"queued", "done"}
    assert not list(folder.glob(".*"))


@posix
def test_q2_an_open_stream_does_not_hold_it_up(daemon) -> None:
    one = daemon()
    endpoint = one.endpoint
    connection = http.client.HTTPConnection("127.0.0.1", endpoint["port"], timeout=20)
    authorization = {"Authorization": f"Bearer {endpoint['token']}"}
    connection.request("GET", "/v1/events", headers=authorization)
    stream = connection.getresponse()
    assert stream.readline()
    started = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - started < 8
    stream.read()
    assert "Traceback" not in one.output + one.log


@posix
def test_q2_a_second_signal_ends_it_at_once(daemon, tiny_raw, tmp_path) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    _ask(one, *(tiny_raw(folder / f"{each}.dng") for each in range(30)))
    one.wait(lambda: _states(one)["leased"])
    one.process.terminate()
    time.sleep(0.05)
    one.process.terminate()
    assert one.process.wait(5) == 0
    assert not (one.home / "state" / "endpoint.json").exists()


@posix
def test_a_killed_daemon_leaves_no_worker_behind(daemon, tiny_raw, tmp_path) -> None:
    import psutil

    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    _ask(one, *(tiny_raw(folder / f"{each}.dng") for each in range(10)))
    one.wait(lambda: _states(one)["done"])
    children = psutil.Process(one.process.pid).children(recursive=True)
    assert children
    one.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_q3_a_removed_database_is_put_back(daemon, tiny_raw, tmp_path) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    root = _watch(one, folder)
    database = one.home / "state" / "sidelight.db"
    for ending in COMPANIONS:
        Path(f"{database}{ending}").unlink(missing_ok=True)
    tiny_raw(folder / "a.dng")
    one.wait(lambda: (folder / "a.dng.xmp").exists() and (folder / "a.xmp").exists())
    assert database.exists()
    assert one.client.request("GET", f"/v1/roots/{root}")["path"] == str(folder)
    assert one.stop() == 0
    assert "vanished" in one.log
    assert "Traceback" not in one.log


def test_q3_with_the_whole_state_folder(daemon, tiny_raw, tmp_path) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    one.home.joinpath("state").rename(tmp_path / "elsewhere")
    tiny_raw(folder / "a.dng")
    one.wait(lambda: (folder / "a.dng.xmp").exists() and (folder / "a.xmp").exists())
    assert one.client.request("GET", "/v1/status")["roots"]
    assert one.stop() == 0


@pytest.mark.parametrize("damage", ["truncated", "zeroed", "no database"])
def test_q3_a_damaged_database_is_put_aside(daemon, tiny_raw, tmp_path, damage: str) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    _ask(one, tiny_raw(folder / "a.dng"))
    one.wait(lambda: (folder / "a.dng.xmp").exists() and (folder / "a.xmp").exists())
    sidecar = (folder / "a.dng.xmp").read_bytes()
    assert one.stop() == 0
    database = one.home / "state" / "sidelight.db"
    data = database.read_bytes()
    if damage == "truncated":
        database.write_bytes(data[: len(data) // 2 + 100])
    elif damage == "zeroed":
        database.write_bytes(data[:4096] + bytes(4096) + data[8192:])
    else:
        database.write_bytes(b"no database" * 1000)
    again = daemon()
    assert list(database.parent.glob("sidelight.db.damaged-*"))
    (warning,) = again.client.request("GET", "/v1/status")["warnings"]
    assert "damaged" in warning
    assert (folder / "a.dng.xmp").read_bytes() == sidecar
    assert "damaged" in again.log


def test_q3_a_locked_database_is_waited_for_and_then_named(daemon, tmp_path) -> None:
    one = daemon()
    one.stop()
    lock = sqlite3.connect(one.home / "state" / "sidelight.db")
    lock.execute("PRAGMA journal_mode = DELETE")
    lock.execute("BEGIN EXCLUSIVE")
    done = subprocess.run(
        [sys.executable, "-m", "sidelight", "serve"],
        env={**os.environ, "SIDELIGHT_HOME": str(one.home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lock.close()
    assert done.returncode == 1
    assert "another program holds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_token_locks_the_old_one_out(daemon) -> None:
    one = daemon()
    before = one.endpoint

    def status(token: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", before["port"], timeout=10)
        connection.request("GET", "/v1/status", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status

    assert status(before["token"]) == 200
    one.client.request("POST", "/v1/token")
    assert one.endpoint["token"] != before["token"]
    assert (status(before["token"]), status(one.endpoint["token"])) == (401, 200)
    assert before["token"] not in one.log + one.output


def test_what_arrived_while_nobody_watched_is_done_at_the_next_start(
    daemon, tiny_raw, tmp_path
) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    _watch(one, folder)
    assert one.stop() == 0
    tiny_raw(folder / "late.dng")
    again = daemon()
    again.wait(lambda: (folder / "late.dng.xmp").exists() and (folder / "late.xmp").exists())


def test_leftovers_of_a_kill_are_removed(daemon, tmp_path) -> None:
    one = daemon()
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    _watch(one, folder)
    one.kill()
    left = folder / "deep" / ".0123456789abcdef.sidelight-tmp"
    left.write_bytes(b"half")
    again = daemon()
    again.wait(lambda: not left.exists())
