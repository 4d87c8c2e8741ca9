"""Catalogs made by script, and a home of their own for private copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.catalogs import snapshot


@pytest.fixture(scope="session")
def factories(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module that makes catalogs."""
    return load_helper("daemon/catalogs/factories.py")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Sidelight keeps its own files during one test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SIDELIGHT_HOME", str(folder))
    monkeypatch.setattr(snapshot, "PAUSE_S", 0.02)
    return folder
