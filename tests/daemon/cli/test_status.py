"""`sidelight status`, alone and with a running daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.cli import main

KEYS = {"daemon", "jobs", "roots", "quarantine", "waiting", "warnings"}


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
