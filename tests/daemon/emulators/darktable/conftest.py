"""The chart and what darktable 4.2.1 made of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The module that makes the chart and has it rendered."""
    path = Path(__file__).with_name("oracle.py")
    spec = importlib.util.spec_from_file_location("darktable_oracle", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def chart(oracle: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The chart, written once."""
    return oracle.write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


@pytest.fixture(scope="session")
def renders(oracle: ModuleType) -> dict[str, NDArray[np.float64]]:
    """The program's recorded patches by case, each (96, 3)."""
    return oracle.read_renders()
