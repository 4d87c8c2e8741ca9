"""The configuration on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from sidelight.cli.configuration import load_config


def put(home: Path, text: str) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(text, encoding="utf-8")


def test_unknown_settings_are_warned_of(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, 'headroom = 1\n"odd\\u001b" = 2\n')
    assert load_config(argparse.ArgumentParser()).headroom == 1.0
    error = capsys.readouterr().err
    assert error.startswith("warning: ") and "odd" in error and "\x1b" not in error


def test_an_unusable_file_is_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, "workers = -4")
    with pytest.raises(SystemExit) as stopped:
        load_config(argparse.ArgumentParser())
    assert stopped.value.code == 2
    assert "workers" in capsys.readouterr().err
