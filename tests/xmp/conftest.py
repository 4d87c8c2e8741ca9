"""Sidecars for the tests of `sidelight_xmp`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from sidelight_xmp import write_settings

_SHARED = Path(__file__).resolve().parents[3] / "shared"


def _load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"xmp_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    """The module that makes sidecars and reads their facts."""
    return _load("corpus")


@pytest.fixture(scope="session")
def faults() -> ModuleType:
    """The module that raises errors and kills processes at every step of a write."""
    return _load("faults")


@pytest.fixture(scope="session")
def sidecars(corpus: ModuleType) -> dict[str, bytes]:
    """Every sidecar of the corpus by name: the generated ones and, where present, real ones."""
    real = {
        path.relative_to(_SHARED).as_posix(): path.read_bytes()
        for folder in ("data", "reference/darktable-examples")
        for path in sorted((_SHARED / folder).rglob("*.xmp"))
    }
    return corpus.generated() | real


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder for first versions, not made yet."""
    return tmp_path / "state" / "first_versions"


@pytest.fixture
def sidecar(tmp_path: Path, corpus: ModuleType) -> Path:
    """A sidecar that Lightroom wrote, with masks, in a folder of its own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    path = folder / "IMG_1.xmp"
    path.write_bytes(corpus.BASES["lightroom-masks"].encode())
    return path


@pytest.fixture
def edit() -> Callable[[int], Callable[[bytes | None], bytes]]:
    """A function that gives a `make_bytes` setting the contrast to a number."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def edit(number: int) -> Callable[[bytes | None], bytes]:
        settings = {"Contrast2012": number}
        return lambda old: write_settings(old, settings, Path("IMG_1.CR3"), now=moment)

    return edit
