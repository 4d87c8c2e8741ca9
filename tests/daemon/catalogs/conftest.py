"""Catalogs made by script, and a home of their own for private copies."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.catalogs import snapshot


@pytest.fixture(scope="session")
def factories() -> ModuleType:
    """The module that makes catalogs."""
    file = Path(__file__).with_name("factories.py")
    spec = importlib.util.spec_from_file_location("catalog_factories", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Sidelight keeps its own files during one test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SIDELIGHT_HOME", str(folder))
    monkeypatch.setattr(snapshot, "PAUSE_S", 0.02)
    return folder
