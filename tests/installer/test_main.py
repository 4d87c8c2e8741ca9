"""The entry point, which even an old Python can read."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest


def test_an_old_python_gets_a_sentence(installer: Path) -> None:
    too_old = runpy.run_path(str(installer / "__main__.py"))["too_old"]
    assert too_old((3, 9, 2), None) == (
        "Sidelight needs Python 3.11 or newer; this is Python 3.9. "
        "Install one from your system's packages or from python.org."
    )
    assert too_old((3, 9, 2), "python3.12").endswith(
        "A newer one is installed: use python3.12 instead of python3."
    )


def test_finds_a_newer_python(
    installer: Path,
    program: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer_python = runpy.run_path(str(installer / "__main__.py"))["newer_python"]
    monkeypatch.setenv("PATH", str(program("python3.13", "").parent))
    assert newer_python() == "python3.13"


def test_python_3_7_can_read_the_entry_point(installer: Path) -> None:
    tree = ast.parse((installer / "__main__.py").read_text(), feature_version=(3, 7))
    assert tree.body
