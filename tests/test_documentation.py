"""Every command, option, setting and route is documented."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from sidelight.cli import COMMANDS, make_parser
from sidelight.config import RANGES, Config
from sidelight.service.routes import load_operations


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Long names of all options, those of sub-commands included."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from options_of(child)
        yield from (name for name in action.option_strings if name.startswith("--"))


def children(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


@pytest.fixture(scope="module")
def sections(checkout: Path) -> dict[str, str]:
    """Command → its section in docs/cli.md."""
    text = (checkout / "docs" / "cli.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_no_other(sections: dict[str, str]) -> None:
    assert set(sections) == set(COMMANDS)


def test_every_option_is_in_its_commands_section(sections: dict[str, str]) -> None:
    for name, parser in children(make_parser()).items():
        named = set(re.findall(r"`(--[a-z-]+)", sections[name]))
        assert named == set(options_of(parser)) - {"--help"}, name


def test_every_action_is_in_its_commands_section(sections: dict[str, str]) -> None:
    for name, parser in children(make_parser()).items():
        for action in children(parser):
            assert f"`{name} {action}" in sections[name]


def test_every_setting_is_documented_with_its_default_and_range(checkout: Path) -> None:
    text = (checkout / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?\|.+?) \|", text, re.MULTILINE))
    assert set(rows) == {item.name for item in fields(Config)}
    for item in fields(Config):
        default, _, permitted = rows[item.name].partition(" | ")
        if item.name in RANGES:
            lowest, highest = RANGES[item.name]
            assert default == f"`{item.default}`", item.name
            assert permitted == f"{lowest:g} to {highest:g}", item.name


def test_every_route_is_documented_and_no_other(checkout: Path) -> None:
    text = (checkout / "docs" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:GET|POST|PATCH|PUT|DELETE) /[\w./{}]*)", text))
    assert named == {operation.name for operation in load_operations()}


def test_links_between_pages_lead_somewhere(checkout: Path) -> None:
    for page in [checkout / "README.md", *(checkout / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
