"""`sidelight serve`: one for each user, and clear about why it does not start."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.cli import main
from sidelight.paths import HOME_VARIABLE, database_file


@pytest.mark.parametrize("port", ["-1", "65536", "x", "1e3", "９９"])
def test_a_port_is_a_number(port: str, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", port])
    assert ended.value.code == 2
    assert "port" in capsys.readouterr().err


def test_it_says_where_it_serves(daemon) -> None:
    one = daemon()
    # It can be reached a moment before it says so.
    assert one.wait(lambda: one.output) == f"sidelight: serving at {one.endpoint['url']}\n"


def test_the_port_can_be_chosen(daemon) -> None:
    first = daemon()
    port = first.endpoint["port"]
    first.stop()
    assert daemon("--port", str(port)).endpoint["port"] == port


def test_workers_can_be_chosen(daemon) -> None:
    one = daemon("--workers", "3")
    assert one.client.request("GET", "/v1/status")["workers"]["most"] == 3


def test_q4_a_second_one_names_the_first(daemon, monkeypatch, capsys) -> None:
    one = daemon()
    monkeypatch.setenv(HOME_VARIABLE, str(one.home))
    assert main(["serve"]) == 0
    assert one.endpoint["url"] in capsys.readouterr().out
    assert one.client.request("GET", "/v1/status")


def test_q3_the_database_of_a_newer_version_is_left_alone(home: Path, capsys) -> None:
    database_file().parent.mkdir(parents=True)
    with sqlite3.connect(database_file()) as database:
        database.execute("PRAGMA user_version = 9999")
    before = database_file().read_bytes()
    assert main(["serve", "--port", "0"]) == 1
    assert "newer Sidelight" in capsys.readouterr().err
    assert database_file().read_bytes() == before


def test_nothing_heavy_is_imported_for_help() -> None:
    code = "import sidelight.cli.serve, sys; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
