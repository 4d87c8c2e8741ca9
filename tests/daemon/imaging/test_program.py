"""Programs that are run apart from the user's settings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sidelight.errors import ToolError
from sidelight.imaging.program import run_apart


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_it_is_at_home_in_the_folder_and_prints_on_both_ways(tmp_path: Path) -> None:
    told = "import os, sys; print(os.environ['HOME']); print('trouble', file=sys.stderr)"
    assert run_apart("a program", script(told), tmp_path, 30) == (str(tmp_path), "trouble")


def test_failure_is_told_with_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"a program failed \(3\): two three"):
        run_apart(
            "a program", script("print('one\\ntwo\\nthree'); raise SystemExit(3)"), tmp_path, 30
        )


def test_it_does_not_run_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="a program took longer than 1 s"):
        run_apart("a program", script("import time; time.sleep(60)"), tmp_path, 1)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="a program cannot be started"):
        run_apart("a program", [str(tmp_path / "none")], tmp_path, 1)
