"""Asking before what cannot be taken back."""

from __future__ import annotations

import argparse
import io
import sys

import pytest

from sidelight.cli.question import confirm


class Terminal(io.StringIO):
    """Text from or to somebody at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser()


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False), ("yo\n", False)],
)
def test_only_a_yes_agrees(
    answer: str,
    agreed: bool,
    parser: argparse.ArgumentParser,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", asked)
    assert confirm(parser, "Remove \x1b[2J it?", yes=False) is agreed
    assert asked.getvalue() == "Remove \\x1b[2J it? [y/N] "
    assert capsys.readouterr().out == ""


def test_yes_does_not_ask(parser: argparse.ArgumentParser) -> None:
    assert confirm(parser, "Remove it?", yes=True)


def test_without_a_terminal_it_is_wrong_usage(
    parser: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        confirm(parser, "Remove it?", yes=False)
    assert stopped.value.code == 2
    assert "--yes" in capsys.readouterr().err
