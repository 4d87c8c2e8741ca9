"""The chart and what the real darktable made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.learning.chart import Chart, write_chart
from sidelight.learning.operation_cases import Case, cases
from sidelight.learning.operation_error import Renders, read_record


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart, written once."""
    return write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


@pytest.fixture(scope="session")
def case() -> dict[str, Case]:
    """Everything that is tried of darktable's operations, by name."""
    return {one.name: one for one in cases()}


@pytest.fixture(scope="session")
def renders() -> Renders:
    """The program's recorded patches by case, each (96, 3)."""
    return read_record(Path(__file__).with_name("renders.json"))[1]
