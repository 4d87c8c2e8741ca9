"""The installer's command line."""

from __future__ import annotations

from typing import Any

import pytest

from sidelight_installer import cli
from sidelight_installer.steps import StepFailed


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the two commands are asked to do, instead of doing it."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(cli, "demo", lambda console, checkout, **options: found.append(options))
    monkeypatch.setattr(cli, "test", lambda console, checkout, **options: found.append(options))
    return found


def test_what_follows_two_dashes_is_for_pytest(calls: list[dict[str, Any]]) -> None:
    cli.main(["test", "--fast", "--", "-k", "curve", "--", "x"])
    assert calls[0]["fast"] and calls[0]["words"] == ["-k", "curve", "--", "x"]


def test_nothing_large_happens_unless_asked(calls: list[dict[str, Any]]) -> None:
    cli.main(["test"])
    cli.main(["test", "--wheel", "--learn", "--newest-darktable"])
    asked = [(call["wheel"], call["learn"], call["newest"]) for call in calls]
    assert asked == [(False, False, False), (True, True, True)]


def test_demo_opens_nothing_unless_asked(calls: list[dict[str, Any]]) -> None:
    cli.main(["demo"])
    cli.main(["demo", "--open", "--fresh"])
    assert calls == [{"fresh": False, "show": False}, {"fresh": True, "show": True}]


@pytest.mark.parametrize("words", [[], ["develop"], ["demo", "--", "-k", "x"], ["test", "-k"]])
def test_wrong_usage_is_2(words: list[str], calls: list[dict[str, Any]]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert calls == []


def test_a_failure_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise StepFailed("It did not work.", "Do this.", "the program's words")

    monkeypatch.setattr(cli, "demo", fail)
    assert cli.main(["demo"]) == 1
    out, err = capsys.readouterr()
    assert out == "  the program's words\n\nIt did not work.\nDo this.\n"
    assert err == ""


def test_stopping_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "test", stop)
    assert cli.main(["test"]) == 130
    assert "Stopped" in capsys.readouterr().out


def test_help_names_both_commands_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "python3 installer demo --open" in text
    assert "python3 installer test -- -k curve" in text
