"""`sidelight watch`, alone and with a running daemon."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight.cli import main

KEYS = {
    "id",
    "path",
    "kind",
    "editors",
    "engine",
    "headroom",
    "strength",
    "state",
    "reason",
    "added",
}


@pytest.fixture(params=["alone", "with a daemon"], autouse=True)
def company(request: pytest.FixtureRequest, home: Path) -> Callable[[], None]:
    """Every test runs twice: on the database, and through a daemon of the same home."""
    if request.param == "with a daemon":
        request.getfixturevalue("daemon")(home=home)
    return lambda: None


def wait_for_jobs(run, count: int) -> None:
    """Wait until so many jobs were queued; a daemon waits first until photos settle."""
    ends = time.monotonic() + 30
    while sum(run("status")[1][0]["jobs"].values()) < count:
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert sum(run("status")[1][0]["jobs"].values()) == count


def test_add_list_pause_resume_remove(folder: Path, run) -> None:
    assert run("watch", "list") == (0, [])
    code, (added,) = run("watch", "add", folder, "--editor", "darktable", "--headroom", "1")
    assert code == 0
    assert set(added) == KEYS | {"photos"}
    assert (added["path"], added["kind"]) == (str(folder), "folder")
    assert (added["editors"], added["headroom"], added["photos"]) == (["darktable"], 1.0, 0)
    code, (listed,) = run("watch", "list")
    assert code == 0 and set(listed) == KEYS
    assert {name: listed[name] for name in KEYS} == {name: added[name] for name in KEYS}
    assert run("watch", "pause", folder)[1][0]["state"] == "paused"
    assert run("watch", "list")[1][0]["state"] == "paused"
    assert run("watch", "resume", folder)[1][0]["state"] == "watching"
    assert run("watch", "remove", folder)[1][0]["state"] == "removed"
    assert run("watch", "list") == (0, [])


def test_a_place_may_be_spelled_in_other_ways(folder: Path, run, tmp_path: Path) -> None:
    run("watch", "add", folder)
    link = tmp_path / "link"
    link.symlink_to(folder)
    for spelled in (f"{folder}/", f"{folder}/../{folder.name}", link, os.path.relpath(folder)):
        code, (root,) = run("watch", "pause", spelled)
        assert code == 0 and root["path"] == str(folder)


def test_it_begins_with_photos_that_arrive_from_now_on(raw: Path, run) -> None:
    code, (root,) = run("watch", "add", raw.parent)
    assert code == 0 and root["photos"] == 1
    code, (status,) = run("status")
    assert code == 0 and status["jobs"]["queued"] == status["jobs"]["done"] == 0


def test_existing_photos_are_counted_and_asked_for(
    raw: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["watch", "add", str(raw.parent), "--existing"])
    assert stopped.value.code == 2
    assert "1 photo is there already. Develop it too?" in capsys.readouterr().err
    assert run("watch", "list") == (0, [])
    code, (root,) = run("watch", "add", raw.parent, "--existing", "--yes")
    assert code == 0 and root["photos"] == 1
    wait_for_jobs(run, 1)


def test_declining_changes_nothing(
    raw: Path, run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sidelight.cli.question.confirm", lambda *call, **options: False)
    assert main(["watch", "add", str(raw.parent), "--existing"]) == 1
    assert "nothing is watched that was not before" in capsys.readouterr().out
    assert run("watch", "list") == (0, [])


def test_one_sentence_for_what_cannot_be_watched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", "add", str(folder)]) == 0
    capsys.readouterr()
    (folder / "sub").mkdir()
    for place in (folder, folder / "sub", folder.parent, folder / "none"):
        assert main(["watch", "add", str(place)]) == 1
        shown = capsys.readouterr().err
        assert shown.startswith("sidelight: ") and shown.count("\n") == 1, shown
    assert main(["watch", "remove", str(folder / "none")]) == 1
    assert "is not watched" in capsys.readouterr().err


def test_lines_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "list"]) == 0
    assert capsys.readouterr().out == "nothing is watched\n"
    (folder / "a.NEF").touch()
    assert main(["watch", "add", str(folder), "--strength", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert str(folder) in shown and "strength 0.5" in shown
    assert "1 photo is there already and is left as it is; --existing would" in shown


def test_names_are_checked_before_anything_happens(
    folder: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in (["--editor", "paint"], ["--engine", "magic"], ["--headroom", "9"]):
        with pytest.raises(SystemExit) as stopped:
            main(["watch", "add", str(folder), *option])
        assert stopped.value.code == 2
    capsys.readouterr()
    assert run("watch", "list") == (0, [])


def test_nothing_is_asked_about_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "add", str(folder), "--existing"]) == 0
    assert "no photo to develop is there yet" in capsys.readouterr().out
