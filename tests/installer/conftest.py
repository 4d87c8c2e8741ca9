"""Fixtures of the installer's tests; the installer is no part of the installed package."""

from __future__ import annotations

import io
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

INSTALLER = Path(__file__).resolve().parent.parent.parent / "installer"
sys.path.insert(0, str(INSTALLER))

from sidelight_installer.steps import Console  # noqa: E402


@pytest.fixture
def installer() -> Path:
    """The folder of the installer."""
    return INSTALLER


@pytest.fixture
def console() -> Console:
    """A console without a terminal that keeps what is said; read it with `said`."""
    return Console(io.StringIO(), interactive=False)


@pytest.fixture
def said(console: Console) -> Callable[[], str]:
    """Returns what the console was told so far."""
    stream = console.stream
    assert isinstance(stream, io.StringIO)
    return stream.getvalue


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a small Python program of a given name that can be run, and returns its path."""

    def write(name: str, source: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable}\n{source}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write
