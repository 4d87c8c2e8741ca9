"""Every promise of docs/hardening.md has a test that bears its ID."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAME = re.compile(r"^def (test_([a-z]\d+)_\w+)", re.MULTILINE)
WAITING = "waits for"
"""Begins the last cell of a promise that no test can check yet."""


@pytest.fixture(scope="module")
def promises(checkout: Path) -> dict[str, str]:
    """ID → where it is checked, from the table in the documentation."""
    text = (checkout / "docs" / "hardening.md").read_text(encoding="utf-8")
    return {found[1]: found[3] for found in ROW.finditer(text)}


@pytest.fixture(scope="module")
def tested(checkout: Path) -> dict[str, set[str]]:
    """ID → files with a test of that name."""
    found: dict[str, set[str]] = {}
    for file in (checkout / "tests").rglob("test_*.py"):
        for match in NAME.finditer(file.read_text(encoding="utf-8")):
            path = file.relative_to(checkout).as_posix()
            found.setdefault(match[2].upper(), set()).add(path)
    return found


def test_every_promise_has_a_test(promises: dict[str, str], tested: dict[str, set[str]]) -> None:
    assert len(promises) > 50
    wanted = {name for name, where in promises.items() if not where.startswith(WAITING)}
    assert wanted - set(tested) == set()


def test_every_test_with_an_id_belongs_to_a_promise(
    promises: dict[str, str], tested: dict[str, set[str]]
) -> None:
    assert set(tested) - set(promises) == set()


def test_the_table_names_the_files(promises: dict[str, str], tested: dict[str, set[str]]) -> None:
    for name, where in promises.items():
        if not where.startswith(WAITING):
            named = set(re.findall(r"`(tests/[^`]+)`", where))
            assert named <= tested[name], name
            assert named, name
