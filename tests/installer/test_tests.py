"""`python3 installer test`: the order of checks, what is shown, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import debian, environment, newest_darktable, tests
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console

SUMMARY = "==== 1 passed in 0.01s ===="


def test_a_passing_check_is_quiet_and_a_failing_one_is_not(
    tmp_path: Path,
    program: Callable[[str, str], Path],
    console: Console,
    said: Callable[[], str],
) -> None:
    made = Environment(tmp_path)
    program("good", "print('all is well')")
    program("bad", "import sys; print('a.py:1: wrong'); sys.exit(4)")
    good = tests.Check("good check", ("good", "."), "")
    bad = tests.Check("bad check", ("bad", "."), "Mend it.")
    assert tests.run_check(console, made, tmp_path, good) == 0
    assert "all is well" not in said()
    assert tests.run_check(console, made, tmp_path, bad) == 4
    assert said().endswith("  a.py:1: wrong\n\nbad check failed.\nMend it.\n")


def test_the_summary_is_the_last_line_even_after_a_failure(
    tmp_path: Path, console: Console, said: Callable[[], str]
) -> None:
    command = [sys.executable, "-c", f"print('test_a.py .'); print('{SUMMARY}')"]
    assert tests.run_pytest(console, command, tmp_path, failed_before=True) == 0
    assert said().splitlines() == [
        "test_a.py .",
        "A check before the tests failed; see above.",
        SUMMARY,
    ]


def test_pytest_prints_straight_through_otherwise(
    tmp_path: Path, console: Console, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", f"print('{SUMMARY}'); raise SystemExit(5)"]
    assert tests.run_pytest(console, command, tmp_path, failed_before=False) == 5
    assert capfd.readouterr().out == SUMMARY + "\n"


@pytest.fixture
def prepared(
    tmp_path: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An environment whose programs log their call and succeed; nothing is installed."""
    source = (
        "import pathlib, sys\n"
        "log = pathlib.Path(__file__).parent.parent / 'log'\n"
        "name = pathlib.Path(sys.argv[0]).name\n"
        "with log.open('a') as file: print(name, *sys.argv[1:], file=file)\n"
        "sys.exit(3 if name in {failing!r} else 0)\n"
    )
    for name in ("ruff", "mypy", "lint-imports", "python"):
        program(name, source.format(failing=()))
    monkeypatch.setattr(debian, "install_missing", lambda console: [])
    monkeypatch.setattr(environment, "prepare", lambda *_, **__: Environment(tmp_path))
    return tmp_path


def test_everything_runs_in_order_and_pytest_last(prepared: Path, console: Console) -> None:
    assert tests.test(console, prepared, fast=True, words=["-k", "curve"]) == 0
    assert (prepared / "log").read_text().splitlines() == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "mypy installer/sidelight_installer",
        "lint-imports",
        "python -m pytest -m not slow -k curve",
    ]


def test_the_first_failure_gives_the_exit_code_and_the_rest_still_runs(
    prepared: Path, program: Callable[[str, str], Path], console: Console
) -> None:
    program("mypy", "import sys; sys.exit(3)")
    program("lint-imports", "import sys; sys.exit(7)")
    assert tests.test(console, prepared) == 3
    last = (prepared / "log").read_text().splitlines()[-1]
    assert last == "python -m pytest -n 2 --dist loadfile --no-loadscope-reorder"


def test_an_extra_is_installed_before_the_checks(
    prepared: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = prepared / "log"
    monkeypatch.setattr(
        environment,
        "install_extra",
        lambda _console, _made, _checkout, extra: log.write_text(f"extra {extra}\n"),
    )
    assert tests.test(console, prepared, learn=True) == 0
    assert log.read_text().splitlines()[0] == "extra learn"


@pytest.mark.parametrize("there", [True, False])
def test_the_newest_darktable_is_prepared_when_asked_and_no_failure(
    there: bool, prepared: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def prepare(_console: Console, _checkout: Path, *, fresh: bool) -> bool:
        asked.append(fresh)
        return there

    monkeypatch.setattr(newest_darktable, "prepare", prepare)
    assert tests.test(console, prepared) == 0
    assert asked == []
    assert tests.test(console, prepared, newest=True, fresh=True) == 0
    assert asked == [True]
