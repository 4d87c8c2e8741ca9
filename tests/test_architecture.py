"""The tree is as docs/architecture.md says: where modules are, and that each has its test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
TREES = {TOP / "daemon" / "sidelight": "daemon", TOP / "xmp" / "sidelight_xmp": "xmp"}
CONTRACTS = {"daemon/editors/test_base.py": "contracts/test_editors.py"}
"""What every implementation must keep to is tested for all of them at once."""


def modules() -> list[tuple[str, Path]]:
    return [
        (tests, path.relative_to(tree))
        for tree, tests in TREES.items()
        for path in sorted(tree.rglob("*.py"))
        if not path.stem.startswith("__")
    ]


@pytest.mark.parametrize(("tests", "module"), modules())
def test_every_module_has_a_test_of_its_name(tests: str, module: Path) -> None:
    name = f"{tests}/{module.parent.as_posix()}/test_{module.name}".replace("/./", "/")
    assert (TOP / "tests" / CONTRACTS.get(name, name)).is_file()


def test_the_map_of_the_service_is_whole() -> None:
    text = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"```\nservice/\n(.*?)```", text, re.DOTALL)
    assert drawn
    service = TOP / "daemon" / "sidelight" / "service"
    there = {path.stem for path in service.glob("*.py")} - {"__init__"}
    assert there - set(re.findall(r"\w+", drawn[1])) == set()
