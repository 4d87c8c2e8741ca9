"""Is the daemon well?"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidelight import paths
from sidelight.jobs.model import Request
from sidelight.jobs.store import JobStore
from sidelight.service import doctor
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.roots import RootStore
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.doctor import Check


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def database() -> Iterator[Database]:
    opened = Database(paths.database_file())
    yield opened
    opened.close()


def found() -> dict[str, Check]:
    return {check.name: check for check in doctor.examine_daemon()}


def test_before_the_first_run_all_is_well(home: Path) -> None:
    checks = found()
    assert set(checks) == {"daemon", "host check", "endpoint", "last crash", "database"}
    assert {check.level for check in checks.values()} == {"ok"}
    assert not home.exists()


def test_with_a_running_daemon(home: Path, daemon) -> None:
    running = daemon(home=home)
    checks = found()
    assert {check.level for check in checks.values()} == {"ok"}, checks
    assert running.endpoint["url"] in checks["daemon"].text
    assert "turned away" in checks["host check"].text
    assert running.endpoint["token"] not in str(checks)


def test_v3_an_endpoint_open_to_others_is_red(home: Path) -> None:
    file = paths.endpoint_file()
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    file.chmod(0o644)
    assert doctor.check_endpoint().level == "failed"
    file.chmod(0o600)
    assert doctor.check_endpoint().level == "ok"


def test_a_daemon_that_was_killed_is_a_crash(home: Path) -> None:
    file = paths.endpoint_file()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"pid": 4194999}))
    check = doctor.check_last_crash()
    assert check.level == "warning" and "by force" in check.text
    file.write_text(json.dumps({"pid": os.getpid()}))
    assert doctor.check_last_crash().level == "ok"


def test_the_last_error_in_the_log_is_shown(home: Path) -> None:
    folder = paths.log_folder()
    folder.mkdir(parents=True)
    (folder / "sidelight.log").write_text(
        "2026-01-01 10:00:00,000 INFO sidelight: started\n"
        "2026-01-01 10:00:01,000 ERROR sidelight.service: the first\n"
        "2026-01-01 10:00:02,000 ERROR sidelight.service: the last\nTraceback (most recent …\n"
        "2026-01-01 10:00:03,000 INFO sidelight: stopped\n"
    )
    check = doctor.check_last_crash()
    assert check.level == "warning"
    assert check.text == "last error: 2026-01-01 10:00:02,000 the last"


def test_q3_a_database_that_cannot_be_used_is_red(home: Path) -> None:
    file = paths.database_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database, far from it" * 1000)
    assert found()["database"].level == "failed"
    file.unlink()
    Database(file).close()
    data = bytearray(file.read_bytes())
    data[60:64] = (999).to_bytes(4, "big")
    file.write_bytes(data)
    check = found()["database"]
    assert check.level == "failed" and "newer" in check.text
    assert file.read_bytes() == data


def test_each_watched_place_is_really_looked_at(database: Database, tmp_path: Path) -> None:
    roots = RootStore(database)
    for name in ("good", "paused", "gone"):
        (tmp_path / name).mkdir()
        roots.add(tmp_path / name, "folder", editors=("darktable",))
    (tmp_path / "good" / "a.NEF").touch()
    (tmp_path / "gone").rmdir()
    roots.set_state(roots.list()[1].id, "paused")
    good, at_rest, gone = doctor.check_roots(roots.list())
    assert (good.level, at_rest.level, gone.level) == ("ok", "ok", "warning")
    assert "1 entries" in good.text and good.text.endswith("writable")
    assert os.listdir(tmp_path / "good") == ["a.NEF"]  # noqa: PTH208


def test_s5_a_place_that_cannot_be_written_is_a_warning(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RootStore(database).add(tmp_path, "folder", editors=("darktable",))

    def refused(folder: Path):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(doctor, "create_temp", refused)
    (check,) = doctor.check_roots(RootStore(database).list())
    assert check.level == "warning" and "edits wait instead" in check.text


def test_w7_a_drive_that_never_answers_does_not_hold_up_the_rest(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RootStore(database).add(tmp_path, "folder", editors=("darktable",))
    released = threading.Event()
    monkeypatch.setattr(doctor, "_ANSWER_S", 0.05)
    monkeypatch.setattr(doctor, "_check_root", lambda root: released.wait(30))
    (check,) = doctor.check_roots(RootStore(database).list())
    released.set()
    assert check.level == "failed" and "does not answer" in check.text


def test_w8_doctor_shows_the_cure_when_too_few_folders_may_be_watched(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos" / "a" / "b").mkdir(parents=True)
    roots = RootStore(database)
    roots.add(tmp_path / "photos", "folder", editors=("darktable",))
    monkeypatch.setattr(doctor, "_in_use", lambda: (0, 0))
    monkeypatch.setattr(doctor, "_INOTIFY", tmp_path)
    assert doctor.check_inotify(roots.list()).level == "ok"  # not Linux: no such limits
    for watches, instances, level in ((8192, 128, "ok"), (2, 128, "warning"), (8192, 0, "warning")):
        (tmp_path / "max_user_watches").write_text(f"{watches}\n")
        (tmp_path / "max_user_instances").write_text(f"{instances}\n")
        check = doctor.check_inotify(roots.list())
        assert check.level == level
        assert ("sudo sysctl fs.inotify" in check.text) == (level == "warning")
    assert "3 watched folders" in check.text


def test_watches_of_running_programs_are_counted(tmp_path: Path) -> None:
    if not Path("/proc/self/fdinfo").is_dir():
        pytest.skip("this system does not tell what programs watch")
    watchdog = pytest.importorskip("watchdog.observers.inotify")
    before = doctor._in_use()
    observer = watchdog.InotifyObserver()
    from watchdog.events import FileSystemEventHandler

    observer.schedule(FileSystemEventHandler(), str(tmp_path), recursive=True)
    observer.start()
    try:
        after = doctor._in_use()
    finally:
        observer.stop()
        observer.join()
    assert after[0] > before[0] and after[1] > before[1]


def test_d2_photos_that_were_given_up_are_named(database: Database, tmp_path: Path) -> None:
    assert doctor.check_quarantine(database).level == "ok"
    jobs = JobStore(database, EventLog(database))
    for number in range(7):
        (job,) = jobs.enqueue([Request(tmp_path / f"bad{number}.NEF")], batch="b")
        jobs.claim(0.0, 60.0)
        jobs.quarantine(job.id, "it crashed twice")
    check = doctor.check_quarantine(database)
    assert check.level == "warning"
    assert "7 photos" in check.text and "bad0.NEF (it crashed twice)" in check.text
    assert "bad6" not in check.text and "and 2 more" in check.text


def test_what_waits_is_counted(database: Database, tmp_path: Path) -> None:
    assert "no edit waits" in doctor.check_waiting(database).text
    WaitingRecipes(database).put(tmp_path / "a.NEF", "lightroom", {}, "the catalog holds it")
    assert "1 edit waits for an editor; the first:" in doctor.check_waiting(database).text
