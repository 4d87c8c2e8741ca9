"""Fixtures every test may use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared"


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source tree."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test photos and sidecars; absent from a public clone."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def darktable_cli() -> str:
    """Path of the installed darktable-cli."""
    found = shutil.which("darktable-cli")
    if found is None:
        pytest.skip("darktable-cli is not installed")
    return found
