"""`sidelight purge`."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from sidelight import paths
from sidelight.cli import main


def test_sidecars_stay_and_can_still_be_undone(raw: Path, run, home: Path) -> None:
    run("auto", raw, "--editor", "darktable")
    (home / "cache").mkdir()
    (home / "cache" / "preview.jpg").write_bytes(b"canary")
    code, lines = run("purge", "--yes")
    assert code == 0
    assert [line["status"] for line in lines] == ["removed", "removed", "removed", "kept"]
    assert set(lines[0]) == {"name", "files", "bytes", "status", "reason"}
    assert list((home / "cache").iterdir()) == []
    assert raw.with_name("good.dng.xmp").exists()
    assert run("undo", "--last")[0] == 0
    assert not raw.with_name("good.dng.xmp").exists()


def test_v4_first_versions_go_when_asked(raw: Path, run, home: Path) -> None:
    run("auto", raw)
    code, lines = run("purge", "--yes", "--first-versions")
    assert code == 0
    assert {line["status"] for line in lines} == {"removed"}
    assert {path.name for path in (home / "state").iterdir()} <= {"daemon.lock"}
    assert raw.with_name("good.dng.xmp").exists()
    assert run("undo", "--last") == (0, [])


def test_it_says_first_what_goes_and_what_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidelight.cli.question.confirm", lambda *call, **options: False)
    assert main(["purge"]) == 1
    shown = capsys.readouterr().out
    assert "remove" in shown and "keep" in shown and "first versions" in shown
    assert shown.endswith("nothing was removed\n")


def test_without_a_terminal_it_needs_yes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths.make_private(home / "cache")
    (home / "cache" / "a").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["purge", "--json"])
    assert stopped.value.code == 2
    assert (home / "cache" / "a").exists()


def test_a_running_daemon_is_named_in_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.make_private(home / "state")
    with FileLock(paths.lock_file()):
        assert main(["purge", "--yes"]) == 1
    assert capsys.readouterr().err.startswith("sidelight: the daemon is running")


def test_v4_after_a_daemon_worked_no_byte_of_a_photos_name_remains(
    home: Path, folder: Path, run, daemon, tiny_raw, capsys: pytest.CaptureFixture[str]
) -> None:
    running = daemon(home=home)
    run("watch", "add", folder)
    tiny_raw(folder / "canary-7f3a.dng")
    running.wait(lambda: (folder / "canary-7f3a.dng.xmp").exists())
    running.wait(lambda: run("status")[1][0]["jobs"]["done"] == 1)
    assert main(["purge", "--yes"]) == 1
    assert f"end process {running.process.pid}" in capsys.readouterr().err
    assert running.stop() == 0
    assert run("purge", "--yes", "--first-versions")[0] == 0
    for path in [*(home / "state").rglob("*"), *(home / "cache").rglob("*")]:
        assert "canary" not in path.name
        assert not path.is_file() or b"canary" not in path.read_bytes(), path
    assert (folder / "canary-7f3a.dng.xmp").exists()
    assert run("watch", "list") == (0, [])
