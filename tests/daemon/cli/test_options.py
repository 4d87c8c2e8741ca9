"""Argument types."""

from __future__ import annotations

import argparse

import pytest

from sidelight.cli.options import choose, number, whole_number


@pytest.mark.parametrize("text", ["-0.1", "4.1", "nan", "inf", "two", "", "1e999"])
def test_numbers_out_of_range(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 4"):
        number(0, 4)(text)


def test_numbers_in_range() -> None:
    assert number(0, 4)("2.3") == 2.3
    assert number(0, 1)("1") == 1.0


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "257", "٣", "9" * 5000])
def test_whole_numbers_out_of_range(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        whole_number(text)


def test_choose_names_what_exists(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    assert choose(parser, "editor", ("a", "b", "a"), ["a", "b"]) == ("a", "b")
    with pytest.raises(SystemExit) as stopped:
        choose(parser, "editor", ("c",), ["a", "b"])
    assert stopped.value.code == 2
    assert "there are: a, b" in capsys.readouterr().err
