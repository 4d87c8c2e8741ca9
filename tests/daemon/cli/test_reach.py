"""The daemon where one runs, its database where none does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidelight.cli import main
from sidelight.cli.reach import DaemonRoots, open_own_database, reach_roots
from sidelight.paths import database_file
from sidelight.service.offline import OfflineRoots


def test_without_a_daemon_it_is_the_database(home: Path) -> None:
    with reach_roots() as roots:
        assert isinstance(roots, OfflineRoots)
        assert roots.list() == []
    assert database_file().stat().st_mode & 0o777 == 0o600


def test_with_a_daemon_it_is_that(home: Path, daemon) -> None:
    daemon(home=home)
    with reach_roots() as roots:
        assert isinstance(roots, DaemonRoots)
        assert roots.list() == []


def test_the_database_is_closed_afterwards(home: Path) -> None:
    with open_own_database() as database:
        pass
    with pytest.raises(Exception, match=r"(?i)closed"):
        database.read("SELECT 1")


def test_p6_a_folder_whose_name_is_not_text(
    home: Path, tmp_path: Path, run, daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes text only")
    running = daemon(home=home)
    assert main(["watch", "add", str(folder)]) == 1
    assert "\\udcff has a name that is not text" in capsys.readouterr().err
    running.stop()
    assert run("watch", "add", folder)[0] == 0
    daemon(home=home)
    for action in ("pause", "resume", "remove"):
        code, (root,) = run("watch", action, folder)
        assert code == 0 and root["path"].endswith("\\xff")
