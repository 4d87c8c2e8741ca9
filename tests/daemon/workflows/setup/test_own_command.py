"""How another program starts this Sidelight."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.errors import SidelightError
from sidelight.workflows.setup.own_command import is_fleeting, own_command


def test_it_starts_us_even_where_a_folder_has_our_name(tmp_path: Path) -> None:
    (tmp_path / "sidelight").mkdir()
    (tmp_path / "sidelight" / "__init__.py").write_text("raise SystemExit('not us')")
    command = [*own_command(), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"sidelight {__version__}\n"
    assert command[0] == sys.executable


def test_a_frozen_program_is_its_own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command() == (sys.executable,)


def test_without_an_interpreter_the_script_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SidelightError, match="where it is"):
        own_command()
    script = tmp_path / "sidelight"
    script.touch(mode=0o755)
    assert own_command() == (str(script),)


@pytest.mark.parametrize(
    ("prefix", "fleeting"),
    [
        ("tools/sidelight", False),
        (".cache/uv/archive/sidelight", True),
        ("tagged/archive/sidelight", True),
        ("tagged", False),
    ],
)
def test_a_cache_is_no_place_to_stay(
    prefix: str, fleeting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tagged").mkdir()
    (tmp_path / "tagged" / "CACHEDIR.TAG").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / prefix))
    assert is_fleeting() == fleeting
