"""The chart and what darktable 4.2.1 made of it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def oracle(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module that makes the chart and has it rendered."""
    return load_helper("daemon/emulators/darktable/oracle.py")


@pytest.fixture(scope="session")
def chart(oracle: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The chart, written once."""
    return oracle.write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


@pytest.fixture(scope="session")
def renders(oracle: ModuleType) -> dict[str, NDArray[np.float64]]:
    """The program's recorded patches by case, each (96, 3)."""
    return oracle.read_renders()
