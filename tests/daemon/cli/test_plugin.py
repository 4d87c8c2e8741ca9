"""`sidelight plugin` from a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sidelight.cli import main


def test_a_file_that_holds_no_orders_is_an_error_for_people(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_bytes(b"dear diary\n")
    done = subprocess.run(
        [sys.executable, "-m", "sidelight", "plugin", str(precious)],
        env={**os.environ, "SIDELIGHT_HOME": str(tmp_path / "home")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"orders" in done.stderr
    assert b"Traceback" not in done.stderr
    assert precious.read_bytes() == b"dear diary\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["precious.txt"]


def test_what_could_not_be_served_is_an_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    orders = tmp_path / "1.orders"
    orders.write_bytes(b"sidelight action=dance protocol=1\n")
    assert main(["plugin", str(orders)]) == 1
    assert b"setup" in (tmp_path / "1.orders.answers").read_bytes()


def test_what_was_served_is_none(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    orders = tmp_path / "1.orders"
    orders.write_bytes(b"sidelight action=undo protocol=1\nend\n")
    assert main(["plugin", str(orders)]) == 0
    assert (tmp_path / "1.orders.answers").read_bytes() == b"bye\n"
