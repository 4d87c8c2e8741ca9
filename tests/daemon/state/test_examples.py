"""Edits of a catalog are noted once per photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.state import examples as module
from sidelight.state.database import Database
from sidelight.state.examples import Example, Examples

CATALOG = Path("/photos/a.lrcat").absolute()
OTHER = Path("/photos/library.db").absolute()


@pytest.fixture
def examples(database: Database) -> Examples:
    return Examples(database)


def example(name: str, catalog: Path = CATALOG, exposure: float = 0.5) -> Example:
    photo = catalog.with_name(name)
    return Example(catalog, photo, "lightroom", "2026-01-02", {"Exposure2012": exposure})


def test_examples_come_back_as_they_were_noted(examples: Examples) -> None:
    examples.note([example("1.NEF"), example("2.NEF"), example("1.NEF", OTHER)])
    assert examples.list(CATALOG) == [replace(example(f"{n}.NEF"), id=n) for n in (1, 2)]
    assert (examples.count(CATALOG), examples.count(OTHER)) == (2, 1)
    assert examples.list(CATALOG, after=1) == [replace(example("2.NEF"), id=2)]
    assert examples.list(CATALOG, limit=1) == [replace(example("1.NEF"), id=1)]


def test_a_later_edit_replaces_the_earlier(examples: Examples) -> None:
    examples.note([example("1.NEF")])
    examples.note([example("1.NEF", exposure=-1.0)])
    (found,) = examples.list(CATALOG)
    assert found.settings == {"Exposure2012": -1.0}


def test_forget(examples: Examples) -> None:
    examples.note([example("1.NEF"), example("1.NEF", OTHER)])
    examples.forget(CATALOG)
    assert (examples.count(CATALOG), examples.count(OTHER)) == (0, 1)


def test_no_scan_and_no_sort(database: Database) -> None:
    for statement in (module.LIST, module.COUNT, module.FORGET):
        values = (None,) * statement.count("?")
        for row in database.read(f"EXPLAIN QUERY PLAN {statement}", values):
            assert row["detail"].startswith("SEARCH examples USING")
