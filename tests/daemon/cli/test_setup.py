"""`sidelight setup`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.cli import main

FIELDS = {"editor", "folder", "status", "version", "reason", "notes"}


@pytest.fixture(autouse=True)
def no_darktable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which no editor was ever started, and none on the path."""
    for name in ("HOME", "XDG_CONFIG_HOME", "PATH"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A darktable configuration."""
    path = tmp_path / "darktable"
    path.mkdir()
    (path / "luarc").write_bytes(b"theirs()\n")
    return path


def test_there_and_back(config: Path, run) -> None:
    call = ("setup", "darktable", "--config-dir", config)
    for expected in ("installed", "unchanged"):
        code, (line,) = run(*call)
        assert code == 0 and set(line) == FIELDS
        assert (line["status"], line["version"], line["folder"], line["reason"]) == (
            expected,
            __version__,
            str(config),
            "",
        )
    assert (config / "lua" / "sidelight" / "sidelight.lua").is_file()
    for expected in ("removed", "absent"):
        code, (line,) = run(*call, "--remove")
        assert (code, line["status"]) == (0, expected)
    assert [path.name for path in config.iterdir()] == ["luarc"]


def test_each_usual_folder_gets_it_and_is_shown(
    tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    usual = [
        tmp_path / "xdg" / "darktable",
        tmp_path / ".var/app/org.darktable.Darktable/config/darktable",
    ]
    for folder in usual:
        folder.mkdir(parents=True)
    assert {line["status"] for line in run("setup")[1]} == {"absent"}
    _, lines = run("setup", "darktable")
    assert [line["folder"] for line in lines] == [str(folder) for folder in usual]
    assert "Flatpak" in lines[1]["notes"][-1]
    shown = {line["editor"]: line["status"] for line in run("setup")[1]}
    assert shown == {"darktable": "installed", "lightroom": "absent"}
    assert main(["setup"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"darktable  installed  {__version__}  {usual[0]}\n")
    assert {line["status"] for line in run("setup", "darktable", "--remove")[1]} == {"removed"}


def test_without_a_configuration(run, capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = run("setup", "darktable")
    assert (code, line["status"], line["folder"]) == (1, "error", None)
    assert "start darktable once" in line["reason"]
    assert main(["setup"]) == 0
    assert capsys.readouterr().out.startswith("darktable  not installed  darktable's conf")


def test_a_folder_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup", "darktable", "--config-dir", str(tmp_path / "no\nwhere")]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("darktable  failed") and "there is no folder" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["paint"], "there are: darktable"),
        (["--remove"], "name the editor"),
        (["--config-dir", "x"], "name the editor"),
    ],
)
def test_wrong_usage(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["setup", *arguments])
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_a_luarc_that_may_not_be_written_is_one_sentence(config: Path, run) -> None:
    (config / "luarc").chmod(0o444)
    code, (line,) = run("setup", "darktable", "--config-dir", config)
    assert (code, line["status"]) == (1, "error")
    assert line["reason"] == "luarc is write-protected, so it was left alone"
    (config / "luarc").unlink()
    (config / "luarc").symlink_to("elsewhere")
    code, (line,) = run("setup", "darktable", "--config-dir", config)
    assert code == 1 and line["reason"].startswith("luarc is a link to another file")


def test_p6_a_folder_of_any_name(tmp_path: Path) -> None:
    config = tmp_path / (os.fsdecode(b"\xff") + '$(touch pwned) "; ]]\n')
    config.mkdir()
    for option in ([], ["--remove"]):
        command = [sys.executable, "-m", "sidelight", "setup", "darktable"]
        done = subprocess.run(
            [*command, "--config-dir", config, *option], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(b"\n") == 2 and b"\\udcff" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [config.name]
