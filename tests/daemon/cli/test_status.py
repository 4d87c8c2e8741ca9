"""`sidelight status`, alone and with a running daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sidelight.cli import main

KEYS = {"daemon", "jobs", "held", "roots", "failed", "quarantine", "waiting", "warnings"}


def test_before_the_first_run_nothing_is_made(home: Path, run) -> None:
    code, (status,) = run("status")
    assert code == 0
    assert set(status) == KEYS
    assert status["daemon"] == {"running": False, "url": None, "version": None, "uptime_s": None}
    assert not home.exists()


def test_without_a_daemon_the_database_tells(home: Path, raw: Path, run) -> None:
    run("watch", "add", raw.parent, "--existing", "--yes")
    code, (status,) = run("status")
    assert code == 0 and set(status) == KEYS
    assert status["jobs"]["queued"] == 1
    assert status["roots"][0]["path"] == str(raw.parent)


def test_following_needs_a_daemon(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--follow"]) == 1
    assert "the daemon is not running" in capsys.readouterr().err


def test_lines_for_people(home: Path, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "not running" in shown and "watched  nothing" in shown
    main(["watch", "add", str(raw.parent), "--existing", "--yes"])
    capsys.readouterr()
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "1 waiting" in shown and str(raw.parent) in shown


def test_a_running_daemon_tells(home: Path, run, daemon, capsys) -> None:
    running = daemon(home=home)
    code, (status,) = run("status")
    assert code == 0 and set(status) >= KEYS
    assert status["daemon"]["running"] is True
    assert status["daemon"]["url"] == running.endpoint["url"]
    assert status["daemon"]["uptime_s"] >= 0
    assert main(["status"]) == 0
    assert f"running at {running.endpoint['url']}" in capsys.readouterr().out


def test_following_ends_when_no_job_is_open(
    home: Path, folder: Path, run, daemon, tiny_raw
) -> None:
    running = daemon(home=home)
    assert len(run("status", "--follow")[1]) == 1
    run("watch", "add", folder, "--editor", "darktable")
    for number in range(3):
        tiny_raw(folder / f"{number}.dng")
    photos = [str(photo) for photo in sorted(folder.iterdir())]
    running.client.request("POST", "/v1/jobs", {"photos": photos, "editors": ["darktable"]})
    code, lines = run("status", "--follow")
    assert code == 0
    assert len(list(folder.glob("*.dng.xmp"))) == 3
    status, *events = lines
    assert set(status) >= KEYS
    assert {event["type"] for event in events} <= {"job.queued", "job.leased", "job.done"}
    (status,) = run("status")[1]
    assert status["jobs"]["queued"] == status["jobs"]["leased"] == 0
    assert status["jobs"]["done"] >= 3


def test_following_begins_with_photos_that_settle(
    home: Path, folder: Path, run, daemon, tiny_raw
) -> None:
    one = daemon(home=home, config={"settle_s": 3.0})
    for number in range(3):
        tiny_raw(folder / f"{number}.dng")
    run("watch", "add", folder, "--editor", "darktable", "--existing", "--yes")
    one.wait(lambda: one.client.request("GET", "/v1/status")["settling"] == 3)
    code, (status, *events) = run("status", "--follow")
    assert code == 0 and status["settling"] == 3 and status["jobs"]["done"] == 0
    assert len(list(folder.glob("*.dng.xmp"))) == 3
    assert "job.done" in {event["type"] for event in events}


def test_following_does_not_wait_for_what_is_paused(
    home: Path, folder: Path, run, daemon, tiny_raw, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_raw(folder / "a.dng")
    run("watch", "add", folder, "--existing", "--yes")
    run("watch", "pause", folder)
    daemon(home=home)
    code, (status,) = run("status", "--follow")
    assert code == 0 and (status["jobs"]["queued"], status["held"]) == (1, 1)
    assert main(["status"]) == 0
    assert "1 waiting (1 of a paused or missing place)" in capsys.readouterr().out


def has_begun(status: dict[str, Any]) -> bool:
    """Whether the first look at a folder has found its photos."""
    return bool(status["settling"] or any(status["jobs"].values()))


def test_the_end_and_what_failed_are_shown(
    home: Path, folder: Path, daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    one = daemon(home=home)
    (folder / "bad.CR3").write_text("no photo")
    main(["watch", "add", str(folder), "--existing", "--yes"])
    one.wait(lambda: has_begun(one.client.request("GET", "/v1/status")))
    capsys.readouterr()
    assert main(["status", "--follow"]) == 0
    *_, jobs, failed = capsys.readouterr().out.splitlines()
    assert jobs.split() == ["jobs", "1", "failed"]
    assert str(folder / "bad.CR3") in failed and "cut off" in failed


def test_without_a_daemon_nothing_is_in_work(
    home: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sidelight.jobs.store import JobStore
    from sidelight.paths import database_file
    from sidelight.state.database import Database
    from sidelight.state.events import EventLog

    main(["watch", "add", str(raw.parent), "--existing", "--yes"])
    database = Database(database_file())
    assert JobStore(database, EventLog(database)).claim(0.0, 60.0)
    database.close()
    capsys.readouterr()
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "1 waiting" in shown and "in work" not in shown
